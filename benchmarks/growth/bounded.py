"""The memory that a build of the search index takes beside its files, with random vectors of growing number.

The vectors lie in clusters and are written to a file in blocks; the build reads them through a memory map. Anonymous
memory is what the system cannot write to a file when memory runs short; pages of the index and of the vectors it can.
With --products, what is measured is the part of a build before that: products, keys of pictures and vectors, from the
catalogue to items.parquet and the file of vectors. Synthetic vectors take the place of the encoder's.
Each size runs in a process of its own, on one core. The law is a constant and a part in proportion to the vectors, with
its 95 % prediction interval where three sizes or more were measured.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.core.processes import in_fresh_process, peak_memory_mb
from benchmarks.core.results import Result
from benchmarks.core.timing import ms
from benchmarks.growth.laws import Line
from recsys.build.embed import EmbeddedCatalog, EmbeddedProduct, VectorWriter, embed_catalog
from recsys.build.vector_cache import VectorCache
from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.format.layout import ITEMS, sample_index
from recsys.format.manifest import Manifest
from recsys.index.annoy import build_for_recall
from recsys.index.items_table import read_items
from recsys.runtime.hashing import sha256
from recsys.types import Skipped
from testkit.large_shop import SIZES as ATTRIBUTES
from testkit.large_shop import write_large_shop
from testkit.memory import memory_mb

SIZES = (210_000, 350_000, 600_000, 1_000_000)
PREDICTED = (10_000_000, 100_000_000)
CLUSTER = 100
SPREAD = 0.6
BLOCK = 2**16
BATCH = 512
RECALL = 0.99


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--products", action="store_true", help="measure products and keys instead of the search index")


def run(options: argparse.Namespace) -> Result:
    work = "growth.bounded.measure_products" if options.products else "growth.bounded.measure"
    rows = [in_fresh_process(work, size, options.dim) for size in options.sizes]
    return Result({"": rows, " ": [_prediction(rows, count) for count in PREDICTED] if len(rows) > 2 else []})


def measure(count: int, dim: int) -> dict[str, Any]:
    """Build the index of `count` random vectors in a temporary folder, and return the row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        vectors = _written(Path(folder) / "vectors.npy", count, dim)
        items, index = Items([str(row) for row in range(count)], [None] * count, {}), Path(folder) / "vectors.ann"
        before = memory_mb("self", "RssAnon")
        with peak_memory_mb("RssAnon") as held:
            taken, curve = ms(lambda: build_for_recall(vectors, index, items, RECALL))
        return {
            "vectors": count,
            "dimensions": dim,
            "vectors, MB": vectors.nbytes / 2**20,
            "index, MB": index.stat().st_size / 2**20,
            "memory beside the files, MB": held[0] - before,
            "build, s": taken / 1000,
            "n_trees": curve[-1].n_trees,
            "recall@10": curve[-1].recall,
        }


@dataclass(frozen=True, eq=False)
class _Products:
    """The products of an index, as the catalogue of a build."""

    products: Items
    attributes: tuple[str, ...] = tuple(ATTRIBUTES)
    role_overrides: Mapping[str, str] = field(default_factory=dict)
    dataset: str = "synthetic"


def measure_products(count: int, dim: int) -> dict[str, Any]:
    """Read and embed `count` synthetic products as a build does, but for the pictures; returns the row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        shop, cache = Path(folder) / "shop", VectorCache(Path(folder) / "cache")
        write_large_shop(shop, count, dim, sample_index())
        catalog = _Products(read_items(shop / ITEMS, Manifest.read(shop)))
        before = memory_mb("self", "RssAnon")
        with peak_memory_mb("RssAnon") as held:
            taken, embedded = ms(lambda: _embedded(catalog, cache, Path(folder) / ITEMS, dim))
        return {
            "vectors": count,
            "dimensions": dim,
            "products in the table": len(embedded.items),
            "memory beside the files, MB": held[0] - before,
            "seconds": taken / 1000,
        }


def _embedded(catalog: Any, cache: VectorCache, table: Path, dim: int) -> EmbeddedCatalog:
    """The products, of which one in a hundred has no picture, and their vectors in the order of the index."""

    def engine(_: Any, encoder: Any, writer: VectorWriter, *rest: Any) -> Iterator[EmbeddedProduct | Skipped]:
        rng = np.random.default_rng(0)
        for start in range(0, len(catalog.products), BATCH):
            rows = range(start, min(start + BATCH, len(catalog.products)))
            keys = [sha256(str(row).encode()) for row in rows]
            writer.add(keys, unit(rng.normal(size=(len(rows), dim)).astype(np.float32)))
            for row, key in zip(rows, keys, strict=True):
                item = catalog.products[row]
                yield EmbeddedProduct(item, key, b"jpeg") if row % 100 else Skipped(item.id, "There is no picture.")

    embedded = embed_catalog(catalog, None, cache, None, table, BATCH, engine)  # type: ignore[arg-type]
    for _ in cache.chunks(embedded.keys):
        pass
    return embedded


def _written(file: Path, count: int, dim: int) -> np.ndarray:
    """Random unit vectors in clusters, as a memory map of a new file."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(count // CLUSTER, dim)).astype(np.float32)
    vectors = np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=(count, dim))
    for start in range(0, count, BLOCK):
        part = vectors[start : start + BLOCK]
        own = centres[rng.integers(len(centres), size=len(part))]
        part[:] = unit(own + SPREAD * rng.normal(size=part.shape).astype(np.float32))
    vectors.flush()
    return np.load(file, mmap_mode="r")


def _prediction(rows: list[dict[str, Any]], count: int) -> dict[str, Any]:
    """The memory for `count` vectors by the law of the measured sizes."""
    law = Line.fit([row["vectors"] for row in rows], [row["memory beside the files, MB"] for row in rows])
    found = law.at(count)
    return {"vectors": count, "memory beside the files, MB": found.value, "from": max(0.0, found.low), "to": found.high}
