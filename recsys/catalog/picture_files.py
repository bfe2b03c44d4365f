"""Finds the file or link that a cell of a table names as a picture."""

from __future__ import annotations

import contextlib
import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from recsys.catalog.files import Files
from recsys.catalog.remote import is_link
from recsys.errors import CatalogError, PictureError

PICTURE_SUFFIXES = {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff"),
    *(".heic", ".heif", ".jp2", ".j2k"),
}
NAMES_PICTURE = re.compile(rf"\.({'|'.join(sorted(suffix[1:] for suffix in PICTURE_SUFFIXES))})([?#]|$)", re.IGNORECASE)
BETWEEN_PICTURES = re.compile(
    r"\s*[,;|\n]\s*(?=https?://)|\s+(?=https?://)|(?<=\.(?:jpg|png|gif))\s*[,;|\n]\s*|(?<=\.(?:jpeg|webp|avif|heic))\s*[,;|\n]\s*",
    re.IGNORECASE,
)
"""What separates several pictures in one cell: a separator before a link, or after the ending of a picture."""
SMALL_COPY = re.compile(r"(.+?)(-\d{2,4}x\d{2,4}|-scaled|_thumb|-thumb|_thumbnail|-thumbnail)(\.\w+)")
"""The name of a smaller copy of a picture, as shop systems save them beside it."""


def as_text(name: str) -> str:
    """The name of a file with replacements for what is not text in it."""
    return os.fsencode(name).decode(errors="replace")


def names_picture(text: str) -> bool:
    """Whether it looks like the file or the link of a picture."""
    return NAMES_PICTURE.search(text) is not None


def split_references(cell: str) -> list[str]:
    """The pictures that a cell names: a list in JSON, or texts with a separator between them."""
    cell = cell.strip()
    if cell.startswith("["):
        try:
            return [part for part in json.loads(cell) if isinstance(part, str) and part.strip()]
        except ValueError:
            cell = cell.strip("[]").replace("'", "").replace('"', "")
    return [part for part in BETWEEN_PICTURES.split(cell) if part]


class PictureFiles:
    """The picture files of a catalogue. Names match whatever their case and the form of their accents."""

    def __init__(self, files: Files):
        self.files = files

    @cached_property
    def names(self) -> list[str]:
        """The picture files without smaller copies of others."""
        found = sorted(name for name in self.files.readers if PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES)
        known = {_key(name) for name in found}
        return [name for name in found if not _is_small_copy(name, known)]

    @property
    def copies(self) -> int:
        """The number of smaller copies that are left out."""
        suffixes = Counter(PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES for name in self.files.readers)
        return suffixes[True] - len(self.names)

    def notes(self) -> list[str]:
        """How many files are left out, and why."""
        left_out = {**self.files.left_out, "smaller copies of pictures": self.copies}
        return [f"{number:,} {what} left out" for what, number in left_out.items() if number]

    def find(self, reference: str, base: str = ".") -> str | None:
        """The file that a reference in a table in the folder `base` names.

        It is found by its path, or else by its name, with or without the ending.
        """
        for text in dict.fromkeys((reference, unquote(reference))):
            for key in _keys(text, PurePosixPath(base)):
                if name := self._by_key.get(key):
                    return as_text(name)
        return None

    def read(self, reference: str) -> bytes | None:
        """The bytes of the picture that a reference names, or None. Raises PictureError if it cannot be read."""
        if name := self.find(reference):
            return self._read(self._by_text[name])
        if self.files.folder and names_picture(reference):
            with contextlib.suppress(OSError, ValueError):  # ValueError: a path that no file can have
                return (self.files.folder / reference).read_bytes()
        return None

    def _read(self, name: str) -> bytes:
        try:
            return self.files.read(name)
        except CatalogError as error:
            raise PictureError(str(error).rstrip(".")) from error

    @cached_property
    def _by_text(self) -> dict[str, str]:
        return {as_text(name): name for name in self.names}

    @cached_property
    def _by_key(self) -> dict[str, str]:
        """Path, name and name without ending → file. Names that several files have are left out."""
        by_key = {_key(name): name for name in self.names}
        for part in ("name", "stem"):
            keys = [_key(getattr(PurePosixPath(name), part)) for name in self.names]
            counts = Counter(keys)
            single = {f"{part}:{key}": name for key, name in zip(keys, self.names, strict=True) if counts[key] == 1}
            by_key |= single
        return by_key


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _keys(reference: str, base: PurePosixPath) -> Iterator[str]:
    """What a reference may be called in `PictureFiles`, the most exact first."""
    path = urlsplit(reference).path if is_link(reference) else reference.strip().replace("\\", "/")
    file = PurePosixPath(path)
    relative = PurePosixPath(path.lstrip("/"))
    yield from (_key(_resolve(base / relative)), _key(_resolve(relative)))
    yield from (f"name:{_key(file.name)}", f"stem:{_key(file.name)}")
    if file.suffix.lower() in PICTURE_SUFFIXES:
        yield f"stem:{_key(file.stem)}"


def _resolve(path: PurePosixPath) -> str:
    """The path without `.` and `..`."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _is_small_copy(name: str, known: Iterable[str]) -> bool:
    match = SMALL_COPY.fullmatch(name)
    return match is not None and _key(f"{match[1]}{match[3]}") in known
