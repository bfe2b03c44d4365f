"""Decodes picture files of visitors and catalogues into upright sRGB pictures on white."""

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
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from PIL.JpegImagePlugin import JpegImageFile

from recsys.errors import PictureError
from recsys.images.bare import is_bare
from recsys.images.colour import srgb_conversion
from recsys.images.heif import is_heif, open_heif

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_400_000
"""Phones of 50 megapixels save 8192 × 6144 px."""
MAX_SCANNED_PIXELS = 1_000_000_000
"""Pixels times scans of a JPEG. Each scan decodes the whole picture and takes only a few bytes of the file, so that
otherwise a file of 300 kB could take arbitrarily long to decode."""

MAX_JPEG_2000_PIXELS = 20_000_000
"""Pixels of a JPEG 2000 after it is reduced: its decoder takes 16 bytes for each."""

SHORT_SIDE_PX = 640
"""The least short side of a picture that is reduced by a factor of 2, 4 or 8."""

THUMBNAIL_SIDE_PX = 320
MAX_THUMBNAIL_BYTES = 64_000
THUMBNAIL_QUALITIES = (85, 70, 50, 30, 10)
"""WebP qualities, of which the first is taken that keeps a thumbnail within `MAX_THUMBNAIL_BYTES`."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF", "JPEG2000")
ACCEPTED = (
    f"JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP, TIFF or JPEG 2000 of at most {MAX_BYTES // 10**6} MB"
    f" and {MAX_PIXELS // 10**6} megapixels"
)

UNSUPPORTED = {
    b"%PDF": "a PDF document",
    b"ftyphei": "a HEIC photo that is damaged",
    b"ftypmif1": "a HEIF photo that is damaged",
    b"<svg": "an SVG drawing",
}
"""Why a file cannot be opened, by a mark in its first bytes."""

UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""EXIF orientation → the transposition that makes the picture upright."""

ROW_BLOCK = 256
SCAN = b"\xff\xda"
MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]", re.DOTALL)
"""A JPEG marker that is followed by a length."""

T = TypeVar("T")


def decode(source: bytes | Path | Image.Image) -> Image.Image:
    """Decode to an upright sRGB picture: EXIF rotation and colour profile applied, transparency on white, 16 bits
    scaled, first frame only. A colour profile that is damaged is ignored.

    A large picture is reduced by a factor of 2, 4 or 8, the largest that leaves a short side of at least 640 px:
    4000 × 3000 px become 1000 × 750. A JPEG or JPEG 2000 is decoded at the reduced size. One that Pillow
    has already loaded is reduced after decoding, which rounds differently; one that is only opened stays unloaded. A
    picture that needs no change is returned itself.

    Raises PictureError for a file that is damaged, unsupported or too large.
    """
    return _guarded(source, _to_rgb)


def thumbnail(data: bytes, decoded: Image.Image) -> bytes:
    """Encode a thumbnail of at most 320 × 320 px and 64 kB. `data` is the picture file and `decoded` its `decode`.

    Returns `data` itself if it is small enough, a JPEG, PNG or WebP in colours that browsers show, and holds pixels
    only: no metadata, profile, second frame or bytes after its end. Otherwise encodes a WebP. Raises PictureError for
    data that is not a picture.
    """
    if max(decoded.size) <= THUMBNAIL_SIDE_PX and len(data) <= MAX_THUMBNAIL_BYTES and is_bare(data):
        return data
    _guarded(data, lambda _: None)
    small = decoded.copy()
    small.thumbnail((THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX), Image.Resampling.LANCZOS)
    for quality in THUMBNAIL_QUALITIES:
        out = io.BytesIO()
        small.save(out, "WEBP", quality=quality)
        if len(out.getvalue()) <= MAX_THUMBNAIL_BYTES:
            break
    return out.getvalue()


def _guarded(source: bytes | Path | Image.Image, use: Callable[[Image.Image], T]) -> T:
    """Open the picture, check the limits before any pixel is decoded, and call `use` with it."""
    try:
        if isinstance(source, Image.Image):
            return use(_reopened(_within_limits(source)))
        data = _read(source) if isinstance(source, Path) else source
        with _open(data) as image:
            _check_scans(_within_limits(image), data)
            return use(image)
    except PictureError:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds of exceptions for damaged files
        raise PictureError(f"The picture is damaged or cut off. Give a complete {ACCEPTED}.") from error


