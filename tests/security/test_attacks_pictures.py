"""Pictures made to take a server's memory or time, or to be something else as well."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from PIL.ImageFile import ImageFile

from recsys.errors import PictureError
from recsys.images.decode import ACCEPTED, MAX_BYTES, decode, thumbnail
from tests.support.pictures import READABLE

SIDE = 9_000
"""81 megapixels as a square: under what Pillow itself refuses, and a file of a few kB where it is of one colour."""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
SCAN = b"\xff\xda"


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def many_scans(size: tuple[int, int], count: int) -> bytes:
    """A progressive JPEG whose last scan is there `count` times more, 98 bytes each."""
    data = encoded(Image.new("L", size, 90), "JPEG", progressive=True)
    last = data[data.rfind(b"\xff\xc4") : -2]
    return data[:-2] + count * last + b"\xff\xd9"


def gif_of(width: int, height: int) -> bytes:
    """A GIF whose first frame says that it has this size."""
    screen = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"GIF89a" + screen + b"\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0" + screen + b"\0\x02\x02D\x01\0;"


def heic_of(width: int, height: int) -> bytes:
    """A small HEIC photo that says it has this size."""
    data = encoded(Image.new("RGB", (64, 64)), "HEIF")
    size = data.index(b"ispe") + 8
    return data[:size] + struct.pack(">II", width, height) + data[size + 8 :]


def jpeg_2000_of(width: int, height: int, mark: bytes) -> bytes:
    """A small JPEG 2000 whose header box (ihdr) or codestream (SIZ) says it has this size."""
    data, sides = READABLE["jpeg 2000"](), (height, width) if mark == IHDR else (width, height)
    size = data.index(mark) + len(mark)
    return data[:size] + struct.pack(">II", *sides) + data[size + 8 :]


IHDR, SIZ = b"ihdr", b"\xff\x51\x00\x2f\x00\x00"


def wide(format: str, **options: object) -> Callable[[], bytes]:
    return lambda: encoded(Image.new("1", (SIDE, SIDE)), format, **options)


BOMBS = {
    "PNG": wide("PNG"),
    "GIF": lambda: gif_of(SIDE, SIDE),
    "GIF, its largest": lambda: gif_of(65_535, 65_535),
    "GIF, in its frame": lambda: gif_of(65_535, 65_535).replace(b"a\xff\xff\xff\xff", b"a\1\0\1\0", 1),
    "TIFF": wide("TIFF", compression="group4"),
    "TIFF, packed": wide("TIFF", compression="tiff_deflate"),
    "BMP": wide("BMP"),
    "WebP": lambda: encoded(Image.new("L", (16_000, 4_000)), "WEBP", method=0),
    "JPEG": lambda: encoded(Image.new("L", (SIDE, SIDE)), "JPEG"),
    "HEIC": lambda: heic_of(SIDE, SIDE),
    "JPEG 2000": lambda: jpeg_2000_of(SIDE, SIDE, IHDR),
    "JPEG 2000 that cannot be reduced": lambda: jpeg_2000_of(40_000, 1_000, IHDR),
}


@pytest.mark.parametrize("kind", BOMBS)
@pytest.mark.slow
def test_a_picture_that_unpacks_to_more_than_the_limit_is_refused_before_it_is(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = BOMBS[kind]()
    assert len(data) < MAX_BYTES
    monkeypatch.setattr(ImageFile, "load", lambda _: pytest.fail("it was decoded"))

    with pytest.raises(PictureError, match=r"\d+ × \d+ pixels|too many pixels"):
        decode(data)


def test_a_jpeg_of_scans_without_end_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = many_scans((6_000, 6_000), 2_000)
    assert len(data) < 500_000
    monkeypatch.setattr(ImageFile, "load", lambda _: pytest.fail("it was decoded"))

    with pytest.raises(PictureError, match="too many scans") as refusal:
        decode(data)

    assert ACCEPTED in str(refusal.value)


def test_what_only_looks_like_a_scan_is_none() -> None:
    plain = encoded(Image.new("RGB", (6_000, 6_000), "red"), "JPEG", progressive=True)
    told = encoded(Image.new("RGB", (6_000, 6_000), "red"), "JPEG", comment=SCAN * 1_000)

    assert decode(plain + SCAN * 1_000).size == decode(told).size == (750, 750)  # as a phone's film behind its photo


def test_a_small_picture_may_have_many_scans() -> None:
    assert decode(many_scans((300, 200), 100)).size == (300, 200)


@LINUX
def test_text_that_unpacks_without_end_is_not_unpacked() -> None:
    packed = zlib.compress(bytes(60_000_000), 9)
    info = PngImagePlugin.PngInfo()
    for name in ("a", "b"):
        info.add(b"zTXt", name.encode() + b"\0\0" + packed)
    info.add(b"iCCP", b"x\0\0" + packed)
    data = encoded(Image.new("RGB", (20, 20), "red"), "PNG", pnginfo=info)

    assert peak_growth(data) < 150


@LINUX
@pytest.mark.parametrize("kind", ["HEIC", "JPEG 2000"])
def test_a_photo_that_is_larger_than_it_says_takes_no_memory(kind: str) -> None:
    if kind == "JPEG 2000":
        data = jpeg_2000_of(30_000, 30_000, SIZ)
    else:
        large = encoded(Image.new("RGB", (2_048, 2_048)), "HEIF", quality=10)
        size = large.index(b"ispe") + 8
        data = large[:size] + struct.pack(">II", 64, 64) + large[size + 8 :]

    with pytest.raises(PictureError, match="damaged or cut off"):
        decode(data)
    assert peak_growth(data) < 60


@LINUX
@pytest.mark.slow
def test_a_large_jpeg_2000_takes_no_more_memory_than_another_format() -> None:
    """50 megapixels. Decoded whole, it took 800 MB."""
    data = encoded(Image.linear_gradient("L").resize((8_192, 6_144)).convert("RGB"), "JPEG2000", irreversible=True)

    assert peak_growth(data) < 250


@pytest.mark.parametrize("kind", ["heic", "jpeg 2000"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_photo_that_is_cut_off_is_refused(kind: str, share: float) -> None:
    data = READABLE[kind]()

    with pytest.raises(PictureError, match="damaged|not a readable picture"):
        decode(data[: int(share * len(data))])


@LINUX
@pytest.mark.parametrize(("mode", "most"), [("I;16", 200), ("F", 330)])
@pytest.mark.slow
def test_a_deep_picture_takes_no_more_than_a_few_times_its_size(mode: str, most: float) -> None:
    """25 megapixels: 50 MB in 16 bits, 100 MB as floats. Scaled whole, they took more than 300 and 450 MB."""
    format, options = ("PNG", {}) if mode == "I;16" else ("TIFF", {"compression": "tiff_deflate"})
    data = encoded(Image.new(mode, (5_000, 5_000)), format, **options)

    assert peak_growth(data) < most


def peak_growth(data: bytes) -> float:
    """MB by which a process of its own grows at most while it decodes this."""
    script = """
        import re, sys
        from pathlib import Path
        from recsys.images.decode import decode
        from recsys.errors import PictureError
        peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
        data, before = sys.stdin.buffer.read(), peak()
        try:
            decode(data)
        except PictureError:
            pass
        print(peak() - before)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, input=data, capture_output=True, check=True, cwd=Path(__file__).parents[2])
    return float(done.stdout)


