"""Queries against a gallery, by exact cosine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys.evaluate.pool import Pool
from recsys.types import Item, Rows, Value, Vectors

K, DEPTH = 5, 10
"""A figure is of the five best matches, a ranking and a calibration of ten."""
QUERIES = 1000
"""How many queries search a block at a time."""
NEVER = -2.0


@dataclass(frozen=True, eq=False)
class Trial:
    """Queries and the gallery that they search.

    `itself` [queries] is the place of each query in the gallery, where it is not to be found; -1 where it is no part of
    it. With `answerable`, queries for what the gallery does not have are not counted, else they count as wrong.
    """

    queries: Pool
    gallery: Pool
    itself: Rows
    answerable: bool = False

    @classmethod
    def of(cls, queries: Pool, gallery: Pool, answerable: bool = False) -> Trial:
        """A trial whose queries are no part of the gallery."""
        return cls(queries, gallery, np.full(len(queries), -1), answerable)

    def take(self, chosen: Rows) -> Trial:
        """The trial of some of the queries."""
        return Trial(self.queries.take(chosen), self.gallery, self.itself[chosen], self.answerable)

    @property
    def depth(self) -> int:
        """How many matches each query has."""
        return min(DEPTH, len(self.gallery) - int((self.itself >= 0).any()))

    @cached_property
    def found(self) -> tuple[Rows, Vectors]:
        """The places in the gallery of the matches of each query, and their cosines: [n, depth], best first."""
        return self.search(self.queries.vectors)

    @cached_property
    def found_by_thumbnail(self) -> Rows:
        """The same as the thumbnails have it."""
        return self.search_by_thumbnail(self.queries.thumbnails)

    def search(self, vectors: Vectors) -> tuple[Rows, Vectors]:
        """What is found with these vectors [n, dim] in place of the queries' own."""
        return nearest(vectors, self.gallery.vector_blocks(), self.depth, self.itself)

    def search_by_thumbnail(self, thumbnails: Vectors) -> Rows:
        """What is found with these thumbnails [n, 768] in place of the queries' own."""
        return nearest(thumbnails, self.gallery.thumbnail_blocks(), self.depth, self.itself)[0]

    def counted(self, label: Label) -> Rows:
        """The queries that count for this label."""
        return np.flatnonzero(self.relevant(label) > 0 if self.answerable else label.asked >= 0)

    def relevant(self, label: Label) -> Rows:
        """How many of the gallery each query is to find, [n]."""
        finds_itself = (self.itself >= 0) & (label.held[self.itself] == label.asked)
        return np.where(label.asked >= 0, label.available - finds_itself, 0)

    def note(self, which: str) -> str:
        """What is asked for, and among what, for people."""
        return f"{len(self.queries):,} queries, products {which}; {len(self.gallery):,} products in the gallery."

    def label(self, attributes: Sequence[str]) -> Label:
        """What the products are by these attributes together."""
        numbers: dict[tuple[Value, ...], int] = {}
        held = _numbered(self.gallery.items, attributes, numbers)
        return Label(_numbered(self.queries.items, attributes, numbers), held)


@dataclass(frozen=True, eq=False)
class Label:
    """The number of the value of each query, `asked` [n], and of the gallery, `held` [m]; -1 where it is not known."""

    asked: Rows
    held: Rows

    def alike(self, places: Rows) -> np.ndarray:
        """Whether these matches [n, k] have the value of their query; not where either is not known."""
        return np.asarray((self.held[places] == self.asked[:, None]) & (self.asked >= 0)[:, None])

    @property
    def available(self) -> Rows:
        """How many of the gallery have the value of each query, [n]."""
        counts = np.bincount(self.held[self.held >= 0], minlength=int(self.asked.max(initial=0)) + 1)
        return np.where(self.asked >= 0, counts[self.asked.clip(0)], 0)


def nearest(queries: Vectors, blocks: Iterable[Vectors], k: int, itself: Rows) -> tuple[Rows, Vectors]:
    """The places of the k nearest to each query [n, dim] in the gallery, and their cosines [n, k], best first.

    The gallery comes in blocks [m, dim], and holds at least k besides a query. The place `itself` of a query is left
    out. Memory is bounded.
    """
    places, cosines = np.zeros((len(queries), k), np.int64), np.full((len(queries), k), NEVER, np.float32)
    start = 0
    for block in blocks:
        for first in range(0, len(queries), QUERIES):
            rows = slice(first, first + QUERIES)
            found, place = queries[rows] @ block.T, itself[rows] - start
            own = np.flatnonzero((place >= 0) & (place < len(block)))
            found[own, place[own]] = NEVER
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
    values = [tuple(item.attributes.get(name) for name in attributes) for item in items]
    return np.array([-1 if None in value else numbers.setdefault(value, len(numbers)) for value in values], np.int64)
