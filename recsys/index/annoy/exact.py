"""Exact nearest neighbours: compares a query with all vectors, or with those of some rows."""

from __future__ import annotations

from functools import cached_property, partial

import numpy as np

from recsys.core.ranking import TIE_TOLERANCE
from recsys.index.annoy.stopwatch import quickest
from recsys.types import Rows, Vectors

MIN_MATRIX_QUERIES = 8
"""From this many queries on, one matrix product is faster than one product for each query."""
MAX_BLOCK_COSINES = 2**24
GATHER_ROWS = 4096
"""Rows are gathered in blocks of this size."""
MAXIMA = 64
TIMED_ROWS = 2048
TIMED_RUNS = 3


class ExactSearch:
    """Nearest neighbours among unit vectors [count, dim], whose rows need not lie side by side in memory."""

    def __init__(self, vectors: Vectors):
        self._vectors = vectors

    def nearest(self, queries: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Vectors]:
        """The k nearest to each of `queries` [n, dim] of all vectors, or of these ascending `rows`.

        Returns rows [n, m] and cosines [n, m], best first and equal ones in row order; m is k, or all where fewer are.
        """
        compared = len(self._vectors) if rows is None else len(rows)
        block, k = max(1, MAX_BLOCK_COSINES // max(1, compared)), min(k, compared)
        found, cosines = np.empty((len(queries), k), dtype=np.int64), np.empty((len(queries), k), dtype=np.float32)
        for start in range(0, len(queries), block):
            part = queries[start : start + block]
            for place, (query, products) in enumerate(zip(part, self._products(part, rows), strict=True), start):
                places = _likely(products, k)
                found[place], cosines[place] = self.ranked(query, places if rows is None else rows[places], k)
        return found, cosines

    def ranked(self, query: Vectors, rows: Rows, k: int) -> tuple[Rows, Vectors]:
        """The k nearest to `query` [dim] of these rows, and their cosines: the same bits however they were found."""
        return ranked(self._vectors[rows], query, rows, k)

    def _products(self, queries: Vectors, rows: Rows | None) -> Vectors:
        """The cosines of queries [n, dim] and vectors, [n, count] or [n, len(rows)]."""
        if rows is None:
            return _products(queries, self._vectors)
        if len(queries) < MIN_MATRIX_QUERIES and len(rows) >= self._gather_below * len(self._vectors):
            return _products(queries, self._vectors)[:, rows]
        return self._gathered(queries, rows)

    def _gathered(self, queries: Vectors, rows: Rows) -> Vectors:
        parts = (rows[start : start + GATHER_ROWS] for start in range(0, max(1, len(rows)), GATHER_ROWS))
        return np.concatenate([_products(queries, self._vectors[part]) for part in parts], axis=1)

    @cached_property
    def _gather_below(self) -> float:
        """The share of the rows under which it is faster to gather them than to scan all, on this machine.

        Each attempt takes other rows, since those of a filter are not in the processor's cache either.
        """
        query, count = self._vectors[:1], len(self._vectors)
        size, starts = min(TIMED_ROWS, count), np.linspace(0, max(0, count - TIMED_ROWS), TIMED_RUNS, dtype=np.int64)
        scattered = np.linspace(0, count - TIMED_RUNS, size, dtype=np.int64).clip(0)
        scan = quickest(*(partial(_products, query, self._vectors[start : start + size]) for start in starts))
        gather = quickest(
            *(partial(self._gathered, query, scattered + shift) for shift in range(min(TIMED_RUNS, count)))
        )
        return scan / gather


def ranked(vectors: Vectors, query: Vectors, rows: Rows, k: int) -> tuple[Rows, Vectors]:
    """The k nearest to `query` [dim] of `rows`, which have these `vectors`, and their cosines; ties in row order."""
    cosines = np.vecdot(vectors, query)
    order = np.lexsort((rows, -cosines))[:k]
    return rows[order], cosines[order].clip(-1, 1)


def _products(queries: Vectors, vectors: Vectors) -> Vectors:
    """The dot products of queries [n, dim] and vectors [m, dim], [n, m]."""
    if len(queries) < MIN_MATRIX_QUERIES:
        return np.vecdot(vectors, queries[:, None])
    return queries @ vectors.T


def _likely(cosines: Vectors, k: int) -> Rows:
    """The places that can be among the k highest cosines, ascending.

    The k-th highest of the maxima of groups is reached by k places at least, and found faster than the k-th cosine.
    """
    if not 0 < k < len(cosines):
        return np.arange(len(cosines))
    width = len(cosines) // MAXIMA
    peaks = cosines[: MAXIMA * width].reshape(MAXIMA, width).max(axis=0) if width >= k else cosines
    return np.flatnonzero(cosines >= np.partition(peaks, len(peaks) - k)[len(peaks) - k] - TIE_TOLERANCE)
