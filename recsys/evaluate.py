"""How good neighbours are: pure functions on arrays, and the split that training and judging share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from recsys.digest import sha256
from recsys.picture import decode
from recsys.projection import unit
from recsys.types import Vectors

HELD_OUT_SHARE = 0.05
THUMBNAIL_SIDE = 16


def held_out(item_id: str) -> bool:
    """Whether this product is kept out of training, to be a query later. A function of the id alone."""
    return int(sha256(item_id.encode())[:8], 16) < HELD_OUT_SHARE * 16**8


def thumbnail_vectors(images: Sequence[Image.Image]) -> Vectors:
    """The baseline that any encoder has to beat: 16 × 16 RGB pixels, centred, as a unit vector."""
    side = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    pixels = [
        np.asarray(decode(image).resize(side, Image.Resampling.BOX), dtype=np.float32).ravel() for image in images
    ]
    return unit(np.stack(pixels) / 255 - 0.5)
