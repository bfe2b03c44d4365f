"""Queries against a gallery, by exact cosine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys.evaluate.pool import Pool
from recsys.types import Item, Rows, Value, Vectors

PRECISION_K = 5
"""The matches that a precision counts."""
RANKING_K = 10
"""The matches that average precision, calibration and recall count."""
QUERY_BLOCK = 1000
"""The queries that search a block of the gallery at a time."""
EXCLUDED = -2.0
"""Less than any cosine."""


@dataclass(frozen=True, eq=False)
class SearchTask:
    """Queries, and the gallery that they search.

    `own_rows` [queries] is the gallery row of each query, which is left out of its matches; -1 where the query is not
    in the gallery. With `skip_unanswerable`, queries whose value the gallery does not have are not scored; otherwise
    their matches count as wrong.
    """

    queries: Pool
    gallery: Pool
    own_rows: Rows
    skip_unanswerable: bool = False

    @classmethod
    def disjoint(cls, queries: Pool, gallery: Pool) -> SearchTask:
        """A task in which no query is in the gallery."""
        return cls(queries, gallery, np.full(len(queries), -1))

    def take(self, chosen: Rows) -> SearchTask:
        """The task with these queries only."""
        return SearchTask(self.queries.take(chosen), self.gallery, self.own_rows[chosen], self.skip_unanswerable)

    @property
    def depth(self) -> int:
        """The number of matches of each query."""
        return min(RANKING_K, len(self.gallery) - int((self.own_rows >= 0).any()))

    @cached_property
    def neighbours(self) -> tuple[Rows, Vectors]:
        """The gallery rows of the matches of each query, and their cosines: both [queries, depth], best first."""
        return self.search(self.queries.vectors)

    @cached_property
    def thumbnail_neighbours(self) -> Rows:
        """The matches of each query by its thumbnail, the baseline: gallery rows [queries, depth]."""
        return self.thumbnail_search(self.queries.thumbnails)

    def search(self, vectors: Vectors) -> tuple[Rows, Vectors]:
        """The same as `neighbours`, with other vectors [queries, dim] for the queries."""
        return nearest(vectors, self.gallery.vector_blocks(), self.depth, self.own_rows)

    def thumbnail_search(self, thumbnails: Vectors) -> Rows:
        """The same as `thumbnail_neighbours`, with other thumbnails [queries, 768] for the queries."""
        return nearest(thumbnails, self.gallery.thumbnail_blocks(), self.depth, self.own_rows)[0]

    def scored_queries(self, label: Label) -> Rows:
        """The queries that are scored by this label."""
        return np.flatnonzero(self.relevant_counts(label) > 0 if self.skip_unanswerable else label.queries >= 0)

    def relevant_counts(self, label: Label) -> Rows:
        """The number of gallery products that each query should find, [queries]."""
        finds_itself = (self.own_rows >= 0) & (label.gallery[self.own_rows] == label.queries)
        return np.where(label.queries >= 0, label.relevant - finds_itself, 0)

    def note(self, which: str) -> str:
        """A sentence about the size of the task; `which` says which products the queries are."""
        return f"{len(self.queries):,} queries, products {which}; {len(self.gallery):,} products in the gallery."

    def label(self, attributes: Sequence[str]) -> Label:
        """The values of these attributes, taken together."""
        numbers: dict[tuple[Value, ...], int] = {}
        gallery = _numbered(self.gallery.items, attributes, numbers)
        return Label(_numbered(self.queries.items, attributes, numbers), gallery)


@dataclass(frozen=True, eq=False)
class Label:
    """A number for the value of each query [n] and of each product of the gallery [m]; -1 where it is not known."""

    queries: Rows
    gallery: Rows

    def matches(self, rows: Rows) -> np.ndarray:
        """Whether these gallery rows [n, k] have the known value of their query, bool [n, k]."""
        return np.asarray((self.gallery[rows] == self.queries[:, None]) & (self.queries >= 0)[:, None])

    @property
    def relevant(self) -> Rows:
        """The number of gallery products that have the value of each query, [n]."""
        counts = np.bincount(self.gallery[self.gallery >= 0], minlength=int(self.queries.max(initial=0)) + 1)
        return np.where(self.queries >= 0, counts[self.queries.clip(0)], 0)


def nearest(queries: Vectors, blocks: Iterable[Vectors], k: int, own_rows: Rows) -> tuple[Rows, Vectors]:
    """The gallery rows of the k nearest to each query [n, dim], and their cosines: both [n, k], best first.

    The gallery comes in blocks [m, dim] and has at least k rows besides a query. The row `own_rows` of each query is
    left out. No more than a block of queries is compared with a block of the gallery at a time.
    """
    places, cosines = np.zeros((len(queries), k), np.int64), np.full((len(queries), k), EXCLUDED, np.float32)
    start = 0
    for block in blocks:
        for first in range(0, len(queries), QUERY_BLOCK):
            rows = slice(first, first + QUERY_BLOCK)
            found, own = queries[rows] @ block.T, own_rows[rows] - start
            excluded = np.flatnonzero((own >= 0) & (own < len(block)))
            found[excluded, own[excluded]] = EXCLUDED
            best = _best(found, k)
            near = np.concatenate([cosines[rows], np.take_along_axis(found, best, axis=1)], axis=1)
            order = np.argsort(-near, axis=1, kind="stable")[:, :k]
            cosines[rows] = np.take_along_axis(near, order, axis=1)
            places[rows] = np.take_along_axis(np.concatenate([places[rows], best + start], axis=1), order, axis=1)
        start += len(block)
    return places, cosines


def _best(cosines: Vectors, k: int) -> Rows:
    if k >= cosines.shape[1]:
        return np.broadcast_to(np.arange(cosines.shape[1]), cosines.shape)
    return np.argpartition(-cosines, k - 1, axis=1)[:, :k]


def _numbered(items: Sequence[Item], attributes: Sequence[str], numbers: dict[tuple[Value, ...], int]) -> Rows:
    values = [tuple(item.value(name) for name in attributes) for item in items]
    return np.array([-1 if None in value else numbers.setdefault(value, len(numbers)) for value in values], np.int64)
