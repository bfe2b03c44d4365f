"""How the build of the search, a query, the size on disk and the memory grow with the catalogue.

A catalogue larger than the real one is grown from it: points between a product and one of its nearest neighbours, and
noise of a fraction of their distance. Its vectors so lie where products do, a little closer together.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from clock import in_turn, ms, ratio, summary
from fresh import fresh
from watch import resident_mb

from recsys.index import AnnoySearcher, build_for_recall
from recsys.items import Items
from recsys.projection import unit
from recsys.types import Item, Vectors

SIZES = (10_000, 40_000, 160_000)
NEIGHBOURS = 10
ANCHORS = 8192
BLOCK = 512
NOISE = 0.3
QUERIES = 200
RECALL = 0.99


def measure(vectors: Vectors, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """What building, serving and asking an index of each size takes; `vectors` are real ones, unit [n, dim].

    `of_scan` is the time of a search in the largest as a multiple of a plain scan of its vectors by NumPy.
    """
    rows = [_measured(grown(vectors, size)) | {"grown": size > len(vectors)} for size in sizes]
    return {"rows": rows, "of_scan": rows[-1]["of_scan"]}


def _measured(vectors: Vectors) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file, index = Path(folder) / "vectors.npy", Path(folder) / "index" / "vectors.ann"
        index.parent.mkdir()
        np.save(file, vectors)
        built = fresh("growth.build", file, index)
        return built | fresh("growth.ask", file, index, built["search_k"])


def grown(vectors: Vectors, count: int) -> Vectors:
    """`count` unit vectors: some of the real ones, drawn at random, or all of them and more that are like them."""
    rng = np.random.default_rng(0)
    if count <= len(vectors):
        return vectors[np.sort(rng.choice(len(vectors), count, replace=False))]
    anchors = rng.choice(len(vectors), min(ANCHORS, len(vectors)), replace=False)
    near = np.concatenate([_neighbours(vectors, anchors[at : at + BLOCK]) for at in range(0, len(anchors), BLOCK)])
    places = rng.integers(len(anchors), size=count - len(vectors))
    start = vectors[anchors[places]]
    way = vectors[near[places, rng.integers(near.shape[1], size=len(places))]] - start
    noise = unit(rng.normal(size=start.shape).astype(np.float32))
    length = np.linalg.norm(way, axis=1, keepdims=True)
    share = rng.random((len(places), 1), dtype=np.float32)
    return np.concatenate([vectors, unit(start + share * way + NOISE * length * noise)])


def _neighbours(vectors: Vectors, rows: Vectors) -> Vectors:
    """The nearest rows to these, which are among their own, [n, neighbours]."""
    kept = min(NEIGHBOURS + 1, len(vectors) - 1)
    return np.argpartition(-(vectors[rows] @ vectors.T), kept, axis=1)[:, :kept]


def _items(count: int) -> Items:
    return Items.of([Item(str(row), None, {}) for row in range(count)], ())


def build(vectors: Path, index: Path) -> dict[str, Any]:
    """Build the search as `build_index.py` does."""
    found = np.load(vectors)
    taken, curve = ms(lambda: build_for_recall(found, index, _items(len(found)), RECALL))
    chosen = curve[-1]
    return {
        "products": len(found),
        "build_s": taken / 1000,
        "n_trees": chosen.n_trees,
        "search_k": chosen.search_k,
        "recall": chosen.recall,
        "index_mb": sum(part.stat().st_size for part in index.parent.iterdir()) / 2**20,
        "build_peak_mb": resident_mb("self", "VmHWM"),
    }


def ask(vectors: Path, index: Path, search_k: int) -> dict[str, Any]:
    """Open the index and ask it; beside it a plain scan of all vectors by NumPy."""
    before = resident_mb("self")
    matrix = np.load(vectors, mmap_mode="r")
    rng = np.random.default_rng(1)
    rows = np.sort(rng.choice(len(matrix), QUERIES))
    queries = unit(matrix[rows] + 0.3 * unit(rng.normal(size=(QUERIES, matrix.shape[1])).astype(np.float32)))
    opening, searcher = ms(lambda: AnnoySearcher(index, _items(len(matrix)), matrix.shape[1], search_k))
    for query in queries:
        searcher.search(query[None], NEIGHBOURS)
    memory = resident_mb("self") - before
    plain, asked = np.load(vectors), {name: iter(np.tile(queries, (2, 1))) for name in ("search", "scan")}

    def scan(query: Vectors) -> Vectors:
        cosines = plain @ query
        best = np.argpartition(cosines, -NEIGHBOURS)[-NEIGHBOURS:]
        return best[np.argsort(-cosines[best])]

    calls = {
        "search": lambda: searcher.search(next(asked["search"])[None], NEIGHBOURS),
        "scan": lambda: scan(next(asked["scan"])),
    }
    times = in_turn(calls, QUERIES)
    return {
        "open_ms": opening,
        "memory_mb": memory,
        "search": summary(times["search"]),
        "scan": summary(times["scan"]),
        "of_scan": ratio(times["search"], times["scan"]),
    }
