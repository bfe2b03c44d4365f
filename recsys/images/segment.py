"""Finds the products of a picture: the regions that stand out from a plain background.

The background is a smooth surface of colour, fitted to the border of the picture. So white, any other colour, uneven
light and noise all count as plain; a room or a street does not. A copy of the picture of at most 160 px is segmented.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys.images.box import Box
from recsys.images.decode import decode

MAX_SIDE_PX = 160

BORDER_DEPTH = 0.03
"""The depth of the border, as a share of the longer side."""
MIN_BACKGROUND_SHARE = 0.6
"""The share of the border that has to be background."""
INITIAL_TOLERANCE = 40.0
"""The largest difference from the median of the border, in levels of 256, of what is first taken for background."""
MIN_TOLERANCE = 8.0
NOISE_TOLERANCE = 4.0
"""The tolerance around the fitted background is this multiple of its noise, and at least `MIN_TOLERANCE` levels."""
MAX_NOISE = 8.0
"""The largest noise of a plain background, in levels: the standard deviation of the differences from the fit."""
MIN_SHADOW_LIGHT = 0.75
"""A pixel in the shadow has at least this share of the light of the background."""
MAX_SHADOW_STEP = 3.0
"""The largest difference between neighbouring pixels of a shadow, in levels."""

MIN_REGION_PIXELS = 4
MIN_SHARE_OF_LARGEST = 0.02
"""Smaller regions are specks: this is a share of the area of the largest region."""
MAX_GAP = 0.0125
"""Parts of a product at most this far apart, as a share of the longer side, are one region."""
SAME_PRODUCT_OVERLAP = 0.5
"""Regions whose boxes overlap by more than this share of the smaller box are one product."""

PATCH_TOLERANCES = (10, 14, 20, 28, 40, 56)
"""The differences from the colour at a point, in levels, that a patch of colour is grown by."""
MIN_PATCH_SHARE = 0.01
MAX_PATCH_SHARE = 0.5
"""The smallest and the largest patch of colour, as a share of the picture."""

Mask = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


class Region(NamedTuple):
    """A connected region that stands out: its area in pixels of the copy, and the box around it."""

    area: int
    box: Box


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The regions of a picture that stand out from a plain background.

    `pixels` is the copy that was segmented, float32 [3, height, width]. `regions` are those larger than a speck, the
    largest first; none where the background is not plain.
    """

    pixels: Pixels
    regions: tuple[Region, ...]

    @classmethod
    def from_picture(cls, picture: Image.Image) -> Segmentation:
        """Segment an upright picture of any mode."""
        pixels = _small_pixels(picture)
        return cls(pixels, tuple(_regions_of(pixels)))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the copy that was segmented."""
        return self.pixels.shape[2], self.pixels.shape[1]

    @property
    def products(self) -> tuple[Region, ...]:
        """The regions, with those joined that are parts of one product, the largest first."""
        return tuple(_joined(list(self.regions)))

    def patch_at(self, x: float, y: float) -> Box | None:
        """The box around the patch of similar colour at a point; None for a tiny or a huge patch.

        `x` and `y` are shares of the picture's width and height. Of the patches of increasing tolerance, the one that
        grows least with the next is taken: a maximally stable region (Matas et al. 2002, "Robust wide baseline stereo
        from maximally stable extremal regions").
        """
        width, height = self.size
        row, column = min(int(y * height), height - 1), min(int(x * width), width - 1)
        patch = self.pixels[:, max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
        distance = _difference(self.pixels, np.median(patch, axis=(1, 2), keepdims=True))
        distance[row, column] = 0
        patches = [_region_at(distance <= tolerance, row, column) for tolerance in PATCH_TOLERANCES]
        growths = [
            (larger.area / patch.area, patch.box)
            for patch, larger in pairwise(patches)
            if patch.area >= MIN_PATCH_SHARE * distance.size and patch.box.area <= MAX_PATCH_SHARE
        ]
        return min(growths, key=lambda growth: growth[0])[1] if growths else None


def _small_pixels(picture: Image.Image) -> Pixels:
    rgb = picture if picture.mode == "RGB" else decode(picture)
    scale = min(1, MAX_SIDE_PX / max(rgb.size))
    size = (max(1, round(rgb.width * scale)), max(1, round(rgb.height * scale)))
    small = rgb if size == rgb.size else rgb.resize(size, Image.Resampling.BOX, reducing_gap=1)
    return np.asarray(small).transpose(2, 0, 1).astype(np.float32, order="C")


def _regions_of(pixels: Pixels) -> list[Region]:
    """The regions on a plain background, without specks, the largest first."""
    foreground = _foreground(pixels)
    if foreground is None or not foreground.any():
        return []
    closed = _grown(foreground, max(1, round(MAX_GAP * max(foreground.shape))))
    regions = sorted(_regions(np.where(foreground, _labels(closed), 0)), key=lambda region: -region.area)
    min_area = max(MIN_REGION_PIXELS, MIN_SHARE_OF_LARGEST * regions[0].area)
    return [region for region in regions if region.area >= min_area]


def _joined(regions: list[Region]) -> list[Region]:
    """The regions with those joined whose boxes overlap, the largest first."""
    separate: list[Region] = []
    for region in regions:
        for other in [one for one in separate if _is_same_product(one.box, region.box)]:
            separate.remove(other)
            region = Region(region.area + other.area, region.box.union(other.box))
        separate.append(region)
    return sorted(separate, key=lambda region: -region.area) if len(separate) == len(regions) else _joined(separate)


def _is_same_product(box: Box, other: Box) -> bool:
    return box.overlap(other) > SAME_PRODUCT_OVERLAP * min(box.area, other.area)


def _foreground(pixels: Pixels) -> Mask | None:
    """The pixels that are not background, bool [height, width]; None where the background is not plain."""
    _, height, width = pixels.shape
    terms = _terms(height, width)
    depth = max(1, round(BORDER_DEPTH * max(height, width)))
    border = np.ones((height, width), dtype=bool)
    border[depth:-depth, depth:-depth] = False

    level = np.median(pixels[:, border], axis=1)[:, None, None]
    inlying = border & (_difference(pixels, level) <= INITIAL_TOLERANCE)
    for count in (3, 6, 7, 7):
        if inlying[border].mean() < MIN_BACKGROUND_SHARE:
            return None
        background = level + _surface(terms[:count], pixels - level, inlying)
        residuals = _difference(pixels, background)
        noise = 1.4826 * float(np.median(residuals[inlying & border]))
        tolerance = max(MIN_TOLERANCE, NOISE_TOLERANCE * noise)
        inlying = residuals <= tolerance
    foreground = ~inlying & ~_shadow(pixels, background, tolerance)
    return foreground if noise <= MAX_NOISE and foreground[border].mean() <= 1 - MIN_BACKGROUND_SHARE else None


@lru_cache(maxsize=8)
def _terms(height: int, width: int) -> Pixels:
    """The terms of the background's surface at each pixel, float32 [7, height, width]."""
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)
    return np.stack(np.broadcast_arrays(np.float32(1), x, y, x * y, x * x, y * y, (x * x + y * y) ** 2))