def _reopened(image: Image.Image) -> Image.Image:
    """The picture, opened again if it would be decoded at a reduced size: the caller's image keeps its own."""
    if isinstance(image, JpegImageFile | Jpeg2KImageFile) and image.tile and image.fp and _reduction(image.size) > 1:
        return Image.open(image.fp)
    return image


def _read(file: Path) -> bytes:
    """The bytes of the file, at most one more than the limit."""
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
        return open_heif(data) if is_heif(data) else Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        kind = next((kind for mark, kind in UNSUPPORTED.items() if mark in data[:1024]), "not a readable picture")
        raise PictureError(f"This file is {kind}. Give a {ACCEPTED}.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(f"The picture has too many pixels. Give a {ACCEPTED}.") from error


def _within_limits(image: Image.Image) -> Image.Image:
    width, height = image.size
    is_large = (
        isinstance(image, Jpeg2KImageFile) and width * height > MAX_JPEG_2000_PIXELS * _reduction(image.size) ** 2
    )
    if is_large or not 0 < width * height <= MAX_PIXELS:
        raise PictureError(f"The picture has {width} × {height} pixels. Give a {ACCEPTED}.")
    return image


def _check_scans(image: Image.Image, data: bytes) -> None:
    if not isinstance(image, JpegImageFile):
        return
    most = MAX_SCANNED_PIXELS // (image.width * image.height)
    if data.count(SCAN) > most and _scans(data) > most:
        raise PictureError(f"The picture is a JPEG with too many scans. Give a {ACCEPTED}.")


def _scans(data: bytes) -> int:
    """The number of scans of a JPEG. Those in data after the picture, such as a video, do not count."""
    scans, place = 0, 2
    while marker := MARKER.search(data, place):
        if marker[0] == b"\xff\xd9":
            break
        scans += marker[0] == SCAN
        place = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2])
    return scans


def _to_rgb(image: Image.Image) -> Image.Image:
    _load(image)
    upright = _upright(image)
    convert = srgb_conversion(upright)
    rgb = upright if convert and upright.mode == "CMYK" else _on_white(_in_8_bit(upright))
    factor = _reduction(rgb.size)
    if factor > 1:
        rgb = rgb.reduce(factor)
    if convert:
        rgb = convert(rgb)
    if rgb is image and (image.info or isinstance(image, ImageFile)):
        rgb = image.copy()
    rgb.info = {}  # orientation and colour profile no longer apply, and the GPS position is private
    return rgb


def _load(image: Image.Image) -> None:
    """Decode the pixels. A JPEG or JPEG 2000 is decoded at a reduced size, which is much faster."""
    factor = _reduction(image.size)
    if isinstance(image, Jpeg2KImageFile) and image.tile:
        image.reduce = factor.bit_length() - 1
        image.load()
        image.reduce = 0  # it would hide the method of this name
    image.draft(None, (image.width // factor, image.height // factor))  # has an effect on JPEGs only
    image.load()  # PNG may have EXIF after the pixels, and Pillow rotates TIFF when loading


def _reduction(size: tuple[int, int]) -> int:
    """The factor to reduce a picture of this size by: 1, 2, 4 or 8."""
    return next((factor for factor in (8, 4, 2) if math.ceil(min(size) / factor) >= SHORT_SIDE_PX), 1)


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    rgb = Image.new("RGB", rgba.size, "white")
    rgb.paste(rgba, mask=rgba)
    return rgb


def _upright(image: Image.Image) -> Image.Image:
    try:
        turn = UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # a broken EXIF block raises many kinds of exceptions; the pixels are still valid
        return image
    return image if turn is None else image.transpose(turn)


def _in_8_bit(image: Image.Image) -> Image.Image:
    """Scale a grey picture of 16 or 32 bits, or of floats, to 8 bits. Pillow itself would clip it to white."""
    if not (image.mode.startswith("I") or image.mode == "F"):
        return image
    grey = np.asarray(image)
    parts = [slice(start, start + ROW_BLOCK) for start in range(0, len(grey), ROW_BLOCK)]
    brightest = max(float(_numbers(grey[part]).max()) for part in parts)
    scales = {"I": (255, 65535), "F": (1, 255, 65535)}.get(image.mode, (65535,))
    white = next((scale for scale in scales if brightest <= scale), brightest)
    steps = np.empty(grey.shape, dtype=np.uint8)
    for part in parts:
        steps[part] = _numbers(grey[part]).clip(0, white) * (255 / white)
    return Image.fromarray(steps)


def _numbers(grey: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return np.nan_to_num(grey.astype(np.float32), posinf=0, neginf=0)
