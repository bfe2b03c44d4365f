"""Pictures of things as they lie around: a product at a share of the frame's height on clutter or a photograph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageFilter

from recsys.evaluate.corruptions import clutter, cut_out

FRAME_RATIO = 0.75
"""Width divided by height, as a phone held upright has it."""
EMPTY_SIZE = (240, 320)
ZOOM = (0.4, 1.0)
"""The share of the height of a photographed ground that a frame shows."""
DRAWN = "drawn clutter"
PHOTOGRAPHED = "photographs"
SKIMAGE_PICTURES = ("coffee", "chelsea", "rocket", "astronaut", "immunohistochemistry")
"""Training uses others of scikit-image: brick, grass and gravel."""

Grounds = Mapping[str, Sequence[Image.Image]]
"""The pictures of each sort of ground. A sort without pictures is drawn clutter."""


def known_grounds() -> Grounds:
    """Drawn clutter, and photographs of scikit-image where it is installed."""
    try:
        from skimage import data
    except ImportError:
        return {DRAWN: ()}
    return {DRAWN: (), PHOTOGRAPHED: [Image.fromarray(getattr(data, name)()) for name in SKIMAGE_PICTURES]}


def place(
    picture: Image.Image,
    height: float,
    grounds: Sequence[Image.Image],
    others: Sequence[Image.Image],
    random: np.random.Generator,
) -> Image.Image | None:
    """The product at a random place on a ground; None where it cannot be separated from its own background.

    `height` is its share of the height of the frame; a wide product fills the width before it reaches that share.
    `others` are pictures that pieces of drawn clutter are cut from.
    """
    mask = cut_out(picture)
    box = mask.getbbox() if mask else None
    if mask is None or box is None:
        return None
    product, mask = picture.crop(box), mask.crop(box)
    frame_height = round(max(product.height, product.width / FRAME_RATIO) / height)
    frame = empty((round(FRAME_RATIO * frame_height), frame_height), grounds, others, random)
    room = frame.width - product.width, frame.height - product.height
    spot = int(random.integers(room[0] + 1)), int(random.integers(room[1] + 1))
    frame.paste(product, spot, mask.filter(ImageFilter.MinFilter(3)))
    return frame


def empty(
    size: tuple[int, int],
    grounds: Sequence[Image.Image],
    others: Sequence[Image.Image],
    random: np.random.Generator,
) -> Image.Image:
    """A ground without a product: a random part of one of `grounds`, or drawn clutter where there are none."""
    if not grounds:
        return clutter(size, others, random)
    ground = grounds[int(random.integers(len(grounds)))]
    height = random.uniform(*ZOOM) * min(ground.height, ground.width * size[1] / size[0])
    width = height * size[0] / size[1]
    left, top = random.uniform(0, ground.width - width), random.uniform(0, ground.height - height)
    resampling = Image.Resampling.BOX if width > size[0] else Image.Resampling.BICUBIC
    return ground.resize(size, resampling, (left, top, left + width, top + height))
