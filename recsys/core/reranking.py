"""Re-ranks the nearest products of a query by how likely each has the attribute values of the query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from recsys.core.columns import Column
from recsys.types import ImageEncoder, Rows, Vectors

RERANKED = 100
"""How many of the nearest products are re-ranked."""
VOTE_SHARPNESS = 10.0
"""A neighbour's vote weighs exp(10 · cosine)."""
MAX_WEIGHT = 10.0

KIND_FACTOR_BESIDE_OVERRIDES = 4.0
"""With it, as many of the first ten are of the query's kind in another colour as in its own. From 4 to 8 it is flat."""

Curve = tuple[tuple[float, ...], tuple[float, ...]]
"""Values in ascending order, and what each stands for; linear in between."""


@dataclass(frozen=True)
class Ranking:
    """How an index re-ranks: the score of a product is its cosine plus a weighted probability for each attribute.

    `weights`: attribute → the weight of the probability that the query has the product's value of it. They were fitted
    on one half of the held-out queries. On the other half, `queries` in number, the share of the first five results
    that have the query's value was `before` by the cosine alone, and is `after`: the mean of that of each of the
    `scored` attributes and that of all together. The nearest product of a picture stays first if its cosine is at least
    `keep_from`: it may be the very product that is shown. `chances`: attribute → the curve from a head's probability
    that a product has the query's value to how often that is so.
    """

    weights: Mapping[str, float]
    keep_from: float
    scored: tuple[str, ...]
    queries: int
    before: float
    after: float
    chances: Mapping[str, Curve] = field(default_factory=dict)

    def chance(self, attribute: str, probability: float) -> float:
        """The chance of the same value of one of `chances`, given the probability that the encoder's head gives."""
        return float(np.interp(probability, *self.chances[attribute]))

    def beside_overrides(self, kind: str | None) -> Ranking:
        """The ranking where another value of an attribute is asked for: the kind counts more, so that it stays."""
        weights = {
            name: weight * (KIND_FACTOR_BESIDE_OVERRIDES if name == kind else 1)
            for name, weight in self.weights.items()
        }
        return replace(self, weights=weights)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `asdict`. Raises TypeError, KeyError or ValueError for anything that is not valid."""
        weights = {str(name): float(weight) for name, weight in data["weights"].items()}
        numbers = {name: float(data[name]) for name in ("keep_from", "before", "after")}
        chances = {str(name): _curve(curve) for name, curve in data.get("chances", {}).items()}
        found = cls(weights, scored=tuple(data["scored"]), queries=data["queries"], **numbers, chances=chances)
        within = all(0 <= weight <= MAX_WEIGHT for weight in weights.values()) and -1.001 <= found.keep_from <= 1.001
        shares = 0 <= found.before <= 1 and 0 <= found.after <= 1
        typed = type(found.queries) is int and all(isinstance(name, str) for name in found.scored)
        if not (within and shares and typed):
            raise ValueError("its ranking does not map attributes to weights")
        return found


def _curve(data: Sequence[Sequence[Any]]) -> Curve:
    xs, ys = (tuple(map(float, part)) for part in data)
    increases = all(list(part) == sorted(part) and all(0 <= x <= 1 for x in part) for part in (xs, ys))
    if not xs or len(xs) != len(ys) or not increases:
        raise ValueError("its chances of the same value are not an increasing curve")
    return xs, ys


def ranked(cosines: Vectors, gains: Vectors, keep_from: float) -> Rows:
    """The order of the nearest products of queries by cosine plus gain: [n, k], nearest first → places [n, k].

    The nearest one stays first if its cosine is at least `keep_from`.
    """
    scores = cosines + gains
    if scores.size:
        scores[cosines[:, 0] >= keep_from, 0] = np.inf
    return np.argsort(-scores, axis=1, kind="stable")


def head_probabilities(logits: Vectors, values: Sequence[str], column: Column) -> Vectors:
    """The probability of each value of a column, from the logits [n, values] of a classification head.

    Returns [n, len(column.vocabulary)]: 0 for a value that the head does not know.
    """
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    place_of = {value: place for place, value in enumerate(values)}
    places = np.array([place_of.get(value or "", -1) for value in column.vocabulary], dtype=np.int64)
    return np.where(places >= 0, shares[:, places], 0).astype(np.float32)


def coverage(encoder: ImageEncoder, vectors: Vectors, attribute: str | None, column: Column | None) -> Vectors | None:
    """The probability that a column has the value of each query at all, for embeddings [n, dim]: [n].

    None where the encoder has no head for the attribute.
    """
    if attribute is None or column is None or attribute not in encoder.values:
        return None
    return head_probabilities(encoder.logits(vectors)[attribute], encoder.values[attribute], column).sum(1)


def vote_probabilities(rows: Rows, cosines: Vectors, column: Column) -> Vectors:
    """The same by the votes of the nearest products: their `rows` and `cosines`, both [n, k]."""
    votes = np.exp(VOTE_SHARPNESS * (cosines - cosines.max(initial=-1)))
    votes /= np.maximum(votes.sum(1, keepdims=True), 1e-12)
    found = np.zeros((len(rows), len(column.vocabulary)), dtype=np.float32)
    np.add.at(found, (np.arange(len(rows))[:, None], column.codes[rows]), votes)
    return found * [value is not None for value in column.vocabulary]


def own_probabilities(row: int, column: Column) -> Vectors:
    """The same for a product of the catalogue: 1 for its own value, and 0 for all if it has none."""
    found = np.zeros((1, len(column.vocabulary)), dtype=np.float32)
    found[0, column.codes[row]] = column[row] is not None
    return found
