"""Opens HEIC photos, as iPhones save them. The library for it is imported at the first one."""

from __future__ import annotations

import functools
import io

from PIL import Image

BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}


def is_heif(data: bytes) -> bool:
    """Whether the first bytes are those of a HEIC photo. AVIF shares two of its brands, and is read by Pillow."""
    brands = data[8 : min(int.from_bytes(data[:4]), 256)]
    return data[4:8] == b"ftyp" and brands[:4] in BRANDS and b"avif" not in brands and b"avis" not in brands


def open_heif(data: bytes) -> Image.Image:
    """The photo, not yet decoded. Raises PIL.UnidentifiedImageError."""
    _register()
    return Image.open(io.BytesIO(data), formats=("HEIF",))


@functools.cache
def _register() -> None:
    import pillow_heif

    # By default a preview within the file would be decoded in place of the photo.
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
