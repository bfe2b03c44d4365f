"""How the build of the search index, a query, the size on disk and the memory grow with the catalogue.

A catalogue larger than the real one is grown from it: points between a product and one of its nearest neighbours, with
noise of a fraction of their distance. Grown vectors lie where products do, a little closer together.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.core.processes import in_fresh_process, peak_memory_mb
from benchmarks.core.timing import cpu_ms, cpu_seconds, in_turn, ms, ratio, summary
from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.index.annoy import AnnoySearcher, build_for_recall, tuning
from recsys.types import Item, Vectors
from testkit.memory import memory_mb

SIZES = (10_000, 40_000, 160_000)
NEIGHBOURS = 10
ANCHORS = 8192
"""Products around which a catalogue grows."""
BLOCK = 512
GROWN_AT_ONCE = 65_536
"""Vectors made at once, which bounds the memory."""
NOISE = 0.3
QUERIES = 200
RECALL = 0.99


def measure(vectors: Vectors, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """The cost of building, serving and searching an index of each size, from real unit vectors [n, dim].

    `of_scan` is the time of a search in the largest index as a multiple of a plain NumPy scan of its vectors.
    """
    rows = [_measured(grown(vectors, size)) | {"grown": size > len(vectors)} for size in sizes]
    return {"rows": rows, "of_scan": rows[-1]["of_scan"]}


def _measured(vectors: Vectors) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file, index = Path(folder) / "vectors.npy", Path(folder) / "index" / "vectors.ann"
        index.parent.mkdir()
        np.save(file, vectors)
        built = in_fresh_process("growth.search.build", file, index)
        return built | in_fresh_process("growth.search.ask", file, index, built["search_k"])


def grown(vectors: Vectors, count: int, seed: int = 0, noise: float = NOISE) -> Vectors:
    """`count` unit vectors: a random sample of the real ones, or all of them and grown ones."""
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
    """The nearest rows to these [n, neighbours], themselves included."""
    kept = min(NEIGHBOURS + 1, len(vectors) - 1)
    return np.argpartition(-(vectors[rows] @ vectors.T), kept, axis=1)[:, :kept]


def numbered_items(count: int) -> Items:
    """Products without attributes."""
    return Items.from_items([Item(str(row), None, {}) for row in range(count)], ())


def build(vectors: Path, index: Path) -> dict[str, Any]:
    """Build the search index as `build_index.py` does."""
    found, items = np.load(vectors), numbered_items(len(np.load(vectors, mmap_mode="r")))
    with cpu_seconds(tuning, ("build", "write_graph", "_climb")) as parts, peak_memory_mb("RssAnon") as held:
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
        "build_peak_mb": memory_mb("self", "VmHWM"),
        "build_held_mb": held[0],
    }


def ask(vectors: Path, index: Path, search_k: int) -> dict[str, Any]:
    """Open the index and search it, beside a plain NumPy scan of all vectors."""
    before, held = memory_mb("self"), memory_mb("self", "RssAnon")
    matrix = np.load(vectors, mmap_mode="r")
    rng = np.random.default_rng(1)
    rows = np.sort(rng.choice(len(matrix), QUERIES))
    queries = unit(matrix[rows] + 0.3 * unit(rng.normal(size=(QUERIES, matrix.shape[1])).astype(np.float32)))
    opening, searcher = ms(lambda: AnnoySearcher(index, numbered_items(len(matrix)), matrix.shape[1], search_k))
    for query in queries:
        searcher.search(query[None], NEIGHBOURS)
    memory, held = memory_mb("self") - before, memory_mb("self", "RssAnon") - held
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
