"""A picture of any format and mode becomes an upright RGB picture on white."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.Image import Transpose

from recsys.images.decode import decode
from tests.support.pictures import (
    BLUE,
    READABLE,
    RED,
    encoded,
    is_close,
    is_two_halves,
    two_halves,
    two_halves_and_a_corner,
)


@pytest.mark.parametrize("kind", READABLE)
def test_pictures_of_every_accepted_kind_become_rgb(kind: str) -> None:
    assert is_two_halves(decode(READABLE[kind]()))


def test_a_path_and_a_picture_in_memory_are_decoded_as_bytes_are(tmp_path: Path) -> None:
    file = tmp_path / "shirt.png"
    file.write_bytes(encoded(two_halves()))

    assert is_two_halves(decode(file))
    assert is_two_halves(decode(two_halves()))


@pytest.mark.parametrize("mode", ["L", "1", "LA"])
def test_grey_pictures_become_rgb_of_the_same_grey(mode: str) -> None:
    image = Image.new("L", (3, 3), 255).convert(mode)
    image.putpixel((1, 1), 0 if mode != "LA" else (0, 255))

    rgb = decode(encoded(image))

    assert (rgb.mode, rgb.getpixel((0, 0)), rgb.getpixel((1, 1))) == ("RGB", (255, 255, 255), (0, 0, 0))


@pytest.mark.parametrize(
    ("cells", "format", "expected"),
    [
        (np.array([[0, 32896, 65535]], np.uint16), "PNG", [0, 128, 255]),
        (np.array([[0, 32896, 65535]], np.uint16), "TIFF", [0, 128, 255]),
        (np.array([[0, 128, 255]], np.uint16), "PNG", [0, 0, 1]),
        (np.array([[0, 32896, 65535]], np.int32), "TIFF", [0, 128, 255]),
        (np.array([[-7, 128, 255]], np.int32), "TIFF", [0, 128, 255]),
        (np.array([[0, 2**30, 2**31 - 1]], np.int32), "TIFF", [0, 127, 255]),
        (np.array([[0.0, 0.502, 1.0]], np.float32), "TIFF", [0, 128, 255]),
        (np.array([[np.nan, 128.0, 255.0, np.inf]], np.float32), "TIFF", [0, 128, 255, 0]),
        (np.array([[0.0, 0.0, 0.0]], np.float32), "TIFF", [0, 0, 0]),
    ],
    ids=[
        "16-bit png",
        "16-bit tiff",
        "dark 16-bit",
        "16 of 32 bits",
        "8 of 32 bits",
        "32-bit",
        "0 to 1",
        "NaN and infinity",
        "black",
    ],
)
def test_deep_grey_pictures_are_scaled_and_not_clipped(cells: np.ndarray, format: str, expected: list[int]) -> None:
    rgb = decode(encoded(Image.fromarray(cells), format))

    assert np.asarray(rgb)[0, :, 0].tolist() == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGBA", (4, 4), (0, 0, 0, 0)),
        Image.new("LA", (4, 4), (0, 0)),
    ],
    ids=["RGBA", "LA"],
)
def test_transparent_pixels_are_white(image: Image.Image) -> None:
    assert decode(encoded(image)).getpixel((2, 2)) == (255, 255, 255)


def test_half_transparent_pixels_are_mixed_with_white() -> None:
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 128))

    assert decode(encoded(image)).getpixel((2, 2)) == (127, 127, 127)


@pytest.mark.parametrize(
    ("mode", "key"),
    [("P", 0), ("P", b"\0"), ("L", 7), ("RGB", (7, 7, 7))],
    ids=["index", "alpha table", "grey", "colour"],
)
def test_a_transparent_colour_is_white(mode: str, key: object) -> None:
    image = Image.new("RGB", (4, 4), (7, 7, 7))
    image = image.quantize(2) if mode == "P" else image.convert(mode)

    assert decode(encoded(image, transparency=key)).getpixel((2, 2)) == (255, 255, 255)


TURNED = {
    1: None,
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_that_lies_on_its_side_is_put_upright(format: str, orientation: int) -> None:
    turn = TURNED[orientation]
    upright = two_halves_and_a_corner()
    lying = upright.transpose(turn) if turn is not None else upright
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation

    found = decode(encoded(lying, format, exif=exif))

    assert found.size == upright.size
    assert is_close(found, (5, 5), RED, 40)
    assert is_close(found, (35, 5), BLUE, 40)
    assert is_close(found, (5, 15), (0, 0, 0), 40)


def test_a_palette_picture_is_put_upright_too() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 3
    lying = two_halves().transpose(Transpose.ROTATE_180).quantize(4)

    assert is_two_halves(decode(encoded(lying, exif=exif)))


def test_a_picture_is_turned_once_however_often_it_is_decoded() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    data = encoded(two_halves().transpose(Transpose.ROTATE_90), exif=exif)

    assert is_two_halves(decode(decode(data)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "block",
    [b"garbage", b"MM\0*", b"II*\0\x08\0\0\0\xff\xff\x12\x01", b"MM\0*\0\0\xff\xff", b"\xff" * 60_000],
    ids=["no TIFF", "head only", "cut", "beyond the end", "huge"],
)
def test_a_broken_exif_block_spoils_no_picture(block: bytes, format: str) -> None:
    data = encoded(two_halves(), format, quality=95, exif=b"Exif\0\0" + block)

    assert is_close(decode(data), (5, 10), RED, 40)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_of_an_animation_the_first_frame_is_taken(format: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, BLUE)]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:])

    assert is_close(decode(data), (10, 10), RED)


def test_one_pixel_is_a_picture() -> None:
    assert decode(encoded(Image.new("RGB", (1, 1), RED))).getpixel((0, 0)) == RED


def test_the_gps_position_of_a_picture_is_removed() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Camera"

    assert decode(encoded(two_halves(), exif=exif)).info == {}


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_picture_in_memory_is_not_changed(mode: str) -> None:
    image = two_halves().convert(mode)
    image.info["note"] = "kept"

    assert decode(image).info == {}
    assert (image.mode, image.info) == (mode, {"note": "kept"})


def test_a_decoded_picture_holds_no_file() -> None:
    assert type(decode(encoded(two_halves()))) is Image.Image


def test_an_upright_rgb_picture_is_not_copied() -> None:
    image = two_halves()

    assert decode(image) is image
