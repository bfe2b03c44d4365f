"""The message of a refused picture says what is wrong with it and what is accepted."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from recsys.errors import PictureError
from recsys.images.decode import ACCEPTED, MAX_BYTES, decode, thumbnail
from tests.support.pictures import encoded, two_halves

UNREADABLE = {
    "text": (b"just some text", "not a readable picture"),
    "PDF": (b"%PDF-1.7 ...", "a PDF document"),
    "SVG": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC photo"),
    "empty": (b"", r"empty \(0 bytes\)"),
    "head only": (encoded(two_halves())[:20], "not a readable picture|damaged or cut off"),
    "PNG cut": (encoded(Image.effect_noise((60, 60), 90))[:-900], "damaged or cut off"),
    "JPEG cut": (encoded(Image.effect_noise((60, 60), 90), "JPEG")[:-900], "damaged or cut off"),
    "WebP cut": (encoded(Image.effect_noise((60, 60), 90), "WEBP")[:-500], "damaged or cut off|no picture"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_file_that_is_no_picture_is_refused_with_the_accepted_formats(kind: str) -> None:
    data, fact = UNREADABLE[kind]

    with pytest.raises(PictureError, match=fact) as refusal:
        decode(data)

    assert ACCEPTED in str(refusal.value)


def test_a_thumbnail_of_a_file_that_is_no_picture_is_refused() -> None:
    with pytest.raises(PictureError, match="not a readable picture"):
        thumbnail(b"just some text", two_halves())


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"lost\.png cannot be read: No such file"):
        decode(tmp_path / "lost.png")


def test_a_file_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "large.png"
    file.write_bytes(encoded(two_halves()) + bytes(MAX_BYTES))

    with pytest.raises(PictureError, match="more than 20 MB"):
        decode(file.read_bytes())
    with pytest.raises(PictureError, match="more than 20 MB"):
        decode(file)


def png_of(width: int, height: int) -> bytes:
    """The beginning of a PNG that says it has this size; its pixels are not there."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(header))
    empty = b"\0\0\0\0IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + crc + empty


@pytest.mark.parametrize(
    ("side", "fact"), [(7_100, "7100 × 7100 pixels"), (9_600, "pixels"), (40_000, "too many pixels")]
)
def test_a_picture_over_the_pixel_limit_is_refused_before_it_is_decoded(side: int, fact: str) -> None:
    with pytest.raises(PictureError, match=fact):
        decode(png_of(side, side))


def test_a_picture_in_memory_obeys_the_pixel_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recsys.images.decode.MAX_PIXELS", 799)

    with pytest.raises(PictureError, match="40 × 20 pixels"):
        decode(two_halves())


def test_a_picture_without_pixels_is_refused() -> None:
    with pytest.raises(PictureError, match="0 × 5 pixels"):
        decode(Image.new("RGB", (0, 5)))
