"""Re-ranks the nearest products of a query by what the encoder sees in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.core.items import Items
from recsys.core.reranking import (
    RERANKED,
    Ranking,
    head_probabilities,
    own_probabilities,
    vote_probabilities,
)
from recsys.types import ImageEncoder, Rows, Vectors


@dataclass(frozen=True, eq=False)
class Reranker:
    """Adds to the cosine of each product how likely the query has its kind, its colour and so on."""

    encoder: ImageEncoder
    items: Items
    ranking: Ranking

    def gains(self, embedding: Vectors, row: int | None, rows: Rows, cosines: Vectors) -> Vectors:
        """What each of the nearest products gains: for `rows` [n] and `cosines` [n], nearest first, float32 [n].

        The first 100 are re-ranked among themselves, the others gain nothing. A query that is the product in `row` has
        the values of that product; a picture with this `embedding` [1, dim] has what the encoder's heads say, or else
        what the nearest products vote for.
        """
        gains, first = np.zeros(len(rows), dtype=np.float32), rows[:RERANKED]
        logits = self.encoder.logits(embedding) if row is None else {}
        for name, weight in self.ranking.weights.items():
            column = self.items.columns.get(name)
            if column is None:
                continue
            if row is not None:
                shares = own_probabilities(row, column)
            elif name in logits:
                shares = head_probabilities(logits[name], self.encoder.values[name], column)
            else:
                shares = vote_probabilities(first[None], cosines[None, :RERANKED], column)
            gains[:RERANKED] += weight * shares[0, column.codes[first]]
        return gains


def chances(reranker: Reranker, name: str | None, query: Vectors | int, rows: Rows) -> list[float | None]:
    """The chance that the product in each row has the query's value of an attribute; None where it is not known.

    The query is an embedding [1, dim], whose value the encoder's head predicts, or the row of a product.
    """
    column, encoder, ranking = reranker.items.columns.get(name or ""), reranker.encoder, reranker.ranking
    if column is None or name is None:
        return [None] * len(rows)
    if isinstance(query, int):
        own = column[query]
        return [None if own is None or column[row] is None else float(column[row] == own) for row in rows.tolist()]
    if name not in encoder.values or name not in ranking.chances:
        return [None] * len(rows)
    (shares,) = head_probabilities(encoder.logits(query)[name], encoder.values[name], column)
    return [
        None if column[row] is None else ranking.chance(name, float(shares[column.codes[row]])) for row in rows.tolist()
    ]
