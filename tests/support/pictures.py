"""Small drawn pictures in many file formats."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image
from pillow_heif import register_heif_opener

register_heif_opener()  # for saving
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
    "heic": lambda: encoded(two_halves(), "HEIF", quality=95, chroma="444"),
    "jpeg 2000": lambda: encoded(two_halves(), "JPEG2000"),
    "CMYK jpeg": lambda: encoded(two_halves().convert("CMYK"), "JPEG", quality=95, subsampling=0),
    "CMYK tiff": lambda: encoded(two_halves().convert("CMYK"), "TIFF"),
    "mpo": lambda: encoded(two_halves(), "MPO", quality=95, subsampling=0, save_all=True, append_images=[two_halves()]),
}
