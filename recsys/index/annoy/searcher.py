"""Searches an index on one machine, by Annoy or by an exact scan, whichever is faster there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from copy import copy
from functools import cached_property, partial
from pathlib import Path
from typing import Self

import numpy as np

from recsys.core.items import Items
from recsys.core.large import is_large
from recsys.index.annoy.exact import ExactSearch, ranked
from recsys.index.annoy.file import METRIC, check_trees, load_trees, load_vectors
from recsys.index.annoy.graph import DEGREE, load_graph
from recsys.index.annoy.stopwatch import quickest
from recsys.index.annoy.trial import REMEDY, Trial
from recsys.runtime.memory import release_pages
from recsys.types import Rows, Vectors, Where

MIN_SEEDS = 10
"""At least this many results of Annoy are requested, and their neighbours compared too."""
MAX_APPROXIMATE = 1_000
"""More products than this are found by an exact scan, which is not slower then, and always in the same order."""
SCATTERED_ROWS = 100
"""The system reads 64 KB for a row. So the pages of a large catalogue are released after as many rows."""
MAX_SCANNED = 200_000
"""A search that must give the same again scans at most this many products."""
TIMED_ROWS = 8192
TIMED_RUNS = 5

logger = logging.getLogger(__name__)


class AnnoySearcher:
    """Searches an Annoy file: approximately without a filter, exactly with one, or for many products.

    It is exact without a filter too if scanning the whole catalogue is as fast as Annoy with this `search_k`, and where
    Annoy does not run on this machine: `problem` then says so, and is None otherwise.
    """

    def __init__(self, path: Path, items: Items, dim: int, search_k: int, metric: str = METRIC):
        """Open the Annoy file of these items. Raises IndexDamagedError if file, items, dim and metric do not agree."""
        self.items, self.search_k = items, search_k
        trial = Trial(path, dim, metric)
        self._vectors = load_vectors(path, len(items), dim, metric)
        check_trees(path, len(items), dim, metric)
        self.problem = _described(trial.problem())
        self._trees = None if self.problem else load_trees(path, len(items), dim, metric)
        self._graph = load_graph(path, len(items))
        self._exact, self._is_sparing = ExactSearch(self._vectors), False

    def spare_memory(self, is_sparing: bool = True) -> None:
        """Whether searches without a filter scan the file, and hold few pages of it in memory at a time.

        Trees and a usual scan bring most pages of the file into memory.
        """
        self._is_sparing = is_sparing
        release_pages(self._vectors)

    def retire(self) -> None:
        """Spare memory, and let go of the trees: another index is served, and few requests still use this one."""
        self._trees = None
        self.spare_memory()

    def repeatable(self) -> Self:
        """The same search, but exact or approximate by the number of products: not by what is faster at the moment."""
        found = copy(self)
        found._scan_is_fast = len(self.items) <= MAX_SCANNED
        return found

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        places = np.asarray(rows, dtype=np.int64)
        if len(places) < SCATTERED_ROWS or not is_large(len(self.items)):
            found: Vectors = self._vectors[places]
            return found
        found = np.empty((len(places), self._vectors.shape[1]), dtype=np.float32)
        for start in range(0, len(places), SCATTERED_ROWS):
            found[start : start + SCATTERED_ROWS] = self._vectors[places[start : start + SCATTERED_ROWS]]
            release_pages(self._vectors)
        return found

    def neighbours(self, rows: Rows) -> Rows:
        """About 16 nearest other rows of each row, [len(rows), n]. A row stands for itself where it has too few."""
        if self._graph is None:
            return self.search(self.vectors(rows), DEGREE + 1)[0]
        return self._graph[rows].astype(np.int64)

    def search(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        if self._is_sparing and not where:
            return self._exact.sparingly(vectors, k)
        if where or k > MAX_APPROXIMATE or self._trees is None or self._scan_is_fast:
            return self.exact(vectors, k, where)
        return self.approximate(vectors, k)

    def exact(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        """`search` by comparing every vector that passes the filter; equal cosines come in row order."""
        return self._exact.nearest(vectors, k, self.items.passing(where) if where else None)

    def approximate(self, vectors: Vectors, k: int) -> tuple[Rows, Vectors]:
        """`search` without a filter, by Annoy and the neighbours of its results; `exact` where Annoy does not run."""
        if self._trees is None:
            return self.exact(vectors, k)
        return _stack([self._by_trees(vector, min(k, len(self.items))) for vector in vectors])

    def approximate_others(self, rows: Rows, k: int) -> tuple[Rows, Vectors]:
        """`approximate` for each of these products, which is itself left out of its result."""
        return _stack([self._by_trees(self._vectors[row], min(k, len(self.items) - 1), without=row) for row in rows])

    def _by_trees(self, vector: Vectors, k: int, without: int = -1) -> tuple[Rows, Vectors]:
        wanted = max(k, MIN_SEEDS) + (without >= 0)
        rows = self._candidates(vector, wanted, without)
        if len(rows) < wanted:
            rows = np.arange(len(self.items))
        rows = rows[rows != without]
        return ranked(self._vectors[rows], vector, rows, k)

    def _candidates(self, vector: Vectors, wanted: int, without: int) -> Rows:
        """At least `wanted` rows from the trees and their neighbours; fewer where the trees find fewer."""
        trees = self._trees
        if trees is None:
            return np.arange(0)
        found = trees.get_nns_by_vector(vector.tolist(), wanted, max(self.search_k, wanted))
        rows = np.array(found, dtype=np.int64)
        if self._graph is None:
            return rows
        return _distinct(np.concatenate((rows, self._graph[rows[rows != without]].ravel())))

    @cached_property
    def _scan_is_fast(self) -> bool:
        """Whether a scan is as fast as Annoy. Its time for a large catalogue is extrapolated from a part."""
        part, queries = self._vectors[:TIMED_ROWS], self._vectors[:: max(1, len(self.items) // TIMED_RUNS), None]
        some = ExactSearch(part)
        by_trees = quickest(*(partial(self.approximate, query, MIN_SEEDS) for query in queries))
        by_scan = quickest(*(partial(some.nearest, query, MIN_SEEDS) for query in queries))
        return by_scan * len(self.items) / len(part) <= by_trees


def _described(problem: str | None) -> str | None:
    """The sentence about a failed trial, which is logged too."""
    if problem is None:
        return None
    logger.warning("Exact search serves, because Annoy does not run here: %s. %s", problem, REMEDY)
    return f"Annoy does not run on this machine: {problem}. Exact search serves instead."


def _distinct(rows: Rows) -> Rows:
    """The same as np.unique, in half the time for a few hundred rows."""
    ascending = np.sort(rows)
    return ascending[np.append(True, ascending[1:] != ascending[:-1])]


def _stack(answers: list[tuple[Rows, Vectors]]) -> tuple[Rows, Vectors]:
    return np.stack([rows for rows, _ in answers]), np.stack([cosines for _, cosines in answers])
