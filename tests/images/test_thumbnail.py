"""A thumbnail is a small file that browsers show."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import ExifTags, Image, PngImagePlugin

from recsys.images.decode import MAX_THUMBNAIL_BYTES, decode, thumbnail
from tests.support.pictures import READABLE, RED, encoded, is_close, two_halves
from tests.support.profiles import PROPHOTO, saved_in


def thumbnail_of(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(thumbnail(data, decode(data))))


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "palette", "opaque RGBA"])
def test_a_small_picture_is_its_own_thumbnail(kind: str) -> None:
    data = READABLE[kind]()

    assert thumbnail(data, decode(data)) == data


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_small_picture_is_not_opened_a_second_time(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = READABLE[kind]()
    decoded = decode(data)
    monkeypatch.setattr(Image, "open", None)

    assert thumbnail(data, decoded) == data


def test_a_picture_of_320_pixels_is_small() -> None:
    data = encoded(Image.new("RGB", (320, 7), RED))

    assert thumbnail(data, decode(data)) == data


@pytest.mark.parametrize("kind", ["CMYK jpeg", "tiff", "bmp", "gif", "avif", "heic", "jpeg 2000"])
def test_a_picture_of_another_format_gets_a_webp_thumbnail(kind: str) -> None:
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


SECRET = b"where I live"


def with_place() -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[1] = "N"
    exif[ExifTags.Base.ImageDescription] = SECRET.decode()
    return exif


def png_text() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("Comment", SECRET.decode())
    return info


def with_segment(data: bytes, marker: int, content: bytes, count: int = 1) -> bytes:
    """The JPEG with this segment, `count` times, at its start."""
    return data[:2] + (bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2) + content) * count + data[2:]


JPEG = READABLE["jpeg"]()
TELLING = {
    "JPEG with a place": encoded(two_halves(), "JPEG", exif=with_place()),
    "PNG with a place": encoded(two_halves(), exif=with_place()),
    "WebP with a place": encoded(two_halves(), "WEBP", exif=with_place()),
    "AVIF with a place": encoded(two_halves(), "AVIF", exif=with_place()),
    "JPEG with a comment": encoded(two_halves(), "JPEG", comment=SECRET),
    "JPEG with XMP": encoded(two_halves(), "JPEG", xmp=SECRET),
    "WebP with XMP": encoded(two_halves(), "WEBP", xmp=SECRET),
    "PNG with a text": encoded(two_halves(), pnginfo=png_text()),
    "GIF with a comment": encoded(two_halves(), "GIF", comment=SECRET),
    "JPEG with blocks of an editor": with_segment(JPEG, 0xED, SECRET * 5_000, 40),
    "JPEG with a preview": with_segment(JPEG, 0xE0, b"JFXX\0\x10" + SECRET),
    **{f"{kind} with a tail": READABLE[kind]() + SECRET for kind in ("jpeg", "png", "webp", "gif", "avif")},
    "JPEG with a tail and a second end": JPEG + SECRET + b"\xff\xd9",
}


@pytest.mark.parametrize("kind", TELLING)
def test_a_thumbnail_tells_nothing_but_pixels(kind: str) -> None:
    small = thumbnail(TELLING[kind], decode(TELLING[kind]))

    with Image.open(io.BytesIO(small)) as image:
        assert not image.getexif() and image.format == "WEBP"
        assert is_close(image.convert("RGB"), (5, 10), RED, 40)
    assert SECRET not in small and len(small) < 1_000


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_small_picture_in_another_colour_space_gets_an_srgb_thumbnail(format: str) -> None:
    small = thumbnail_of(saved_in(two_halves(), PROPHOTO, format))

    assert "icc_profile" not in small.info
    assert is_close(small.convert("RGB"), (5, 10), RED, 40)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_a_thumbnail_does_not_move_and_is_a_small_file(format: str) -> None:
    cells = np.random.default_rng(0).integers(0, 256, (6, 300, 300, 3), dtype=np.uint8)
    frames = [Image.fromarray(frame) for frame in cells]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:])

    small = thumbnail(data, decode(data))

    with Image.open(io.BytesIO(small)) as image:
        assert getattr(image, "n_frames", 1) == 1
    assert len(small) <= MAX_THUMBNAIL_BYTES


@pytest.mark.parametrize("side", [320, 640])
def test_a_thumbnail_of_noise_is_a_small_file(side: int) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8))

    assert len(thumbnail(encoded(noise), noise)) <= MAX_THUMBNAIL_BYTES


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"optimize": True}], ids=str
)
def test_a_small_jpeg_of_any_kind_is_its_own_thumbnail(options: dict[str, object]) -> None:
    data = encoded(Image.effect_noise((60, 60), 90).convert("RGB"), "JPEG", **options)

    assert thumbnail(data, decode(data)) == data
