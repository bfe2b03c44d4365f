"""Any picture becomes an upright RGB picture on white, or one sentence says what is wrong with it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.Image import Transpose
from PIL.JpegImagePlugin import JpegImageFile

from recsys.errors import PictureError
from recsys.images import decode as picture
from recsys.images.decode import ACCEPTED, MAX_BYTES, decode, thumbnail

RED = (200, 30, 40)
BLUE = (20, 60, 210)


def two_halves(size: tuple[int, int] = (40, 20)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image


def two_halves_and_a_corner() -> Image.Image:
    """The same with black at the bottom left: any turn or flip shows."""
    image = two_halves()
    image.paste("black", (0, 10, 20, 20))
    return image


def encoded(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def is_close(image: Image.Image, at: tuple[int, int], colour: tuple[int, int, int], tolerance: int = 12) -> bool:
    found = np.asarray(image)[at[1], at[0]].astype(int)
    return bool(np.abs(found - colour).max() <= tolerance)


def is_two_halves(image: Image.Image) -> bool:
    """Whether this is `two_halves`, up to what a lossy format changes."""
    return image.mode == "RGB" and is_close(image, (5, 10), RED) and is_close(image, (35, 10), BLUE)


READABLE: dict[str, Callable[[], bytes]] = {
    "png": lambda: encoded(two_halves()),
    "jpeg": lambda: encoded(two_halves(), "JPEG", quality=95, subsampling=0),
    "webp": lambda: encoded(two_halves(), "WEBP", lossless=True),
    "avif": lambda: encoded(two_halves(), "AVIF", quality=95, subsampling="4:4:4"),
    "bmp": lambda: encoded(two_halves(), "BMP"),
    "tiff": lambda: encoded(two_halves(), "TIFF"),
    "gif": lambda: encoded(two_halves(), "GIF"),
    "palette": lambda: encoded(two_halves().quantize(4)),
    "opaque RGBA": lambda: encoded(two_halves().convert("RGBA")),
    "CMYK jpeg": lambda: encoded(two_halves().convert("CMYK"), "JPEG", quality=95, subsampling=0),
    "CMYK tiff": lambda: encoded(two_halves().convert("CMYK"), "TIFF"),
    "mpo": lambda: encoded(two_halves(), "MPO", quality=95, subsampling=0, save_all=True, append_images=[two_halves()]),
}


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


def test_what_a_picture_says_of_its_place_does_not_travel_on() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Camera"

    assert decode(encoded(two_halves(), exif=exif)).info == {}


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_picture_in_memory_is_left_as_it_was(mode: str) -> None:
    image = two_halves().convert(mode)
    image.info["note"] = "kept"

    assert decode(image).info == {}
    assert (image.mode, image.info) == (mode, {"note": "kept"})


def test_a_decoded_picture_holds_no_file() -> None:
    assert type(decode(encoded(two_halves()))) is Image.Image


def test_what_is_an_upright_rgb_picture_already_is_not_copied() -> None:
    image = two_halves()

    assert decode(image) is image


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
def test_a_large_picture_of_any_kind_is_the_same_at_half_its_size(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = large_of(kind)
    found = decode(data)
    monkeypatch.setattr(picture, "SHORT_SIDE", MAX_BYTES)
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


UNREADABLE = {
    "text": (b"just some text", "no picture that can be read"),
    "PDF": (b"%PDF-1.7 ...", "a PDF document"),
    "SVG": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC photo"),
    "empty": (b"", r"empty \(0 bytes\)"),
    "head only": (encoded(two_halves())[:20], "no picture that can be read|damaged or cut off"),
    "PNG cut": (encoded(Image.effect_noise((60, 60), 90))[:-900], "damaged or cut off"),
    "JPEG cut": (encoded(Image.effect_noise((60, 60), 90), "JPEG")[:-900], "damaged or cut off"),
    "WebP cut": (encoded(Image.effect_noise((60, 60), 90), "WEBP")[:-500], "damaged or cut off|no picture"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_picture_is_refused_with_what_is_accepted(kind: str) -> None:
    data, fact = UNREADABLE[kind]

    with pytest.raises(PictureError, match=fact) as refusal:
        decode(data)

    assert ACCEPTED in str(refusal.value)


def test_a_thumbnail_of_what_is_no_picture_is_refused() -> None:
    with pytest.raises(PictureError, match="no picture that can be read"):
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
    monkeypatch.setattr(picture, "MAX_PIXELS", 799)

    with pytest.raises(PictureError, match="40 × 20 pixels"):
        decode(two_halves())


def test_a_picture_without_pixels_is_refused() -> None:
    with pytest.raises(PictureError, match="0 × 5 pixels"):
        decode(Image.new("RGB", (0, 5)))


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
def test_what_browsers_do_not_show_gets_a_webp_thumbnail(kind: str) -> None:
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


def test_a_thumbnail_leaves_the_picture_as_it_was() -> None:
    large = two_halves((800, 400))

    thumbnail(encoded(large), large)

    assert large == two_halves((800, 400))
