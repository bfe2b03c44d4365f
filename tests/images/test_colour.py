"""A picture with a colour profile has the colours that a browser shows."""

from __future__ import annotations

import struct
import time

import numpy as np
import pytest
from PIL import Image, ImageCms

from recsys.images.decode import decode
from tests.support.pictures import BLUE, RED, encoded, is_close, is_two_halves, two_halves
from tests.support.profiles import (
    ADOBE_RGB,
    DISPLAY_P3,
    PROPHOTO,
    WIDE,
    cmyk_profile,
    converted,
    curve,
    grey_profile,
    profile,
    saved_in,
)

FORMATS = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {},
    "WEBP": {"lossless": True},
    "TIFF": {},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
    "MPO": {"quality": 95, "subsampling": 0},
    "HEIF": {"quality": 95, "chroma": "444"},
}
SRGB_BYTES = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("space", WIDE)
def test_a_picture_in_a_wide_colour_space_becomes_srgb(space: str, format: str) -> None:
    data = saved_in(two_halves(), WIDE[space], format, **FORMATS[format])

    assert is_two_halves(decode(data))


def test_without_the_conversion_the_colours_would_differ() -> None:
    assert not is_close(converted(two_halves(), PROPHOTO), (5, 10), RED, 20)


def test_a_transparent_picture_is_converted_and_stays_white_where_it_is_transparent() -> None:
    image = converted(two_halves(), ADOBE_RGB).convert("RGBA")
    image.paste((0, 0, 0, 0), (20, 0, 40, 20))

    found = decode(encoded(image, icc_profile=ADOBE_RGB))

    assert is_close(found, (5, 10), RED)
    assert found.getpixel((30, 10)) == (255, 255, 255)


def test_a_palette_is_converted() -> None:
    assert is_two_halves(decode(encoded(converted(two_halves(), PROPHOTO).quantize(4), icc_profile=PROPHOTO)))


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_large_picture_is_converted_after_it_is_reduced(format: str) -> None:
    found = decode(saved_in(two_halves((1600, 1280)), PROPHOTO, format))

    assert found.size == (800, 640)
    assert is_close(found, (50, 50), RED) and is_close(found, (750, 50), BLUE)


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_printing_inks_are_converted_by_their_profile(format: str) -> None:
    cyan = Image.new("CMYK", (40, 20), (255, 0, 0, 0))

    found = decode(encoded(cyan, format, icc_profile=cmyk_profile()))

    assert is_close(found, (5, 10), (0, 168, 74), 30)
    assert is_close(decode(encoded(cyan, format)), (5, 10), (0, 255, 255), 10)


@pytest.mark.parametrize("kind", ["L", "1", "LA", "I;16"])
def test_a_grey_picture_is_converted_by_its_profile(kind: str) -> None:
    grey = Image.fromarray(np.full((4, 4), 128 * 257, np.uint16)) if kind == "I;16" else Image.new("L", (4, 4), 128)
    grey = grey if kind == "I;16" else grey.convert(kind)
    if kind == "1":
        grey = Image.new("1", (4, 4), 1)

    found = decode(encoded(grey, icc_profile=grey_profile(1.0)))

    assert found.mode == "RGB"
    assert found.getpixel((0, 0)) == ((255,) * 3 if kind == "1" else pytest.approx((188,) * 3, abs=3))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "CMYK"])
def test_an_srgb_picture_is_the_same_to_the_bit(mode: str) -> None:
    image = Image.effect_noise((60, 60), 90).convert(mode)
    format = "TIFF" if mode == "CMYK" else "PNG"

    assert decode(encoded(image, format, icc_profile=SRGB_BYTES)) == decode(encoded(image, format))


BROKEN = {
    "no profile": b"garbage",
    "empty": b"",
    "head only": ADOBE_RGB[:128],
    "cut": ADOBE_RGB[:300],
    "huge": ADOBE_RGB + bytes(5_000_000),
    "of pictures of another mode": grey_profile(1.0),
    "of inks": cmyk_profile(),
    "without primaries": profile(b"RGB ", b"mntr", b"XYZ ", {b"rTRC": curve(2.2)}),
    "of a named colour": ADOBE_RGB[:12] + b"nmcl" + ADOBE_RGB[16:],
    "of an unknown space": ADOBE_RGB[:16] + b"7CLR" + ADOBE_RGB[20:],
    "tags beyond the end": ADOBE_RGB[:132] + ADOBE_RGB[132:240].replace(b"\0\0\0\x14", b"\xff" * 4) + ADOBE_RGB[240:],
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_profile_that_cannot_be_used_spoils_no_picture(kind: str) -> None:
    found = decode(encoded(two_halves(), "TIFF", icc_profile=BROKEN[kind]))

    assert is_two_halves(found)


def test_a_profile_of_steps_without_end_is_not_computed() -> None:
    """Elements may share one place in the file: 100,000 of them take a few hundred kB, and would take hours."""
    count = 100_000
    place = struct.pack(">II", 16 + 8 * count, 60)
    identity = b"matf" + bytes(4) + struct.pack(">HH", 3, 3) + struct.pack(">12f", *np.eye(3).ravel(), 0, 0, 0)
    steps = b"mpet" + bytes(4) + struct.pack(">HHI", 3, 3, count) + place * count + identity
    endless = profile(b"RGB ", b"mntr", b"XYZ ", {b"D2B0": steps})
    endless = endless[:8] + struct.pack(">I", 0x04400000) + endless[12:]
    began = time.monotonic()

    assert is_two_halves(decode(encoded(two_halves(), "TIFF", icc_profile=endless)))
    assert time.monotonic() - began < 5


def test_the_profile_of_a_picture_in_memory_is_applied() -> None:
    image = converted(two_halves(), DISPLAY_P3)
    image.info["icc_profile"] = DISPLAY_P3

    assert is_two_halves(decode(image))
    assert image.info["icc_profile"] == DISPLAY_P3
