"""Decodes the text of a table. Its content decides the encoding, because no export says it."""

from __future__ import annotations

import codecs
import re

from recsys.errors import CatalogError

MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
"""The start of a character of several bytes in UTF-8."""
SAMPLE_BYTES = 2000


def decode_text(data: bytes, name: str) -> tuple[str, str]:
    """The text of the file `name`, without its byte order mark, and the name of its encoding.

    It is UTF-8, UTF-16 or Windows-1252. Raises CatalogError for a file that is not text.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace"), "UTF-16"
    if wide := _utf16_without_mark(data[:SAMPLE_BYTES]):
        return data.decode(wide, errors="replace"), "UTF-16"
    if b"\0" in data[:SAMPLE_BYTES]:
        raise CatalogError(f"{name} is not a table of text. Save it as CSV in UTF-8.")
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as error:
        return _decode_bytes(data, name, error)


def _utf16_without_mark(sample: bytes) -> str | None:
    """The byte order of UTF-16 in which nearly every second byte is 0, as in Latin text."""
    half = len(sample) // 2
    if half and sample[1::2].count(0) > 0.7 * half:
        return "utf-16-le"
    return "utf-16-be" if half and sample[::2].count(0) > 0.7 * half else None


def _decode_bytes(data: bytes, name: str, error: UnicodeDecodeError) -> tuple[str, str]:
    """Text that is not valid UTF-8: damaged UTF-8 if most of its special characters are valid, else Windows-1252."""
    damaged = data.decode("utf-8-sig", errors="replace")
    if len(MULTIBYTE.findall(data)) > damaged.count("\ufffd"):
        return damaged, "UTF-8 with damaged characters"
    try:
        return data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        line = data[: error.start].count(b"\n") + 1
        raise CatalogError(
            f"{name} is neither UTF-8, UTF-16 nor Windows-1252: see its line {line}. Save it as CSV in UTF-8."
        ) from error
