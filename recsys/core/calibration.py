"""Calibrates the cosines of an index: the confidence of a match, and the threshold under which nothing is close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from recsys.types import Vectors

FALSE_REJECTION_RATE = 0.035
"""The share of product pictures for which the threshold wrongly says that nothing is close."""
MISSING_KIND = 0.15
"""Nothing is close to a picture whose kind the gallery has with a lower probability than this."""
MISSING_KIND_RATE = 0.005
"""The share of product pictures that this may reject. Where it would reject more, a lower probability is used."""
AVERAGED_MATCHES = 5
"""The threshold applies to the mean cosine of this many best matches."""
MIN_QUERIES = 20
MAX_KNOTS = 40
ERROR_BINS = 15
"""The bins of the expected calibration error."""
CURVES = (("similarity", "confidence"), ("product_similarity", "product_chance"))
"""The fields that make a curve: ascending values, and what each stands for."""

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """The calibration of one index.

    A match with cosine `similarity[i]` has the query's value of `attribute` with probability `confidence[i]`, which is
    interpolated linearly in between. Both are empty, and `attribute` is None, for a catalogue without an
    attribute for the kind of product. Nothing is close where the mean cosine of the `nearest` best matches is under
    `threshold`, or where the probability that the gallery has the kind of the query is under `least_coverage`. The two
    reject a share `refused` of the pictures of products. The calibration was fitted to `queries` products that were not
    in the gallery. The nearest product, with cosine `product_similarity[i]`, is the very product in the picture with
    probability `product_chance[i]`, in the same way; both are empty where that was not fitted.
    """

    attribute: str | None
    similarity: tuple[float, ...]
    confidence: tuple[float, ...]
    threshold: float
    refused: float
    queries: int
    nearest: int = 1
    least_coverage: float = 0.0
    product_similarity: tuple[float, ...] = ()
    product_chance: tuple[float, ...] = ()

    @classmethod
    def fit(
        cls, cosines: Vectors, alike: Flags | None, attribute: str | None, coverage: Vectors | None = None
    ) -> Self | None:
        """Fit to the cosines of the matches of queries [n, k], best first.

        `alike` [n, k] says whether each match has the query's value of `attribute`; None where that is not known.
        `coverage` [n] is the probability that the gallery has the kind of each query; None without a head for it.
        Returns None for fewer than 20 queries.
        """
        if len(cosines) < MIN_QUERIES:
            return None
        coverage = np.ones(len(cosines), np.float32) if coverage is None else coverage
        threshold = round(float(np.quantile(cosines[:, :AVERAGED_MATCHES].mean(1), FALSE_REJECTION_RATE)), 5)
        least_coverage = round(min(MISSING_KIND, float(np.quantile(coverage, MISSING_KIND_RATE))), 5)
        knots: tuple[Numbers, Numbers] = (np.empty(0), np.empty(0))
        if alike is not None:
            knots = thinned(*isotonic(cosines.ravel(), alike.ravel()))
        found = cls(
            attribute=attribute if alike is not None else None,
            similarity=tuple(round(float(cosine), 5) for cosine in knots[0]),
            confidence=tuple(round(float(share), 5) for share in knots[1]),
            threshold=threshold,
            refused=0.0,
            queries=len(cosines),
            nearest=AVERAGED_MATCHES,
            least_coverage=least_coverage,
        )
        return replace(found, refused=round(float(found.rejects(cosines, coverage).mean()), 5))

    def confidence_at(self, similarity: float) -> float | None:
        """The confidence of a match with this cosine; None where no confidence was fitted."""
        return float(np.interp(similarity, self.similarity, self.confidence)) if self.similarity else None

    def product_chance_at(self, similarity: float) -> float | None:
        """The chance that a nearest product with this cosine is the very product in the picture; None if unknown."""
        found = self.product_similarity
        return float(np.interp(similarity, found, self.product_chance)) if found else None

    def closeness(self, cosines: Vectors) -> Vectors:
        """The mean cosine of the best matches of queries, which the threshold applies to: [n, k], best first → [n].

        The best match alone would not do: a catalogue may contain a few pictures without a product, which are close to
        every picture without a product.
        """
        return np.asarray(cosines[:, : self.nearest].mean(1))

    def rejects(self, cosines: Vectors, coverage: Vectors) -> Flags:
        """Whether nothing is close to each query: cosines of its matches [n, k], best first, and coverage [n]."""
        return np.asarray((self.closeness(cosines) < self.threshold) | (coverage < self.least_coverage))

    def is_close(self, cosines: Sequence[float], coverage: float = 1.0) -> bool:
        """Whether a query whose matches have these cosines, best first, has a close match.

        `coverage` is the probability that the gallery has the kind of the query.
        """
        return not self.rejects(np.array([cosines], np.float32), np.array([coverage], np.float32))[0]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `asdict`. Raises TypeError or ValueError for anything that is not a valid calibration."""
        read = cls(**data)
        points: dict[str, Any] = {name: tuple(map(float, getattr(read, name))) for curve in CURVES for name in curve}
        found = replace(read, **points)
        curves = [[list(getattr(found, name)) for name in names] for names in CURVES]
        rising = all(len(x) == len(y) and x == sorted(x) and y == sorted(y) for x, y in curves)
        cosines = (*found.similarity, *found.product_similarity, found.threshold)
        within = all(-1.001 <= cosine <= 1.001 for cosine in cosines)
        probabilities = (*found.confidence, *found.product_chance, found.refused, found.least_coverage)
        shares = all(0 <= share <= 1 for share in probabilities)
        named = isinstance(found.attribute, str) if found.similarity else found.attribute is None
        counts = type(found.queries) is int and type(found.nearest) is int and found.nearest > 0
        if not (rising and within and shares and named and counts):
            raise ValueError("its calibration is not an increasing curve from cosines to probabilities")
        return found


def isotonic(values: Numbers | Vectors, hits: Flags) -> tuple[Numbers, Numbers]:
    """Isotonic regression of `hits` on `values` by pooling adjacent violators (Ayer et al. 1955).

    Returns the mean value and the share of hits of each pool.
    """
    order = np.lexsort((~hits, values))  # hits first among equal values, so that these become one pool
    pools: list[list[float]] = []
    for value, hit in zip(values[order].astype(float), hits[order].astype(float), strict=True):
        pools.append([1.0, value, hit])
        while len(pools) > 1 and pools[-2][2] * pools[-1][0] >= pools[-1][2] * pools[-2][0]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last, strict=True)]
    count, value, hit = np.array(pools).T
    return value / count, hit / count


def thinned(values: Numbers, shares: Numbers) -> tuple[Numbers, Numbers]:
    """At most `MAX_KNOTS` of the knots, evenly spaced along the curve."""
    kept = np.unique(np.linspace(0, len(values) - 1, MAX_KNOTS).round().astype(int))
    return values[kept], shares[kept]


def expected_calibration_error(confidences: Numbers, hits: Flags) -> float:
    """The mean gap between confidence and share of hits, over bins of equal size (Nguyen & O'Connor 2015)."""
    order = np.argsort(confidences, kind="stable")
    bins = np.array_split(order, ERROR_BINS)
    gaps = [abs(confidences[rows].mean() - hits[rows].mean()) * len(rows) for rows in bins if len(rows)]
    return float(sum(gaps) / len(confidences))