POLYGLOTS = {
    "a page behind a JPEG": ("JPEG", b"<html><script>alert(1)</script></html>"),
    "an archive behind a PNG": ("PNG", b"PK\x03\x04evil.py"),
    "a script behind a GIF": ("GIF", b"*/=1;alert(1)//"),
    "a program behind a WebP": ("WEBP", b"MZ\x90\x00"),
}


@pytest.mark.parametrize("kind", POLYGLOTS)
def test_of_a_picture_that_is_something_else_too_only_pixels_are_kept(kind: str) -> None:
    format, rest = POLYGLOTS[kind]
    data = encoded(Image.new("RGB", (400, 400), "red"), format) + rest

    picture = decode(data)

    assert picture.size == (400, 400) and picture.info == {}
    assert rest not in thumbnail(data, picture)


@pytest.mark.parametrize(
    "start", [b"%!PS-Adobe-3.0 EPSF", b"\x00\x00\x01\x00", b"8BPS", b"P6 9 9 255 ", b"SIMPLE  =", b"qoif"]
)
def test_a_format_that_is_not_offered_has_no_decoder(start: bytes) -> None:
    """Pillow has dozens more, one of which starts Ghostscript."""
    with pytest.raises(PictureError, match="not a readable picture"):
        decode(start + bytes(2_000))


def test_a_place_or_a_comment_in_a_photo_is_not_kept() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010E] = "at home"
    plain = Image.fromarray(np.full((400, 400, 3), 120, np.uint8))
    data = encoded(plain, "JPEG", exif=exif, comment=b"at home")

    picture = decode(data)

    assert not picture.getexif() and b"at home" not in thumbnail(data, picture)
