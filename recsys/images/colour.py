"""Converts pictures with an embedded colour profile to sRGB, the colours that a browser shows.

Phones save Display P3, and cameras and studios save Adobe RGB, ProPhoto or CMYK. Without the conversion their numbers
would be taken as sRGB, and the colours would be wrong.
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageCms

MAX_PROFILE_BYTES = 4_000_000
"""Larger profiles are ignored. The largest in common use, of a printing press, has about 3 MB."""
MODES = {b"RGB ": "RGB", b"CMYK": "CMYK", b"GRAY": "L"}
"""The colour space in a profile's header → the mode of the pictures that it describes."""
CLASSES = (b"mntr", b"scnr", b"prtr", b"spac")
"""The profiles of devices and colour spaces. The other classes do not say what the numbers of a picture mean."""
UNBOUNDED_TAG = b"mpet"
"""The type of a tag that may hold any number of computing steps, so that a small file could take hours. It is rare."""
MAX_SRGB_DEVIATION = 2
"""A profile that moves no channel by more than this, of 255, is sRGB. Its pictures are left as they are."""
PROBE_STEPS = 9


@dataclass(frozen=True, eq=False)
class SrgbConversion:
    """Converts pictures of one colour profile to sRGB. `mode` is the Pillow mode that the profile describes."""

    mode: str
    transform: Any

    def __call__(self, image: Image.Image) -> Image.Image:
        return self.transform.apply(image if image.mode == self.mode else image.convert(self.mode))


def srgb_conversion(image: Image.Image) -> SrgbConversion | None:
    """The conversion of this picture by its embedded profile, or None if its numbers are to be taken as sRGB.

    They are if it has no profile, if the profile is sRGB, damaged or too large, or if it describes pictures of another
    mode.
    """
    profile = image.info.get("icc_profile")
    if not profile or len(profile) > MAX_PROFILE_BYTES:
        return None
    conversion = _conversion(profile)
    is_grey = image.mode in ("1", "L", "LA", "La", "F") or image.mode.startswith("I")
    own = "L" if is_grey else "CMYK" if image.mode == "CMYK" else "RGB"
    return conversion if conversion and conversion.mode == own else None


@functools.lru_cache(maxsize=8)
def _conversion(profile: bytes) -> SrgbConversion | None:
    """The conversion of a profile, or None if it cannot be used or is sRGB."""
    mode = MODES.get(profile[16:20])
    if mode is None or profile[12:16] not in CLASSES or UNBOUNDED_TAG in profile:
        return None
    try:
        source, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, target, mode, "RGB", ImageCms.Intent.PERCEPTUAL)
    except Exception:  # the pixels of a picture with a broken profile are still valid
        return None
    return None if mode != "CMYK" and _is_identity(transform, mode) else SrgbConversion(mode, transform)


def _is_identity(transform: Any, mode: str) -> bool:
    steps = np.linspace(0, 255, PROBE_STEPS).astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)
    before = Image.fromarray(colours if mode == "RGB" else np.arange(256, dtype=np.uint8)[None])
    change = np.abs(np.asarray(transform.apply(before)).astype(int) - np.asarray(before.convert("RGB")))
    return bool(change.max() <= MAX_SRGB_DEVIATION)
