"""Says when the part of a picture that a scan found is close to a product: the block `crops` of index.json."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from recsys.types import Vectors

FALSE_POSITIVE_RATE = 0.01
"""The share of the drawn pictures without a product in which the scan finds a close part."""
PHOTO_MARGIN = 0.015
"""Added to the threshold, because the parts of photographs resemble products more than those of drawn pictures do."""
SIZE_WEIGHT = 0.05
"""How much the logarithm of a part's size adds to its score: a small part resembles some product more easily."""


@dataclass(frozen=True)
class CropCalibration:
    """The threshold for the score of the best part of a picture.

    A share `wrong` of `pictures` drawn pictures without a product come within the margin of `threshold` or above it.
    """

    threshold: float
    wrong: float
    pictures: int

    @classmethod
    def fit(cls, scores: Vectors) -> Self:
        """Fit to the scores [n] of the best parts of pictures without a product."""
        threshold = float(np.quantile(scores, 1 - FALSE_POSITIVE_RATE)) + PHOTO_MARGIN
        return cls(round(threshold, 5), FALSE_POSITIVE_RATE, len(scores))

    def is_close(self, closeness: float, size: float) -> bool:
        """Whether a part of this size and closeness is close, see `part_score`."""
        return part_score(closeness, size) >= self.threshold

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `asdict`. Raises TypeError or ValueError for anything that is not a valid calibration."""
        found = cls(float(data["threshold"]), float(data["wrong"]), data["pictures"])
        if not (-2 <= found.threshold <= 1.001 and 0 <= found.wrong <= 1 and type(found.pictures) is int):
            raise ValueError("its crops have no threshold for a similarity")
        return found


def part_score(closeness: float, size: float) -> float:
    """The score of a part, whose `size` is its height as a share of the largest part of a shop's proportions."""
    return closeness + SIZE_WEIGHT * math.log(size)
