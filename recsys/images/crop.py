"""Chooses the part of a picture to search with: its product, one of several products, or what a click means.

Boxes have a margin, so that no part of a product is cut off.
"""

from __future__ import annotations

from functools import reduce
from math import ceil
from numbers import Real

import numpy as np

from recsys.errors import QueryError
from recsys.images.box import ROUNDING, Box
from recsys.images.segment import Segmentation

ASPECT = 3 / 4
"""Width / height of the pictures of a shop."""
SIDE_MARGIN = 0.08
"""On the left and on the right, as a share of the box. Wide products leave 9 % in the pictures of a shop."""
END_MARGIN = 0.03
"""Above and below. Tall products leave 1 % in the pictures of a shop."""
MAX_AUTOMATIC_SHARE = 0.2
"""A product whose box is a larger share of the picture is not cropped: it already fills the picture."""
CLICK_MARGIN = 0.04
"""A click this far beside a product, as a share of the picture, still means the product."""
PLACE_HEIGHT = 0.5
"""The height of the box around a click that is near no product and in no patch of colour, as a share of the picture."""
MIN_PATCH_HEIGHT = 0.3
"""The least height of the box around a patch of colour, as a share of the picture."""
POINT_MARGIN = 1e-6
SCAN_SIZES = (0.7, 0.5)
"""The heights of the boxes of a scan, as shares of the largest box of a shop's proportions that fits the picture."""
SCAN_STEP = 0.62
"""The largest distance of neighbouring boxes of a scan, as a share of their side."""
ZOOM = 0.7
"""The side of a closer box, as a share of the box that it lies in."""


def automatic_box(segmentation: Segmentation) -> Box | None:
    """The box around all products of a picture, with the margins of a shop's picture.

    None where the background is not plain, or where the products already fill the picture.
    """
    if not segmentation.regions:
        return None
    box = _framed(reduce(Box.union, (region.box for region in segmentation.regions)), segmentation.size)
    return box if box.area <= MAX_AUTOMATIC_SHARE else None


def product_boxes(segmentation: Segmentation) -> list[Box]:
    """A box for each product of a picture, the largest first. Empty where the background is not plain."""
    boxes = [region.box for region in segmentation.products]
    return [_framed_apart(box, boxes, segmentation.size) for box in boxes]


def box_at(segmentation: Segmentation, x: float, y: float) -> Box:
    """The box that a click means. `x` and `y` are shares of the picture's width and height.

    On a plain background it is the box of the product at that point. Elsewhere it is the box around the patch of
    colour there, and without such a patch a part of the picture centred at the point. Raises QueryError for a point
    outside the picture.
    """
    if not (isinstance(x, Real) and isinstance(y, Real) and 0 <= x <= 1 and 0 <= y <= 1):
        raise QueryError(f"A point is x and y as shares of the picture, from 0 to 1; got {x!r:.50} and {y!r:.50}.")
    boxes = [region.box for region in segmentation.products]
    near = [box for box in boxes if box.grown(CLICK_MARGIN).contains(x, y)]
    if near:
        meant = min(near, key=lambda box: (not box.contains(x, y), box.area))
        return _framed_apart(meant, boxes, segmentation.size)
    patch = None if boxes else segmentation.patch_at(x, y)
    if patch:
        return _framed(patch, segmentation.size, MIN_PATCH_HEIGHT)
    left, top = max(x - POINT_MARGIN, 0), max(y - POINT_MARGIN, 0)
    point = Box(left, top, min(x + POINT_MARGIN, 1), min(y + POINT_MARGIN, 1))
    return _framed(point, segmentation.size, PLACE_HEIGHT)


def scan_boxes(size: tuple[int, int]) -> list[Box]:
    """Overlapping boxes of a shop's proportions that cover a picture of this width and height, the large ones first."""
    shares = _largest(size)
    return [
        Box(left, top, min(left + width, 1), min(top + height, 1))
        for width, height in ((shares[0] * scale, shares[1] * scale) for scale in SCAN_SIZES)
        for top in _starts(height, ceil((1 - height) / (SCAN_STEP * height) - ROUNDING) + 1)
        for left in _starts(width, ceil((1 - width) / (SCAN_STEP * width) - ROUNDING) + 1)
    ]


def closer_boxes(box: Box) -> list[Box]:
    """Nine overlapping boxes within a box, each somewhat smaller."""
    width, height = box.right - box.left, box.bottom - box.top
    return [
        Box(left, top, min(left + ZOOM * width, 1), min(top + ZOOM * height, 1))
        for top in (box.top + height * start for start in _starts(ZOOM, 3))
        for left in (box.left + width * start for start in _starts(ZOOM, 3))
    ]


def relative_size(box: Box, size: tuple[int, int]) -> float:
    """The height of a box as a share of the largest box of a shop's proportions in a picture of this size, up to 1."""
    return min((box.bottom - box.top) / _largest(size)[1], 1.0)


def _largest(size: tuple[int, int]) -> tuple[float, float]:
    """Width and height, as shares, of the largest box of a shop's proportions in a picture of this size."""
    aspect = ASPECT * size[1] / size[0]
    return min(aspect, 1), min(1 / aspect, 1)


def _starts(length: float, count: int) -> list[float]:
    """Where `count` evenly spaced intervals of this length begin, which together cover 0 to 1."""
    starts: list[float] = np.linspace(0, 1 - length, count).tolist()
    return starts


def _framed(box: Box, size: tuple[int, int], min_height: float = 0, growth: float = 1) -> Box:
    """The box with margins and extended to the aspect of a shop's picture, as far as a picture of this size allows.

    With a `growth` below 1 it grows by that share only.
    """
    aspect = ASPECT * size[1] / size[0]
    width, height = box.right - box.left, box.bottom - box.top
    full_width, full_height = width / (1 - 2 * SIDE_MARGIN), max(height / (1 - 2 * END_MARGIN), min_height)
    full_width = max(full_width, full_height * aspect)
    full_height = max(full_height, full_width / aspect)
    left, right = _extended(box.left, box.right, width + growth * (full_width - width))
    top, bottom = _extended(box.top, box.bottom, height + growth * (full_height - height))
    return Box(left, top, right, bottom)


def _extended(start: float, end: float, length: float) -> tuple[float, float]:
    """The interval of this length with the same middle, moved to lie within 0 and 1."""
    length = min(length, 1)
    start = min(max((start + end - length) / 2, 0), 1 - length)
    return start, min(start + length, 1)


def _framed_apart(box: Box, boxes: list[Box], size: tuple[int, int]) -> Box:
    """One of `boxes`, framed as far as it does not overlap the others."""
    others = [other for other in boxes if other is not box]
    frames = (_framed(box, size, growth=growth) for growth in (1, 0.75, 0.5, 0.25))
    return next((frame for frame in frames if not any(map(frame.overlap, others))), box)
