"""Which part of a picture is meant: one product on a plain ground, one of several, or what lies under a click.

The ground is what the border shows: a smooth surface of colour fitted to it, so that white, any other colour, uneven
light and noise are all plain, and a room or a street is not. Whatever differs from it is a product; when in doubt a box
is too large, never too small. All of it is seen in a copy of at most 160 px.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import reduce
from itertools import pairwise
from math import ceil, floor
from numbers import Real
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from recsys.errors import QueryError
from recsys.images.decode import decode

SIDE = 160
ASPECT = 3 / 4
"""Width / height of a shop's pictures."""
SIDE_MARGIN, END_MARGIN = 0.08, 0.03
"""Of a box, left and right, and above and below. In a shop's pictures wide products leave 9 %, tall ones 1 %."""
MOST_OF_PICTURE = 0.2
"""A product whose box takes more of the picture than this fills it already."""

BORDER, LEAST_GROUND = 0.03, 0.6
"""The depth of the border, as a share of the longer side, and how much of it must be ground for that to be plain."""
FIRST_TOLERANCE, FAINTEST, NOISE_FACTOR, ROUGHEST = 40.0, 8.0, 4.0, 8.0
"""In levels of 256: what may still be ground at first, at least, and as a multiple of its noise; the most noise."""
DARKEST_SHADOW, STEEPEST_SHADOW = 0.75, 3.0
"""A shadow leaves this share of the light, and changes by no more than so many levels a pixel."""
LEAST_OF_ALL, LEAST_OF_LARGEST = 4, 0.02
"""A speck is smaller: in pixels, and as a share of the largest product."""

REACH = 0.04
"""How far beside a product a click still means it, as a share of the picture."""
LEAST_GROWN, MOST_GROWN = 0.01, 0.5
TOLERANCES = (10, 14, 20, 28, 40, 56)
"""A patch of colour: its least and its most of the picture, and the levels by which it may differ from the click."""
CLICKED_HEIGHT, LEAST_HEIGHT = 0.5, 0.3
"""Of a box around a click that nothing else decides, and of any around a click on no plain ground."""

