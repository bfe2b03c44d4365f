"""Nearest neighbours by Annoy, with the exact answer at hand. The only module that imports annoy.

An Annoy file of the angular metric is an array of nodes of 12 + 4·dim bytes, and its first n nodes are the items
themselves, in order. The vectors are read from there by memory map, so that filtered and exact search need no copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import annoy
import numpy as np

from recsys.errors import IndexDamagedError
from recsys.items import Items
from recsys.manifest import MEND
from recsys.metrics import recall_at_k
from recsys.projection import unit
from recsys.types import Rows, Vectors, Where

METRIC: Literal["angular"] = "angular"
SEED = 20261124
NODE_HEADER = 12
UNIT_TOLERANCE = 1e-3
GATHER_BELOW = 0.1
RECALL_K = 10
RECALL_QUERIES = 500
TREES = (10, 20, 50)
CHEAP_SEARCH_SHARE = 0.15


@dataclass(frozen=True)
class SearchPoint:
    """A measured point: recall@10 against exact search, of this many trees at this `search_k`."""

    n_trees: int
    search_k: int
    recall: float


def build(vectors: Vectors, path: Path, n_trees: int) -> None:
    """Write the Annoy index of unit `vectors` [n, dim] to `path`; equal vectors give equal bytes."""
    index = annoy.AnnoyIndex(vectors.shape[1], METRIC)
    index.set_seed(SEED)
    for row, vector in enumerate(vectors):
        index.add_item(row, vector.tolist())
    index.build(n_trees, n_jobs=1)
    index.save(str(path))
    index.unload()


def build_for_recall(vectors: Vectors, path: Path, items: Items, recall: float) -> list[SearchPoint]:
    """Write the index with the fewest trees that reach `recall` cheaply, measured on these vectors.

    Returns every point that was measured; the last is the one that was chosen.
    """
    curve: list[SearchPoint] = []
    queries = _near_products(vectors)
    for n_trees in TREES:
        build(vectors, path, n_trees)
        searcher = AnnoySearcher(path, items, vectors.shape[1], search_k=1)
        curve += list(_climb(searcher, queries, n_trees, recall))
        if curve[-1].search_k <= max(CHEAP_SEARCH_SHARE * len(items), 1000):
            break
    return curve


def _climb(searcher: AnnoySearcher, queries: Vectors, n_trees: int, recall: float) -> Iterator[SearchPoint]:
    """Raise `search_k` until the recall holds; at n · trees every vector is compared."""
    k = min(RECALL_K, len(searcher.items))
    _, exact = searcher.exact(queries, k)
    most = 2 * n_trees * len(searcher.items)
    search_k = min(10 * n_trees, most)
    while True:
        searcher.search_k = search_k
        reached = recall_at_k(searcher.search(queries, k)[1], exact)
        yield SearchPoint(n_trees, search_k, round(reached, 4))
        if reached >= recall or search_k == most:
            return
        search_k = min(round(search_k * 1.4), most)


def _near_products(vectors: Vectors) -> Vectors:
    """Queries where visitors' pictures fall: products moved at random by half the distance to their tenth neighbour."""
    rng = np.random.default_rng(SEED)
    rows = rng.choice(len(vectors), size=min(RECALL_QUERIES, len(vectors)), replace=False)
    rank = max(0, len(vectors) - 1 - RECALL_K)
    tenth = np.partition(vectors[rows] @ vectors.T, rank, axis=1)[:, rank]
    distance = np.sqrt(np.maximum(0, 2 - 2 * tenth))[:, None]
    return unit(vectors[rows] + 0.5 * distance * unit(rng.normal(size=(len(rows), vectors.shape[1]))))


class AnnoySearcher:
    """The searcher of one machine: approximate by Annoy, exact under a filter."""

    def __init__(self, path: Path, items: Items, dim: int, search_k: int):
        """Open the Annoy file of these items. Raises IndexDamagedError where file, items and dim do not agree."""
        self.items, self.search_k = items, search_k
        self._matrix = _map_vectors(path, len(items), dim)
        self._annoy = annoy.AnnoyIndex(dim, METRIC)
        try:
            self._annoy.load(str(path))
        except OSError as error:
            raise IndexDamagedError(f"{path.name} is not an Annoy index of {dim} dimensions. {MEND}") from error
        found = self._annoy.get_n_items()
        if found != len(items):
            raise IndexDamagedError(f"{path.name} holds {found} vectors for {len(items)} items. {MEND}")

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        """The unit vectors of these rows, float32 [len(rows), dim]."""
        return self._matrix[np.asarray(rows, dtype=np.int64)]

    def search(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        """The k nearest rows to each of `vectors` [n, dim] and their cosines, best first; exact with a filter."""
        if where:
            return self.exact(vectors, k, where)
        return _stack([self._approximate(vector, min(k, len(self.items))) for vector in vectors])

    def exact(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        """The same answer by comparison with every vector that passes the filter."""
        passing = self.items.passing(where or {})
        if len(passing) < GATHER_BELOW * len(self.items):
            cosines = vectors @ self._matrix[passing].T
        else:
            cosines = (vectors @ self._matrix.T)[:, passing]
        return _stack([_best(row, passing, k) for row in cosines])

    def _approximate(self, vector: Vectors, k: int) -> tuple[Rows, Vectors]:
        rows = np.array(self._annoy.get_nns_by_vector(vector.tolist(), k, max(self.search_k, k)), dtype=np.int64)
        if len(rows) < k:
            every = np.arange(len(self.items))
            return _best(self._matrix @ vector, every, k)
        return _best(self._matrix[rows] @ vector, rows, k)


def _best(cosines: Vectors, rows: Rows, k: int) -> tuple[Rows, Vectors]:
    """The k highest cosines with their rows, best first; equal ones in row order."""
    if k < len(cosines):
        kept = np.flatnonzero(cosines >= np.partition(cosines, len(cosines) - k)[len(cosines) - k])
        cosines, rows = cosines[kept], rows[kept]
    order = np.lexsort((rows, -cosines))[:k]
    return rows[order], cosines[order].clip(-1, 1)


def _stack(answers: list[tuple[Rows, Vectors]]) -> tuple[Rows, Vectors]:
    return np.stack([rows for rows, _ in answers]), np.stack([cosines for _, cosines in answers])


def _map_vectors(path: Path, count: int, dim: int) -> Vectors:
    """The item vectors inside the Annoy file, [count, dim], as a memory map. Each has to be of length one."""
    node = NODE_HEADER + 4 * dim
    size = path.stat().st_size if path.is_file() else 0
    if size % node or size < count * node:
        raise IndexDamagedError(
            f"{path.name} has {size} bytes, which is no Annoy index of {count} vectors of {dim} dimensions. {MEND}"
        )
    layout = np.dtype([("header", "V12"), ("vector", "<f4", (dim,))])
    vectors: Vectors = np.memmap(path, dtype=layout, mode="r", shape=(count,))["vector"]
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    if not (np.abs(lengths - 1) <= UNIT_TOLERANCE).all():
        raise IndexDamagedError(f"{path.name} holds vectors that are not of length one. {MEND}")
    return vectors
