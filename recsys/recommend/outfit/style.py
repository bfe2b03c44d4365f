"""How close in style two products of different slots are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recsys.types import Rows, Searcher, Vectors

Slots = tuple[str, ...]
SHORTEST = 1e-6


class Style:
    """Compares how products depart from what is usual in their slot.

    Embeddings of different kinds of things differ above all in the kind. So the mean of its slot is taken from each
    vector, as the common mean is from word vectors by Mu & Viswanath (*All-but-the-Top*, 2018), and the cosine of what
    is left compares. That is mostly colour, cut and pattern; brand and price are not in a picture.
    """

    def __init__(self, searcher: Searcher, rows_of: Mapping[Slots, Rows], count: int):
        """For the products in `rows_of`, by the slots they fill, of a catalogue of `count`."""
        self._searcher = searcher
        self._means: dict[Slots, Vectors] = {}
        self._lengths = np.ones(count, dtype=np.float32)
        for slots, rows in rows_of.items():
            vectors = searcher.vectors(rows)
            self._means[slots] = vectors.mean(axis=0)
            self._lengths[rows] = np.linalg.norm(vectors - self._means[slots], axis=1)

    def departure(self, vector: Vectors, slots: Slots) -> Vectors:
        """What is particular in one vector [dim] of these slots, of length one. Where there is no such product, all."""
        left = vector - self._means.get(slots, 0)
        return left / max(float(np.linalg.norm(left)), SHORTEST)

    def closeness(self, rows: Rows, slots: Slots, departure: Vectors) -> Vectors:
        """The cosines, [rows], between a departure [dim] and those of products that fill just these slots."""
        along: Vectors = self._searcher.vectors(rows) @ departure - self._means[slots] @ departure
        lengths: Vectors = np.maximum(self._lengths[rows], SHORTEST)
        return along / lengths
