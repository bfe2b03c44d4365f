"""How the build of the search, a query, the size on disk and the memory grow with the catalogue.

A catalogue larger than the real one is grown from it: points between a product and one of its nearest neighbours, and
noise of a fraction of their distance. Its vectors so lie where products do, a little closer together.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from clock import cpu_ms, cpu_seconds, in_turn, ms, ratio, summary
from fresh import fresh
from watch import highest, resident_mb

from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.index.annoy import AnnoySearcher, build_for_recall, tuning
from recsys.types import Item, Vectors

SIZES = (10_000, 40_000, 160_000)
NEIGHBOURS = 10
ANCHORS = 8192
BLOCK = 512
GROWN_AT_ONCE = 65_536
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


def grown(vectors: Vectors, count: int, seed: int = 0, noise: float = NOISE) -> Vectors:
    """`count` unit vectors: some of the real ones, drawn at random, or all of them and more that are like them."""
    rng = np.random.default_rng(seed)
    if count <= len(vectors):
        return vectors[np.sort(rng.choice(len(vectors), count, replace=False))]
    anchors = rng.choice(len(vectors), min(ANCHORS, len(vectors)), replace=False)
    near = np.concatenate([_neighbours(vectors, anchors[at : at + BLOCK]) for at in range(0, len(anchors), BLOCK)])
    found = np.empty((count, vectors.shape[1]), dtype=np.float32)
    found[: len(vectors)] = vectors
    for part in np.array_split(found[len(vectors) :], 1 + count // GROWN_AT_ONCE):
        places = rng.integers(len(anchors), size=len(part))
        start = vectors[anchors[places]]
        way = vectors[near[places, rng.integers(near.shape[1], size=len(part))]] - start
        length = np.linalg.norm(way, axis=1, keepdims=True)
        share = rng.random((len(part), 1), dtype=np.float32)
        aside = unit(rng.standard_normal(start.shape, dtype=np.float32))
        part[:] = unit(start + share * way + noise * length * aside)
    return found


def write(vectors: Vectors, count: int, seed: int, noise: float, file: Path) -> None:
    """Write a grown catalogue as .npy."""
    np.save(file, grown(vectors, count, seed, noise))


def _neighbours(vectors: Vectors, rows: Vectors) -> Vectors:
    """The nearest rows to these, which are among their own, [n, neighbours]."""
    kept = min(NEIGHBOURS + 1, len(vectors) - 1)
    return np.argpartition(-(vectors[rows] @ vectors.T), kept, axis=1)[:, :kept]


def _items(count: int) -> Items:
    return Items.from_items([Item(str(row), None, {}) for row in range(count)], ())


def build(vectors: Path, index: Path) -> dict[str, Any]:
    """Build the search as `build_index.py` does."""
    found, items = np.load(vectors), _items(len(np.load(vectors, mmap_mode="r")))
    with cpu_seconds(tuning, ("build", "write_graph", "_climb")) as parts, highest("RssAnon") as held:
        started = time.process_time()
        taken, curve = ms(lambda: build_for_recall(found, index, items, RECALL))
        cpu = time.process_time() - started
    chosen = curve[-1]
    return {
        "products": len(found),
        "build_s": taken / 1000,
        "build_cpu_s": cpu,
        "parts_cpu_s": parts,
        "n_trees": chosen.n_trees,
        "search_k": chosen.search_k,
        "recall": chosen.recall,
        "index_mb": sum(part.stat().st_size for part in index.parent.iterdir()) / 2**20,
        "build_peak_mb": resident_mb("self", "VmHWM"),
        "build_held_mb": held[0],
    }


def ask(vectors: Path, index: Path, search_k: int) -> dict[str, Any]:
    """Open the index and ask it; beside it a plain scan of all vectors by NumPy."""
    before, held = resident_mb("self"), resident_mb("self", "RssAnon")
    matrix = np.load(vectors, mmap_mode="r")
    rng = np.random.default_rng(1)
    rows = np.sort(rng.choice(len(matrix), QUERIES))
    queries = unit(matrix[rows] + 0.3 * unit(rng.normal(size=(QUERIES, matrix.shape[1])).astype(np.float32)))
    opening, searcher = ms(lambda: AnnoySearcher(index, _items(len(matrix)), matrix.shape[1], search_k))
    for query in queries:
        searcher.search(query[None], NEIGHBOURS)
    memory, held = resident_mb("self") - before, resident_mb("self", "RssAnon") - held
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
        "held_mb": held,
        "search": summary(times["search"]),
        "scan": summary(times["scan"]),
        "of_scan": ratio(times["search"], times["scan"]),
        "search_cpu_ms": cpu_ms(lambda query: searcher.search(query[None], NEIGHBOURS), queries),
    }
