"""What a cosine means in a catalogue: how likely a match is of the query's kind, and when nothing is close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from recsys.types import Vectors

FALSE_REFUSALS = 0.045
NEAREST = 5
FEWEST_QUERIES = 20
MOST_KNOTS = 40
BINS = 15

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """How to read the cosines of one index.

    A match of cosine `similarity[i]` is of the query's `attribute` with probability `confidence[i]`, linear in between;
    both are empty, and `attribute` None, for a catalogue that does not say what kind of thing a product is. Where
    the mean of the `nearest` best matches lies under `threshold`, nothing is close: that is said of a share `refused`
    of the products themselves. Measured on `queries` products that were no part of the gallery.
    """

    attribute: str | None
    similarity: tuple[float, ...]
    confidence: tuple[float, ...]
    threshold: float
    refused: float
    queries: int
    nearest: int = 1

    @classmethod
    def fit(cls, cosines: Vectors, alike: Flags | None, attribute: str | None) -> Self | None:
        """From the cosines of the matches of queries, [n, k], best first, and whether each is of the query's kind.

        `alike` is None where that is not known. Returns None for fewer than 20 queries.
        """
        if len(cosines) < FEWEST_QUERIES:
            return None
        threshold = float(np.quantile(cosines[:, :NEAREST].mean(1), FALSE_REFUSALS))
        knots: tuple[Numbers, Numbers] = (np.empty(0), np.empty(0))
        if alike is not None:
            knots = _thinned(*isotonic(cosines.ravel(), alike.ravel()))
        return cls(
            attribute=attribute if alike is not None else None,
            similarity=tuple(round(float(cosine), 5) for cosine in knots[0]),
            confidence=tuple(round(float(share), 5) for share in knots[1]),
            threshold=round(threshold, 5),
            refused=FALSE_REFUSALS,
            queries=len(cosines),
            nearest=NEAREST,
        )

    def confidence_at(self, similarity: float) -> float | None:
        """The confidence of a match with this cosine; None where the catalogue does not say what things are."""
        return float(np.interp(similarity, self.similarity, self.confidence)) if self.similarity else None

    def closeness(self, cosines: Vectors) -> Vectors:
        """What the threshold is for: the mean of the best matches of queries, [n, k], best first → [n].

        Not the best alone, since a catalogue has a picture or two of no product, and all that is none is next to those.
        """
        return np.asarray(cosines[:, : self.nearest].mean(1))

    def is_close(self, cosines: Sequence[float]) -> bool:
        """Whether a query with these matches, best first, has something close."""
        return bool(self.closeness(np.array([cosines]))[0] >= self.threshold)

    def to_json(self) -> dict[str, Any]:
        """A dict that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`. Raises TypeError or ValueError for what is no calibration."""
        read = cls(**data)
        found = replace(
            read, similarity=tuple(map(float, read.similarity)), confidence=tuple(map(float, read.confidence))
        )
        curves = (found.similarity, found.confidence)
        rising = len(curves[0]) == len(curves[1]) and all(list(curve) == sorted(curve) for curve in curves)
        within = all(-1.001 <= cosine <= 1.001 for cosine in (*found.similarity, found.threshold))
        shares = all(0 <= share <= 1 for share in (*found.confidence, found.refused))
        named = isinstance(found.attribute, str) if found.similarity else found.attribute is None
        counts = type(found.queries) is int and type(found.nearest) is int and found.nearest > 0
        if not (rising and within and shares and named and counts):
            raise ValueError("its calibration is no rising curve from cosines to probabilities")
        return found


def isotonic(values: Numbers | Vectors, hits: Flags) -> tuple[Numbers, Numbers]:
    """The rising curve nearest to `hits` over `values`, by pooling adjacent violators (Ayer et al. 1955).

    Returns, a pool, the mean value and the share of hits.
    """
    order = np.lexsort((~hits, values))  # of equal values the hits first, so that they become one pool
    pools: list[list[float]] = []
    for value, hit in zip(values[order].astype(float), hits[order].astype(float), strict=True):
        pools.append([1.0, value, hit])
        while len(pools) > 1 and pools[-2][2] * pools[-1][0] >= pools[-1][2] * pools[-2][0]:
            last = pools.pop()
            pools[-1] = [ours + theirs for ours, theirs in zip(pools[-1], last, strict=True)]
    count, value, hit = np.array(pools).T
    return value / count, hit / count


def _thinned(values: Numbers, shares: Numbers) -> tuple[Numbers, Numbers]:
    """At most MOST_KNOTS of the knots, evenly over the curve."""
    kept = np.unique(np.linspace(0, len(values) - 1, MOST_KNOTS).round().astype(int))
    return values[kept], shares[kept]


def expected_calibration_error(confidences: Numbers, hits: Flags) -> float:
    """The mean gap between confidence and share of hits over bins of equal count (Nguyen & O'Connor 2015)."""
    order = np.argsort(confidences, kind="stable")
    bins = np.array_split(order, BINS)
    gaps = [abs(confidences[rows].mean() - hits[rows].mean()) * len(rows) for rows in bins if len(rows)]
    return float(sum(gaps) / len(confidences))