def _grown(mask: Mask, by: int) -> Mask:
    """The pixels of the mask and those at most `by` rows and columns from one."""
    for _ in range(by):
        rows = mask.copy()
        rows[1:] |= mask[:-1]
        rows[:-1] |= mask[1:]
        mask = rows.copy()
        mask[:, 1:] |= rows[:, :-1]
        mask[:, :-1] |= rows[:, 1:]
    return mask


def _difference(pixels: Pixels, other: Pixels) -> Pixels:
    return np.abs(pixels - other).max(axis=0)


def _surface(terms: Pixels, values: Pixels, where: Mask) -> Pixels:
    """The least squares fit of the terms [n, height, width] to the values in the mask, with a small ridge penalty.

    It uses every fourth pixel, which is enough for the few terms.
    """
    some = where[::2, ::2]
    known, wanted = terms[:, ::2, ::2][:, some], values[:, ::2, ::2][:, some]
    ridge = (1 + 1e-3 * known.shape[1]) * np.eye(len(terms), dtype=np.float32)
    return np.tensordot(np.linalg.solve(known @ known.T + ridge, known @ wanted.T), terms, (0, 0))


def _shadow(pixels: Pixels, background: Pixels, tolerance: float) -> Mask:
    """The pixels that have the colour of the background in less light, and change slowly."""
    grey, light = pixels.mean(axis=0), pixels.sum(axis=0) / np.maximum(background.sum(axis=0), 1)
    down, across = (np.abs(np.diff(grey, axis=axis)) > MAX_SHADOW_STEP for axis in (0, 1))
    steep = np.zeros(grey.shape, dtype=bool)
    steep[1:] |= down
    steep[:-1] |= down
    steep[:, 1:] |= across
    steep[:, :-1] |= across
    return (
        ~steep & (light >= MIN_SHADOW_LIGHT) & (light < 1) & (_difference(pixels, background * light) <= tolerance / 2)
    )


def _region_at(mask: Mask, row: int, column: int) -> Region:
    labels = _labels(mask)
    return _regions(np.where(labels == labels[row, column], labels, 0))[0]


def _labels(mask: Mask) -> Labels:
    """Numbers the connected regions of the mask from 1, diagonal neighbours included; 0 is outside of the mask.

    It works on runs of pixels. Touching runs of neighbouring rows belong together, and the lowest number of a run
    spreads through all runs that belong together.
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
    """The area and the box of each label except 0."""
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
