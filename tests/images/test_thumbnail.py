"""A thumbnail is a small file that browsers show."""

from __future__ import annotations

import io

import pytest
from PIL import ExifTags, Image

from recsys.images.decode import decode, thumbnail
from tests.support.pictures import READABLE, RED, encoded, is_close, two_halves


def thumbnail_of(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(thumbnail(data, decode(data))))


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif", "gif", "palette", "opaque RGBA"])
def test_a_small_picture_is_its_own_thumbnail(kind: str) -> None:
    data = READABLE[kind]()

    assert thumbnail(data, decode(data)) == data


def test_a_picture_of_320_pixels_is_small() -> None:
    data = encoded(Image.new("RGB", (320, 7), RED))

    assert thumbnail(data, decode(data)) == data


@pytest.mark.parametrize("kind", ["CMYK jpeg", "tiff", "bmp"])
def test_a_picture_that_browsers_do_not_show_gets_a_webp_thumbnail(kind: str) -> None:
    small = thumbnail_of(READABLE[kind]())

    assert (small.format, small.size) == ("WEBP", (40, 20))
    assert is_close(small.convert("RGB"), (5, 10), RED, 40)


def test_a_large_picture_gets_a_thumbnail_of_the_same_shape() -> None:
    small = thumbnail_of(encoded(two_halves((800, 400))))

    assert (small.format, small.size) == ("WEBP", (320, 160))


def test_a_large_picture_on_its_side_gets_an_upright_thumbnail() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6

    small = thumbnail_of(encoded(two_halves((400, 800)), exif=exif))

    assert small.size == (320, 160)


def test_a_sliver_gets_a_thumbnail_of_at_least_one_pixel() -> None:
    assert thumbnail_of(encoded(Image.new("RGB", (5000, 1)))).size == (320, 1)


def test_a_thumbnail_does_not_change_the_picture() -> None:
    large = two_halves((800, 400))

    thumbnail(encoded(large), large)

    assert large == two_halves((800, 400))
