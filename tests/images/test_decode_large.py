"""Large pictures are reduced, JPEGs while they are decoded."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.Image import Transpose
from PIL.JpegImagePlugin import JpegImageFile

from recsys.errors import PictureError
from recsys.images.decode import MAX_BYTES, decode
from tests.support.pictures import READABLE, RED, encoded, is_close, two_halves

LARGE = (1600, 1280)


@cache
def large() -> Image.Image:
    """Red and blue halves under a little noise, of which a half is enough."""
    noise = Image.effect_noise(LARGE, 30).convert("RGB")
    return Image.blend(two_halves(LARGE), noise, 0.1)


def difference(one: Image.Image, other: Image.Image) -> int:
    assert one.size == other.size
    return int(np.abs(np.asarray(one).astype(int) - np.asarray(other)).max())


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1700, 1278), (1700, 1278)),
        ((1700, 1279), (850, 640)),
        ((1280, 9000), (640, 4500)),
        ((3000, 1), (3000, 1)),
        ((4000, 3000), (1000, 750)),
        ((2558, 2559), (640, 640)),
        ((2556, 2558), (1278, 1279)),
        ((5400, 5121), (675, 641)),
    ],
    ids=str,
)
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.slow
def test_a_large_picture_is_reduced_while_its_short_side_has_640_pixels(
    format: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    found = decode(encoded(Image.new("RGB", size, RED), format))

    assert found.size == expected
    assert is_close(found, (0, 0), RED)
    assert decode(found) is found


LARGE_KINDS: dict[str, Callable[[Image.Image], bytes]] = {
    "RGB jpeg": lambda image: encoded(image, "JPEG", quality=95),
    "progressive jpeg": lambda image: encoded(image, "JPEG", quality=95, progressive=True),
    "grey jpeg": lambda image: encoded(image.convert("L"), "JPEG", quality=95),
    "CMYK jpeg": lambda image: encoded(image.convert("CMYK"), "JPEG", quality=95),
    "mpo": lambda image: encoded(image, "MPO", quality=95, save_all=True, append_images=[two_halves()]),
    "png": lambda image: encoded(image, compress_level=1),
    "palette": lambda image: encoded(image.quantize(4), compress_level=1),
    "palette with a hole": lambda image: encoded(image.quantize(4), compress_level=1, transparency=0),
    "RGBA": lambda image: encoded(with_a_hole(image), compress_level=1),
    "16-bit": lambda image: encoded(
        Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257), compress_level=1
    ),
    "animation": lambda image: encoded(image, "GIF", save_all=True, append_images=[Image.new("RGB", LARGE)]),
    "jpeg 2000": lambda image: encoded(image, "JPEG2000"),
    "lossy webp": lambda image: encoded(image, "WEBP", quality=90, method=0),
}


@cache
def large_of(kind: str) -> bytes:
    return LARGE_KINDS[kind](large())


def with_a_hole(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.putalpha(Image.new("L", image.size, 255))
    image.paste((0, 0, 0, 0), (0, 0, LARGE[0] // 2, LARGE[1]))
    return image


@pytest.mark.parametrize("kind", LARGE_KINDS)
@pytest.mark.slow
def test_a_large_picture_of_any_kind_is_the_same_at_half_its_size(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = large_of(kind)
    found = decode(data)
    monkeypatch.setattr("recsys.images.decode.SHORT_SIDE_PX", MAX_BYTES)
    whole = decode(data)

    assert (whole.size, found.size) == (LARGE, (800, 640))
    assert difference(found, whole.reduce(2)) <= (30 if "jpeg" in kind or kind == "mpo" else 0)


@pytest.mark.parametrize("loaded", [True, False], ids=["loaded", "opened"])
@pytest.mark.parametrize("kind", LARGE_KINDS)
def test_a_large_picture_in_memory_has_the_pixels_of_its_bytes(kind: str, loaded: bool) -> None:
    data = large_of(kind)
    with Image.open(io.BytesIO(data)) as image:
        if loaded:
            image.load()
        found = decode(image)

        assert difference(found, decode(data)) <= (30 if loaded and ("jpeg" in kind or kind == "mpo") else 0)
        assert image.size == LARGE
        assert np.asarray(image).shape[:2] == (LARGE[1], LARGE[0])


def test_the_file_of_a_small_picture_in_memory_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "shirt.jpg"
    file.write_bytes(READABLE["jpeg"]())
    image = Image.open(file)
    stream = image.fp

    decode(image)

    assert stream.closed


def test_a_large_jpeg_that_lies_on_its_side_is_put_upright_as_a_png_is() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    lying = large().transpose(Transpose.ROTATE_90)

    found = decode(encoded(lying, "JPEG", quality=95, exif=exif))

    assert difference(found, decode(encoded(lying, compress_level=1, exif=exif))) <= 30
    assert is_close(found, (5, 10), RED, 40)


def test_a_large_jpeg_is_not_decoded_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    load = JpegImageFile.load
    monkeypatch.setattr(JpegImageFile, "load", lambda self: loaded.append(self.size) or load(self))

    decode(encoded(large(), "JPEG"))

    assert set(loaded) == {(800, 640)}


def test_a_large_jpeg_that_is_cut_off_is_refused() -> None:
    with pytest.raises(PictureError, match="damaged or cut off"):
        decode(encoded(large(), "JPEG")[:-9000])
