"""Loads pictures from an image, a path, bytes, a link, or an array."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys.errors import PictureError
from recsys.images.decode import ACCEPTED, decode
from recsys.images.fetch import fetch

PictureSource = Image.Image | str | Path | bytes | npt.NDArray[Any]
LINKS = ("http://", "https://")
CHANNELS = {1: "L", 3: "RGB", 4: "RGBA"}


def load_picture(source: PictureSource) -> Image.Image:
    """A picture from a Pillow image, the path or the bytes of a file, an http(s) link, or an array of pixels.

    A text is a link if it starts with http:// or https://, and a path otherwise. A link is fetched by `fetch`, which
    refuses addresses that are not on the public internet. An array holds uint8, or floats from 0 to 1, and is
    [height, width], or [height, width, channels] with 1, 3 or 4 channels. Raises PictureError.
    """
    if isinstance(source, Image.Image):
        return source
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return decode(bytes(source))
    if isinstance(source, str) and source.strip().lower().startswith(LINKS):
        return decode(fetch(source))
    if isinstance(source, str | Path):
        return decode(_existing(source))
    kinds = "a Pillow image, the path or the bytes of a file, an http(s) link, or an array of pixels"
    raise PictureError(f"A picture is {kinds}; got {source!r:.100}.")


def load_pictures(sources: Sequence[PictureSource]) -> list[Image.Image]:
    """Load several pictures, in order. Raises PictureError, with the position of the first that cannot be read."""
    pictures = []
    for place, source in enumerate(sources):
        try:
            pictures.append(load_picture(source))
        except PictureError as error:
            raise type(error)(f"Picture {place}: {error}") from error
    return pictures


def _existing(path: str | Path) -> Path:
    """The path of a file. Raises PictureError, naming the path, if there is no such file."""
    file = Path(path)
    try:
        if file.is_file():
            return file
        what = "a folder" if file.is_dir() else "not a file"
        reason = f"{str(path)!r:.200} is {what}" if file.exists() else f"There is no file {str(path)!r:.200}"
    except (OSError, ValueError) as error:  # a name that the system does not take
        raise PictureError(f"{str(path)!r:.200} is not a path. Give the path of a {ACCEPTED}.") from error
    raise PictureError(f"{reason}. Give the path of a {ACCEPTED}, or an http(s) link to one.")


def _from_array(pixels: npt.NDArray[Any]) -> Image.Image:
    channels = 1 if pixels.ndim == 2 else pixels.shape[2] if pixels.ndim == 3 else 0
    floats = np.issubdtype(pixels.dtype, np.floating)
    in_range = pixels.dtype == np.uint8 or (floats and pixels.size > 0 and 0 <= pixels.min() <= pixels.max() <= 1)
    if channels not in CHANNELS or not pixels.size or not in_range:
        raise PictureError(
            "An array of pixels holds uint8, or floats from 0 to 1, in [height, width], or in [height, width, channels]"
            f" with 1, 3 or 4 channels; got {pixels.dtype} {list(pixels.shape)}."
        )
    eight_bit = (pixels * 255).round().astype(np.uint8) if floats else pixels
    return Image.fromarray(eight_bit[:, :, 0] if pixels.ndim == 3 and channels == 1 else eight_bit)
