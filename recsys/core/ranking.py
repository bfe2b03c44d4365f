"""Metrics of rankings and classifications, as functions on arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from recsys.types import Vectors

TIE_TOLERANCE = 1e-6
"""Cosines that differ by less are equal."""


def recall_at_k(found: Vectors, exact: Vectors) -> float:
    """The share of the found neighbours that are at least as close as the k-th exact one: cosines [n, k] and [n, k].

    It compares distances and not rows, as ann-benchmarks does (Aumüller et al. 2020), so that either of two equal
    products is correct.
    """
    return float((found >= exact[:, -1:] - TIE_TOLERANCE).mean())


def interval(values: npt.NDArray[np.float64], resamples: int = 1000, seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean of `values` [n] (Efron 1979)."""
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(len(values), size=len(values))].mean() for _ in range(resamples)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    @classmethod
    def from_values(cls, values: npt.NDArray[np.generic]) -> Self:
        """The mean of `values` [n], with n at least 1."""
        numbers = values.astype(np.float64)
        return cls(float(numbers.mean()), *interval(numbers))

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} – {self.high:.3f})"


def average_precision_at_k(alike: npt.NDArray[np.bool_], relevant: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """The average precision of each ranking: whether its k matches are relevant, best first, [n, k] → [n].

    `relevant` [n] is the number of relevant products in the gallery; the result is 0 where there are none. The
    precisions at the ranks of relevant matches are averaged over min(relevant, k) (Buckley & Voorhees 2000).
    """
    places = alike.shape[1]
    precisions = alike.cumsum(1) / np.arange(1, places + 1)
    return np.asarray((precisions * alike).sum(1) / relevant.clip(1, places))


def random_average_precision(relevant: npt.NDArray[np.integer], size: int, k: int) -> npt.NDArray[np.float64]:
    """The expected `average_precision_at_k` of k matches drawn at random from `size` products: [n] → [n]."""
    ranks = np.arange(1, k + 1)
    first, second = relevant[:, None] / size, (relevant[:, None] - 1) / max(1, size - 1)
    expected: npt.NDArray[np.float64] = (first * (1 + (ranks - 1) * second) / ranks).sum(1)
    return expected / relevant.clip(1, k)


def confusion(
    predicted: npt.NDArray[np.integer], truth: npt.NDArray[np.integer], classes: int
) -> npt.NDArray[np.int64]:
    """How often true class i is predicted as j: [classes, classes]. Rows with a negative `truth` are ignored."""
    known = truth >= 0
    pairs = truth[known] * classes + predicted[known]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def f1_scores(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The F1 score of each class of a confusion matrix; NaN for a class that neither occurs nor is predicted."""
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * counts.diagonal() / (counts.sum(0) + counts.sum(1)))


def macro_f1(counts: npt.NDArray[np.int64]) -> float:
    """The mean F1 score of the classes that occur."""
    return float(f1_scores(counts)[counts.sum(1) > 0].mean())


def weighted_f1(counts: npt.NDArray[np.int64]) -> float:
    """The mean F1 score of the classes that occur, weighted by their frequency."""
    occur = counts.sum(1)
    return float(np.average(f1_scores(counts)[occur > 0], weights=occur[occur > 0]))
