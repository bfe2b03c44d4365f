"""Style similarity between products of different slots."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recsys.core.large import evenly, is_large
from recsys.core.linalg import MAX_CLASS_ROWS
from recsys.types import Rows, Searcher, Vectors

Slots = tuple[str, ...]
MIN_LENGTH = 1e-6


class Style:
    """Compares products by how they differ from the mean of their slot.

    Embeddings of different kinds of products differ mostly by kind. So the mean vector of its slot is subtracted from
    each vector, as Mu & Viswanath (*All-but-the-Top*, 2018) subtract the common mean of word vectors, and the results
    are compared by cosine. They hold mostly colour, cut and pattern. A picture does not show brand and price.
    """

    def __init__(self, searcher: Searcher, rows_of: Mapping[Slots, Rows], count: int):
        """`rows_of` has the rows of products for each combination of slots that they fill, of `count` in all.

        The means of a large catalogue are those of some of its products.
        """
        self._searcher = searcher
        self._means: dict[Slots, Vectors] = {}
        self._lengths = None if is_large(count) else np.ones(count, dtype=np.float32)
        for slots, rows in rows_of.items():
            vectors = searcher.vectors(rows if self._lengths is not None else evenly(rows, MAX_CLASS_ROWS))
            self._means[slots] = vectors.mean(axis=0)
            if self._lengths is not None:
                self._lengths[rows] = np.linalg.norm(vectors - self._means[slots], axis=1)

    def departure(self, vector: Vectors, slots: Slots) -> Vectors:
        """One vector [dim] minus the mean of these slots (0 if they have no products), scaled to length one."""
        left = vector - self._means.get(slots, 0)
        return left / max(float(np.linalg.norm(left)), MIN_LENGTH)

    def closeness(self, rows: Rows, slots: Slots, departure: Vectors) -> Vectors:
        """The cosines [rows] between `departure` [dim] and the departures of products that fill exactly these slots."""
        vectors, mean = self._searcher.vectors(rows), self._means[slots]
        along: Vectors = vectors @ departure - mean @ departure
        own = np.linalg.norm(vectors - mean, axis=1) if self._lengths is None else self._lengths[rows]
        lengths: Vectors = np.maximum(own, MIN_LENGTH)
        return along / lengths
