"""Chooses `n_trees` and `search_k` by measuring the recall on the vectors of the index, deterministically."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.core.items import Items
from recsys.core.ranking import recall_at_k
from recsys.index.annoy.exact import ExactSearch
from recsys.index.annoy.file import SEED, build
from recsys.index.annoy.graph import write_graph
from recsys.index.annoy.searcher import AnnoySearcher
from recsys.types import Rows, Vectors

RECALL_K = 10
RECALL_QUERIES = 2000
MISS_MARGIN = 0.3
"""The measured recall must miss this share less than allowed, as a margin for other queries."""
TREES = (10, 20, 40, 80)
CANDIDATES_PER_TREE = 15
"""Searching one more tree takes as long as comparing this many candidates, as measured."""
MAX_WORK_RATIO = 0.9
"""The number of trees is doubled while that reduces the work to at most this share."""
PRECISION = 1 / 16
"""`search_k` is determined to this share of itself."""


@dataclass(frozen=True)
class SearchPoint:
    """The measured recall@10 against exact search, with this many trees and this `search_k`."""

    n_trees: int
    search_k: int
    recall: float

    @property
    def work(self) -> float:
        """The cost of a search, in candidates. It is not timed, so that equal vectors give equal indexes."""
        return self.search_k + CANDIDATES_PER_TREE * self.n_trees


def build_for_recall(vectors: Vectors, path: Path, items: Items, recall: float) -> list[SearchPoint]:
    """Write the index that reaches `recall` with the least work. Returns every measured point, the chosen one last.

    The queries are products of the index, each left out of its own result.
    """
    rows = np.random.default_rng(SEED).choice(len(vectors), size=min(RECALL_QUERIES, len(vectors)), replace=False)
    exact = ExactSearch(vectors).nearest(vectors[rows], RECALL_K + 1)[1][:, 1:]
    wanted = recall + MISS_MARGIN * (1 - recall)
    points: list[SearchPoint] = []
    chosen: list[SearchPoint] = []
    for n_trees in TREES:
        build(vectors, path, n_trees)
        if not chosen:
            write_graph(path, len(vectors), vectors.shape[1])
        tried = _climb(AnnoySearcher(path, items, vectors.shape[1], 1), n_trees, rows, exact, wanted)
        points += tried
        enough = next(point for point in tried if point.recall >= wanted or point is tried[-1])
        if chosen and enough.work > MAX_WORK_RATIO * chosen[-1].work:
            build(vectors, path, chosen[-1].n_trees)
            break
        chosen.append(enough)
    return [*(point for point in points if point != chosen[-1]), chosen[-1]]


def _climb(searcher: AnnoySearcher, n_trees: int, rows: Rows, exact: Vectors, wanted: float) -> list[SearchPoint]:
    """Double `search_k` until the recall suffices, then bisect. Returns the measured points by rising `search_k`."""
    most = 2 * n_trees * len(searcher.items)

    def measure(search_k: int) -> SearchPoint:
        searcher.search_k = search_k
        reached = recall_at_k(searcher.approximate_others(rows, exact.shape[1])[1], exact) if exact.size else 1.0
        return SearchPoint(n_trees, search_k, round(reached, 4))

    points = [measure(min(RECALL_K * n_trees, most))]
    while points[-1].recall < wanted and points[-1].search_k < most:
        points.append(measure(min(2 * points[-1].search_k, most)))
    low, enough = points[-2:][0], points[-1]
    while enough.search_k - low.search_k > PRECISION * enough.search_k:
        points.append(measure((low.search_k + enough.search_k) // 2))
        low, enough = (low, points[-1]) if points[-1].recall >= wanted else (points[-1], enough)
    return sorted(points, key=lambda point: point.search_k)
