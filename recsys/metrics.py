"""How good neighbours are: pure functions on arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recsys.types import Vectors

TIE = 1e-6


def precision_at_k(neighbours: npt.NDArray[np.generic], queries: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """The share of each query's neighbours that have its label: labels [n, k] against [n] → [n]."""
    return np.asarray((neighbours == queries[:, None]).mean(1))


def recall_at_k(found: Vectors, exact: Vectors) -> float:
    """The share of the found neighbours that are as near as the k-th exact one: cosines [n, k] against [n, k].

    By distance, not by row, as ann-benchmarks counts (Aumüller et al. 2020): of two equal products either is right.
    """
    return float((found >= exact[:, -1:] - TIE).mean())


def interval(values: npt.NDArray[np.float64], resamples: int = 1000, seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean (Efron 1979)."""
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(len(values), size=len(values))].mean() for _ in range(resamples)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
