"""Exact nearest neighbours: compares a query with all vectors, or with those of some rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial

import numpy as np

from recsys.core.ranking import TIE_TOLERANCE
from recsys.index.annoy.stopwatch import quickest
from recsys.runtime.memory import release_pages
from recsys.types import Rows, Vectors

MIN_MATRIX_QUERIES = 8
"""From this many queries on, one matrix product is faster than one product for each query."""
MAX_BLOCK_COSINES = 2**24
"""Queries are compared in blocks with at most this many cosines."""
BLOCK_ROWS = 2**16
"""With several queries, the vectors are compared in blocks of this size."""
SPARING_ROWS = 2**14
"""The vectors are compared in blocks of this size where few of them may be in memory."""
GATHER_ROWS = 4096
"""Rows are gathered in blocks of this size."""
GROUP_SIZE = 64
"""The maxima of groups of this many cosines give a lower bound of the k-th highest."""
TIMED_ROWS = 2048
TIMED_RUNS = 3


class ExactSearch:
    """Nearest neighbours among unit vectors [count, dim], whose rows need not be contiguous in memory."""

    def __init__(self, vectors: Vectors):
        self._vectors = vectors

    def nearest(self, queries: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Vectors]:
        """The k nearest to each of `queries` [n, dim] among all vectors, or among these ascending `rows`.

        Returns rows [n, m] and cosines [n, m], best first and equal ones in row order. m is the smaller of k and the
        number of vectors compared.
        """
        if rows is None and len(self._vectors) > BLOCK_ROWS and len(queries) >= MIN_MATRIX_QUERIES:
            return self._nearest_in_blocks(queries, k, BLOCK_ROWS)
        compared = len(self._vectors) if rows is None else len(rows)
        block, k = max(1, MAX_BLOCK_COSINES // max(1, compared)), min(k, compared)
        found, cosines = np.empty((len(queries), k), dtype=np.int64), np.empty((len(queries), k), dtype=np.float32)
        for start in range(0, len(queries), block):
            part = queries[start : start + block]
            for place, (query, products) in enumerate(zip(part, self._products(part, rows), strict=True), start):
                likely = _likely(products, k)
                likely = likely if rows is None else rows[likely]
                found[place], cosines[place] = ranked(self._vectors[likely], query, likely, k)
        return found, cosines

    def sparingly(self, queries: Vectors, k: int) -> tuple[Rows, Vectors]:
        """`nearest` among all vectors, of which few are in memory at a time. Their pages are released."""
        return self._nearest_in_blocks(queries, k, SPARING_ROWS, lambda: release_pages(self._vectors))

    def _nearest_in_blocks(
        self, queries: Vectors, k: int, size: int, after_each: Callable[[], None] = lambda: None
    ) -> tuple[Rows, Vectors]:
        """`nearest` among all vectors, which are read once for many queries: their matrix may exceed the memory."""
        found, cosines = np.empty((len(queries), 0), dtype=np.int64), np.empty((len(queries), 0), dtype=np.float32)
        for start in range(0, len(self._vectors), size):
            rows, near = ExactSearch(self._vectors[start : start + size]).nearest(queries, k)
            found, cosines = np.hstack((found, rows + start)), np.hstack((cosines, near))
            best = np.lexsort((found, -cosines))[:, :k]
            found, cosines = np.take_along_axis(found, best, 1), np.take_along_axis(cosines, best, 1)
            after_each()
        return found, cosines

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
        """The share of the rows below which gathering them is faster than scanning all, on this machine.

        Each attempt reads other rows, because the rows of a filter are not in the processor's cache either.
        """
        query, count = self._vectors[:1], len(self._vectors)
        size, starts = min(TIMED_ROWS, count), np.linspace(0, max(0, count - TIMED_ROWS), TIMED_RUNS, dtype=np.int64)
        scattered = np.linspace(0, count - TIMED_RUNS, size, dtype=np.int64).clip(0)
        scan = quickest(*(partial(_products, query, self._vectors[start : start + size]) for start in starts))
        shifts = range(min(TIMED_RUNS, count))
        return scan / quickest(*(partial(self._gathered, query, scattered + shift) for shift in shifts))


def ranked(vectors: Vectors, query: Vectors, rows: Rows, k: int) -> tuple[Rows, Vectors]:
    """The k of `rows`, with their `vectors`, that are nearest to `query` [dim], and their cosines; ties in row order.

    The cosine of a row is the same to the bit whatever rows it is compared with.
    """
    cosines = np.vecdot(vectors, query)
    order = np.lexsort((rows, -cosines))[:k]
    return rows[order], cosines[order].clip(-1, 1)


def _products(queries: Vectors, vectors: Vectors) -> Vectors:
    """The dot products of queries [n, dim] and vectors [m, dim], [n, m]."""
    if len(queries) < MIN_MATRIX_QUERIES:
        return np.vecdot(vectors, queries[:, None])
    return queries @ vectors.T


def _likely(cosines: Vectors, k: int) -> Rows:
    """The ascending positions that can be among the k highest cosines.

    At least k cosines reach the k-th highest maximum of a group, which is found faster than the k-th highest cosine.
    """
    if not 0 < k < len(cosines):
        return np.arange(len(cosines))
    groups = len(cosines) // GROUP_SIZE
    maxima = cosines[: GROUP_SIZE * groups].reshape(GROUP_SIZE, groups).max(axis=0) if groups >= k else cosines
    return np.flatnonzero(cosines >= np.partition(maxima, -k)[-k] - TIE_TOLERANCE)