Mask = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture. Its edges are shares of the width and the height, from the left and from the top.

    Raises QueryError for a box that has no area or leaves the picture.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        numbers = all(isinstance(edge, Real) and not isinstance(edge, bool) for edge in astuple(self))
        if not (numbers and 0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise QueryError(
                "A box is left, top, right and bottom as shares of the picture, 0 ≤ left < right ≤ 1 and"
                f" 0 ≤ top < bottom ≤ 1; got {astuple(self)!r:.200}."
            )

    @property
    def area(self) -> float:
        """As a share of the picture."""
        return (self.right - self.left) * (self.bottom - self.top)

    def holds(self, x: float, y: float) -> bool:
        """Whether this point lies in it."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def overlap(self, other: Box) -> float:
        """The area that both share."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0) * max(height, 0)

    def union(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def pixels(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in a picture of this width and height: every pixel that it touches."""
        (width, height), slack = size, 1e-6
        left, top = floor(self.left * width + slack), floor(self.top * height + slack)
        return left, top, ceil(self.right * width - slack), ceil(self.bottom * height - slack)


class Region(NamedTuple):
    """Something that stands out: its pixels of the small copy, and the box around them."""

    area: int
    box: Box


def automatic(picture: Image.Image) -> Box | None:
    """Where the product of an upright picture is, with the margin of a shop's picture.

    None where the ground is not plain, or the product already fills the picture.
    """
    small = _small(picture)
    regions = _products(small)
    if not regions:
        return None
    box = _framed(reduce(Box.union, (region.box for region in regions)), small.size)
    return box if box.area <= MOST_OF_PICTURE else None


def items(picture: Image.Image) -> list[Box]:
    """Boxes around the products of an upright picture on a plain ground, the largest first; none where it is not."""
    small = _small(picture)
    boxes = [region.box for region in _apart(_products(small))]
    return [_framed_apart(box, [other for other in boxes if other is not box], small.size) for box in boxes]


def around(picture: Image.Image, x: float, y: float) -> Box:
    """The box that a click at these shares of an upright picture's width and height means.

    That of the product under it on a plain ground; else around the patch of colour there, as far as it has an edge;
    else a part of the picture centred there. Raises QueryError for a point outside the picture.
    """
    if not (isinstance(x, Real) and isinstance(y, Real) and 0 <= x <= 1 and 0 <= y <= 1):
        raise QueryError(f"A point is x and y as shares of the picture, from 0 to 1; got {x!r:.50} and {y!r:.50}.")
    small = _small(picture)
    products = _apart(_products(small))
    boxes = [region.box for region in products]
    under = [box for box in boxes if _reaching(box).holds(x, y)]
    if under:
        meant = min(under, key=lambda box: (not box.holds(x, y), box.area))
        return _framed_apart(meant, [box for box in boxes if box is not meant], small.size)
    grown = None if products else _grown(_pixels(small), x, y)
    return _framed(grown or _point(x, y), small.size, LEAST_HEIGHT if grown else CLICKED_HEIGHT)


def crop(picture: Image.Image, box: Box) -> Image.Image:
    """The part of the picture in the box, every pixel that it touches."""
    return picture.crop(box.pixels(picture.size))


def _small(picture: Image.Image) -> Image.Image:
    rgb = picture if picture.mode == "RGB" else decode(picture)
    scale = min(1, SIDE / max(rgb.size))
    size = (max(1, round(rgb.width * scale)), max(1, round(rgb.height * scale)))
    return rgb if size == rgb.size else rgb.resize(size, Image.Resampling.BOX, reducing_gap=1)


def _pixels(small: Image.Image) -> Pixels:
    """Channels first: [3, height, width]."""
    return np.asarray(small).transpose(2, 0, 1).astype(np.float32, order="C")


def _framed(box: Box, size: tuple[int, int], least_height: float = 0, growth: float = 1) -> Box:
    """The box with its margins, and as much more as gives it the aspect of a shop's picture, within this one.

    A `growth` of less than 1 gives that share of what comes to it.
    """
    aspect = ASPECT * size[1] / size[0]
    width, height = box.right - box.left, box.bottom - box.top
    full_width, full_height = width / (1 - 2 * SIDE_MARGIN), max(height / (1 - 2 * END_MARGIN), least_height)
    full_width = max(full_width, full_height * aspect)
    full_height = max(full_height, full_width / aspect)
    left, right = _extended(box.left, box.right, width + growth * (full_width - width))
    top, bottom = _extended(box.top, box.bottom, height + growth * (full_height - height))
    return Box(left, top, right, bottom)


def _extended(start: float, end: float, length: float) -> tuple[float, float]:
    """A stretch of this length about the middle of a shorter one, moved to lie within 0 … 1."""
    length = min(length, 1)
    start = min(max((start + end - length) / 2, 0), 1 - length)
    return start, min(start + length, 1)


def _framed_apart(box: Box, others: list[Box], size: tuple[int, int]) -> Box:
    """As `_framed`, but no larger than leaves the others out."""
    frames = (_framed(box, size, growth=growth) for growth in (1, 0.75, 0.5, 0.25))
    return next((frame for frame in frames if not any(map(frame.overlap, others))), box)


def _reaching(box: Box) -> Box:
    return Box(max(box.left - REACH, 0), max(box.top - REACH, 0), min(box.right + REACH, 1), min(box.bottom + REACH, 1))


def _point(x: float, y: float) -> Box:
    tiny = 1e-6
    return Box(max(x - tiny, 0), max(y - tiny, 0), min(x + tiny, 1), min(y + tiny, 1))


def _products(small: Image.Image) -> list[Region]:
    """What stands on the ground, without specks, the largest first; nothing where the ground is not plain."""
    other = _off_ground(_pixels(small))
    if other is None or not other.any():
        return []
    gap = 2 * max(1, round(0.0125 * max(small.size))) + 1
    joined = np.asarray(Image.fromarray(other).convert("L").filter(ImageFilter.MaxFilter(gap))) > 0
    regions = sorted(_regions(np.where(other, _labels(joined), 0)), key=lambda region: -region.area)
    least = max(LEAST_OF_ALL, LEAST_OF_LARGEST * regions[0].area)
    return [region for region in regions if region.area >= least]


def _apart(regions: list[Region]) -> list[Region]:
    """The regions, those whose boxes cover each other by half made one, the largest first."""
    separate: list[Region] = []
    for region in regions:
        for other in [one for one in separate if _covers(one.box, region.box)]:
            separate.remove(other)
            region = Region(region.area + other.area, region.box.union(other.box))
        separate.append(region)
    return sorted(separate, key=lambda region: -region.area) if len(separate) == len(regions) else _apart(separate)


def _covers(box: Box, other: Box) -> bool:
    return box.overlap(other) > 0.5 * min(box.area, other.area)


def _off_ground(pixels: Pixels) -> Mask | None:
    """The pixels [3, height, width] that are not ground; None where it is not plain."""
    _, height, width = pixels.shape
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)
    terms = np.stack(np.broadcast_arrays(np.float32(1), x, y, x * y, x * x, y * y, (x * x + y * y) ** 2))
    depth = max(1, round(BORDER * max(height, width)))
    border = np.ones((height, width), dtype=bool)
    border[depth:-depth, depth:-depth] = False

    level = np.median(pixels[:, border], axis=1)[:, None, None]
    inlying = border & (_difference(pixels, level) <= FIRST_TOLERANCE)
    for count in (3, 6, 7, 7):
        if inlying[border].mean() < LEAST_GROUND:
            return None
        ground = level + _surface(terms[:count], pixels - level, inlying)
        residuals = _difference(pixels, ground)
        noise = 1.4826 * float(np.median(residuals[inlying & border]))
        tolerance = max(FAINTEST, NOISE_FACTOR * noise)
        inlying = residuals <= tolerance
    off = ~inlying & ~_shadow(pixels, ground, tolerance)
    return off if noise <= ROUGHEST and off[border].mean() <= 1 - LEAST_GROUND else None


def _difference(pixels: Pixels, other: Pixels) -> Pixels:
    return np.abs(pixels - other).max(axis=0)


def _surface(terms: Pixels, values: Pixels, where: Mask) -> Pixels:
    """The least squares fit of the terms to the values there, with a little weight against what those leave open.

    Every fourth pixel is enough for so few terms.
    """
    some = where[::2, ::2]
    known, wanted = terms[:, ::2, ::2][:, some], values[:, ::2, ::2][:, some]
    ridge = (1 + 1e-3 * known.shape[1]) * np.eye(len(terms), dtype=np.float32)
    return np.tensordot(np.linalg.solve(known @ known.T + ridge, known @ wanted.T), terms, (0, 0))


def _shadow(pixels: Pixels, ground: Pixels, tolerance: float) -> Mask:
    """The pixels that are the ground in less light, and change slowly."""
    grey, light = pixels.mean(axis=0), pixels.sum(axis=0) / np.maximum(ground.sum(axis=0), 1)
    down, across = (np.abs(np.diff(grey, axis=axis)) > STEEPEST_SHADOW for axis in (0, 1))
    steep = np.zeros(grey.shape, dtype=bool)
    steep[1:] |= down
    steep[:-1] |= down
    steep[:, 1:] |= across
    steep[:, :-1] |= across
    return ~steep & (light >= DARKEST_SHADOW) & (light < 1) & (_difference(pixels, ground * light) <= tolerance / 2)


def _grown(pixels: Pixels, x: float, y: float) -> Box | None:
    """The box of the patch of like colour around a point; None where it is tiny or more than half of the picture.

    Of the patches of growing tolerance, that which grows least with it: a region that is maximally stable (Matas et al.
    2002, "Robust wide baseline stereo from maximally stable extremal regions").
    """
    _, height, width = pixels.shape
    row, column = min(int(y * height), height - 1), min(int(x * width), width - 1)
    patch = pixels[:, max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
    distance = _difference(pixels, np.median(patch, axis=(1, 2), keepdims=True))
    distance[row, column] = 0
    patches = [_region_at(distance <= tolerance, row, column) for tolerance in TOLERANCES]
    growths = [
        (larger.area / patch.area, patch.box)
        for patch, larger in pairwise(patches)
        if patch.area >= LEAST_GROWN * distance.size and patch.box.area <= MOST_GROWN
    ]
    return min(growths, key=lambda growth: growth[0])[1] if growths else None


def _region_at(mask: Mask, row: int, column: int) -> Region:
    labels = _labels(mask)
    return _regions(np.where(labels == labels[row, column], labels, 0))[0]


def _labels(mask: Mask) -> Labels:
    """A number from 1 for each connected region of the mask, diagonals included; 0 elsewhere.

    By runs: those of neighbouring rows that touch are joined, and the lowest number spreads through what is joined.
    """
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    stride = mask.shape[1] + 2
    below = (rows + 1) * stride
    first = np.searchsorted(rows * stride + ends, below + starts, side="left")
    touching = np.searchsorted(rows * stride + starts, below + ends, side="right") - first
    upper = np.repeat(np.arange(len(rows)), touching)
    lower = np.arange(len(upper)) - np.repeat(np.cumsum(touching) - touching - first, touching)

    lowest = np.arange(len(rows))
    while (lowest[upper] != lowest[lower]).any():
        both = np.minimum(lowest[upper], lowest[lower])
        spread = lowest.copy()
        np.minimum.at(spread, lowest[upper], both)
        np.minimum.at(spread, lowest[lower], both)
        while (spread != spread[spread]).any():
            spread = spread[spread]
        lowest = spread
    labels = np.zeros(mask.shape, dtype=np.int64)
    labels[mask] = np.repeat(np.unique(lowest, return_inverse=True)[1] + 1, ends - starts)
    return labels


def _regions(labels: Labels) -> list[Region]:
    """The area and the box of each label but 0."""
    height, width = labels.shape
    rows, columns = np.nonzero(labels)
    names, which = np.unique(labels[rows, columns], return_inverse=True)
    areas = np.bincount(which)
    low, high = np.full((2, len(names)), max(labels.shape)), np.zeros((2, len(names)), dtype=np.int64)
    for axis, places in enumerate((columns, rows)):
        np.minimum.at(low[axis], which, places)
        np.maximum.at(high[axis], which, places + 1)
    boxes = (
        Box(left / width, top / height, right / width, bottom / height)
        for left, top, right, bottom in zip(*low.tolist(), *high.tolist(), strict=True)
    )
    return [Region(area, box) for area, box in zip(areas.tolist(), boxes, strict=True)]
