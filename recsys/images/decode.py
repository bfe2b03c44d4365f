"""Pictures as they come in: any file of a visitor or a catalogue becomes an upright RGB picture on white."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError
from PIL.Image import Transpose
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from recsys.errors import PictureError

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
MOST_SCANNED = 1_000_000_000
"""Pixels times scans of a JPEG. Each scan goes over the whole picture, and a few bytes make one: a file of 300 kB can
take as long as its sender likes."""

SHORT_SIDE = 640
"""Pixels that the short side of a picture keeps when a large one is halved, once or more."""

THUMBNAIL_SIDE = 320
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")
BROWSER_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
LIMITS = f"at most {MAX_BYTES // 10**6} MB and {MAX_PIXELS // 10**6} megapixels"
ACCEPTED = f"JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF of {LIMITS}"

UNREAD = {b"%PDF": "a PDF document", b"ftyphei": "a HEIC photo", b"ftypmif1": "a HEIF photo", b"<svg": "an SVG drawing"}
"""What people send as a picture and we do not read, by what its first bytes hold."""

UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""EXIF orientation → how to turn the picture upright."""

ROWS_AT_ONCE = 256
SCAN = b"\xff\xda"
MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]", re.DOTALL)
"""A marker that a length follows, among the bytes of a scan."""

T = TypeVar("T")


def decode(source: bytes | Path | Image.Image) -> Image.Image:
    """An upright RGB picture: EXIF rotation applied, transparency on white, 16-bit scaled, the first frame only.

    A large picture comes at a half, a quarter or an eighth of its size, the least whose short side has 640 px or more:
    4000 × 3000 px become 1000 × 750. A JPEG is decoded at that size, which takes a fraction of the time, also where it
    is given as opened by Pillow and not loaded yet; it then stays open, and not loaded. One that is loaded is reduced
    like any other picture, and differs from its bytes by rounding. What is such a picture already is returned itself.

    Raises PictureError, which says what is wrong and what is accepted.
    """
    return _guarded(source, _to_rgb)


def thumbnail(data: bytes, decoded: Image.Image) -> bytes:
    """A picture in at most 320 × 320 px, from its bytes and what `decode` made of them.

    The bytes as given where they are that small and a browser shows them, else WebP. Raises PictureError for bytes that
    are no picture.
    """
    if max(decoded.size) <= THUMBNAIL_SIDE and _guarded(data, _is_for_browsers):
        return data
    small = decoded.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=85)
    return out.getvalue()


def _is_for_browsers(image: Image.Image) -> bool:
    return image.format in BROWSER_FORMATS and image.mode != "CMYK"


def _guarded(source: bytes | Path | Image.Image, use: Callable[[Image.Image], T]) -> T:
    """Give the picture to `use` once it is known to be within the limits, before any pixel is decoded."""
    try:
        if isinstance(source, Image.Image):
            return use(_unread(_within_limits(source)))
        data = _read(source) if isinstance(source, Path) else source
        with _open(data) as image:
            _refuse_endless_scans(_within_limits(image), data)
            return use(image)
    except PictureError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged bytes
        raise PictureError(f"The picture is damaged or cut off. Give a complete {ACCEPTED}.") from error


def _unread(image: Image.Image) -> Image.Image:
    """The picture, or a second view of a large JPEG that is not loaded yet: the caller's own keeps its size."""
    if isinstance(image, JpegImageFile) and image.tile and image.fp and _reduction(image.size) > 1:
        return Image.open(image.fp)
    return image


def _read(file: Path) -> bytes:
    """The bytes of the file, and one more than the limit of those that are over it."""
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise PictureError(f"{file.name} cannot be read: {error.strerror}. Give a {ACCEPTED}.") from error


def _open(data: bytes) -> Image.Image:
    if not data:
        raise PictureError(f"The picture is empty (0 bytes). Give a {ACCEPTED}.")
    if len(data) > MAX_BYTES:
        raise PictureError(f"The picture has more than {MAX_BYTES // 10**6} MB. Give a {ACCEPTED}.")
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        kind = next((kind for mark, kind in UNREAD.items() if mark in data[:1024]), "no picture that can be read")
        raise PictureError(f"This file is {kind}. Give a {ACCEPTED}.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(f"The picture has too many pixels. Give a {ACCEPTED}.") from error


def _within_limits(image: Image.Image) -> Image.Image:
    width, height = image.size
    if not 0 < width * height <= MAX_PIXELS:
        raise PictureError(f"The picture has {width} × {height} pixels. Give a {ACCEPTED}.")
    return image


def _refuse_endless_scans(image: Image.Image, data: bytes) -> None:
    if not isinstance(image, JpegImageFile):
        return
    most = MOST_SCANNED // (image.width * image.height)
    if data.count(SCAN) > most and _scans(data) > most:
        raise PictureError(f"The picture is a JPEG of more scans than its size needs. Give a {ACCEPTED}.")


def _scans(data: bytes) -> int:
    """How many scans a JPEG has. What looks like one elsewhere, in a film behind the picture say, is none."""
    scans, place = 0, 2
    while marker := MARKER.search(data, place):
        if marker[0] == b"\xff\xd9":
            break
        scans += marker[0] == SCAN
        place = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2])
    return scans


def _to_rgb(image: Image.Image) -> Image.Image:
    factor = _reduction(image.size)
    image.draft(None, (image.width // factor, image.height // factor))  # how a JPEG is decoded, and nothing else
    rgb = _on_white(_in_8_bit(_upright(image)))
    factor = _reduction(rgb.size)
    if factor > 1:
        rgb = rgb.reduce(factor)
    if rgb is image and (image.info or isinstance(image, ImageFile)):
        rgb = image.copy()
    rgb.info = {}  # its orientation and colour profile are no longer true, and where it was taken nobody's business
    return rgb


def _reduction(size: tuple[int, int]) -> int:
    """How many pixels in a row become one: 1 for what was reduced already."""
    return next((factor for factor in (8, 4, 2) if math.ceil(min(size) / factor) >= SHORT_SIDE), 1)


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    rgb = Image.new("RGB", rgba.size, "white")
    rgb.paste(rgba, mask=rgba)
    return rgb


def _upright(image: Image.Image) -> Image.Image:
    image.load()  # PNG may have its EXIF after the pixels, and Pillow turns TIFF by itself
    try:
        turn = UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # a broken EXIF block raises nearly anything, and spoils no pixel
        return image
    return image if turn is None else image.transpose(turn)


def _in_8_bit(image: Image.Image) -> Image.Image:
    """A grey picture of 16 or 32 bits, or of floats, in 256 steps; Pillow itself would clip it to white."""
    if not (image.mode.startswith("I") or image.mode == "F"):
        return image
    grey = np.asarray(image)
    parts = [slice(start, start + ROWS_AT_ONCE) for start in range(0, len(grey), ROWS_AT_ONCE)]
    brightest = max(float(_numbers(grey[part]).max()) for part in parts)
    scales = {"I": (255, 65535), "F": (1, 255, 65535)}.get(image.mode, (65535,))
    white = next((scale for scale in scales if brightest <= scale), brightest)
    steps = np.empty(grey.shape, dtype=np.uint8)
    for part in parts:
        steps[part] = _numbers(grey[part]).clip(0, white) * (255 / white)
    return Image.fromarray(steps)


def _numbers(grey: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return np.nan_to_num(grey.astype(np.float32), posinf=0, neginf=0)
