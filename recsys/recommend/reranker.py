"""Re-ranks the nearest products of a query by what the encoder sees in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from recsys.core.calibration import Calibration
from recsys.core.items import Items
from recsys.core.reranking import (
    RERANKED,
    Ranking,
    head_probabilities,
    own_probabilities,
    vote_probabilities,
)
from recsys.types import ImageEncoder, Rows, Vectors

MIN_COVERAGE = 0.5
"""A category ranks instead of the kind where the catalogue has the query's with a higher probability than this."""


@dataclass(eq=False)
class Reranker:
    """Says of one query how likely it has the kind, the colour and so on of each product.

    The query is the product in `row`, whose values are known, or else a picture with this `embedding` [1, dim], whose
    values the encoder's heads predict.
    """

    encoder: ImageEncoder
    items: Items
    ranking: Ranking
    embedding: Vectors
    row: int | None = None
    calibration: Calibration | None = None
    _logits: Mapping[str, Vectors] = field(init=False)

    def __post_init__(self) -> None:
        self._logits = self.encoder.logits(self.embedding) if self.row is None else {}

    def gains(self, rows: Rows, cosines: Vectors) -> Vectors:
        """What each of the nearest products gains: for `rows` [n] and `cosines` [n], nearest first, float32 [n].

        The first 100 are re-ranked among themselves, the others gain nothing. Where the encoder has no head for an
        attribute, the nearest products vote.
        """
        gains, first = np.zeros(len(rows), dtype=np.float32), rows[:RERANKED]
        weights = [
            (name, weight) for own, weight in self.ranking.weights.items() for name in self._ranking_attributes(own)
        ]
        for name, weight in weights:
            column = self.items.columns.get(name)
            if column is None:
                continue
            if self.row is not None:
                shares = own_probabilities(self.row, column)
            elif name in self._logits:
                shares = head_probabilities(self._logits[name], self.encoder.values[name], column)
            else:
                shares = vote_probabilities(first[None], cosines[None, :RERANKED], column)
            gains[:RERANKED] += weight * shares[0, column.codes[first]]
        return gains

    def _ranking_attributes(self, name: str) -> list[str]:
        """The attributes that rank for one: where the catalogue lacks the kind of the query, its categories instead.

        Otherwise the colour alone would rank the products, and shoes would come before shirts for a vest.
        """
        fitted = self.calibration
        if fitted is None or fitted.attribute != name or self._coverage(name) >= fitted.least_coverage:
            return [name]
        return [each for each in self.items.roles.categories if each != name and self._coverage(each) > MIN_COVERAGE]

    def _coverage(self, name: str) -> float:
        """The probability that the catalogue has the query's value of an attribute; 1 where it is not known."""
        column = self.items.columns.get(name)
        if column is None or name not in self._logits:
            return 1.0
        return float(head_probabilities(self._logits[name], self.encoder.values[name], column).sum())

    def chances(self, name: str | None, rows: Rows) -> list[float | None]:
        """The chance that the product in each row has the query's value of an attribute; None where it is not known."""
        column = self.items.columns.get(name or "")
        if column is None or name is None:
            return [None] * len(rows)
        if self.row is not None:
            own = column[self.row]
            return [None if own is None or column[row] is None else float(column[row] == own) for row in rows.tolist()]
        if name not in self._logits or name not in self.ranking.chances:
            return [None] * len(rows)
        (shares,) = head_probabilities(self._logits[name], self.encoder.values[name], column)
        return [
            None if column[row] is None else self.ranking.chance(name, float(shares[column.codes[row]]))
            for row in rows.tolist()
        ]
