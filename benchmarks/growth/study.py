"""Build, size, memory, query time and recall from 2,500 to a million products, and laws extrapolated to a billion.

    python -m benchmarks growth --index FOLDER

Each size is measured in new processes, some sizes several times with other products. Every measurement is stored in
benchmarks/results/growth.json at once, so an interrupted study continues. Then docs/growth.md and its plots are
written; without --index, from the stored measurements alone.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.core import machine, results
from benchmarks.core.processes import ROOT, in_fresh_process, peak_memory_mb
from benchmarks.growth.search import NOISE, numbered_items
from recsys.core.ranking import recall_at_k
from recsys.format.layout import ITEMS
from recsys.index.annoy import AnnoySearcher
from recsys.index.annoy.exact import ExactSearch
from recsys.index.annoy.graph import load_graph
from recsys.index.folder import IndexFolder
from recsys.runtime.hashing import sha256
from recsys.types import Vectors
from testkit.memory import memory_mb

RECALL_QUERIES = 1000
K = 10


@dataclass(frozen=True)
class Case:
    """A catalogue to measure: a number of products, sampled or grown with this seed and noise."""

    products: int
    seed: int = 0
    noise: float = NOISE

    @property
    def name(self) -> str:
        return f"{self.products}/{self.seed}/{self.noise:g}"


REAL = (2_500, 5_000, 10_000, 20_000, 40_000)
CASES = (
    *(Case(size, seed) for seed in range(3) for size in REAL),
    *(Case(size) for size in (100_000, 200_000, 400_000, 1_000_000)),
    Case(200_000, noise=1.0),
    *(Case(size, 1) for size in (100_000, 200_000)),
)


def measure_missing(
    cases: Iterable[Case], stored: Path, facts: dict[str, Any], measure: Callable[[Case], dict[str, Any]]
) -> dict[str, Any]:
    """Measure the cases that the file lacks, which is written after each case; returns its whole content.

    Raises ValueError if the file has measurements of another catalogue than that of these facts.
    """
    found = json.loads(stored.read_text("utf-8")) if stored.is_file() else facts | {"rows": {}}
    if found["vectors"] != facts["vectors"]:
        raise ValueError(f"{stored} has measurements of other vectors; name another file with --output.")
    for case in cases:
        if case.name not in found["rows"]:
            found["rows"][case.name] = measure(case)
            draft = stored.with_suffix(".new")
            draft.write_text(json.dumps(found, indent=1, allow_nan=False), "utf-8")
            os.replace(draft, stored)
            print(f"{case.name}: {found['rows'][case.name]['build_s']:.0f} s", flush=True)
    return found


def measured(vectors: Vectors, case: Case) -> dict[str, Any]:
    """The cost of building, serving and searching an index of this case, its recall and that of its graph."""
    with tempfile.TemporaryDirectory() as folder:
        file, index = Path(folder) / "vectors.npy", Path(folder) / "index" / "vectors.ann"
        index.parent.mkdir()
        in_fresh_process("growth.search.write", vectors, case.products, case.seed, case.noise, file)
        built = in_fresh_process("growth.search.build", file, index)
        recall = in_fresh_process("growth.study.recalls", file, index, built["search_k"])
        asked = in_fresh_process("growth.search.ask", file, index, built["search_k"])
    return built | recall | asked | {"seed": case.seed, "noise": case.noise, "grown": case.products > len(vectors)}


def recalls(file: Path, index: Path, search_k: int) -> dict[str, float]:
    """The recall@10 of products that were not used for tuning, and the share of the true nearest in the graph."""
    vectors = np.load(file)
    rows = np.random.default_rng(2).choice(len(vectors), min(RECALL_QUERIES, len(vectors)), replace=False)
    graph = load_graph(index, len(vectors))
    _, cosines = ExactSearch(vectors).nearest(vectors[rows], graph.shape[1] + 1)
    items = numbered_items(len(vectors))
    searcher = AnnoySearcher(index, items, vectors.shape[1], search_k)
    found = searcher.approximate_others(rows, K)[1]
    linked = -np.sort(-np.vecdot(vectors[graph[rows]], vectors[rows, None]), axis=1)
    return {
        "recall_of_others": recall_at_k(found, cosines[:, 1 : K + 1]),
        "recall_of_graph": recall_at_k(linked, cosines[:, 1:]),
    }


def facts_of(index: Path) -> tuple[Vectors, dict[str, Any]]:
    """The vectors of an index, and facts: machine, hash of the vectors, and bytes of a product beside its vector.

    Names and attributes of a product take `opening_bytes` while they are read, and `texts_bytes` from then on. The
    latter is what a second opening adds, since the first leaves memory that is free but not returned to the system.
    """
    before = memory_mb("self", "RssAnon")
    with peak_memory_mb("RssAnon", every_s=0.01) as most:
        folder = IndexFolder.open(index)
    count, after = len(folder.items), memory_mb("self", "RssAnon")
    again = IndexFolder.open(index)
    vectors = again.searcher.vectors(range(count))
    texts = memory_mb("self", "RssAnon") - after - vectors.nbytes / 2**20
    return vectors, {
        "benchmark": "growth",
        "machine": machine.measure(),
        "vectors": sha256(vectors.tobytes()),
        "products": count,
        "dim": vectors.shape[1],
        "opening_bytes": (most[0] - before) * 2**20 / count,
        "texts_bytes": texts * 2**20 / count,
        "items_bytes": (index / ITEMS).stat().st_size / count,
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, help="the index of a whole catalogue, from which larger ones are grown")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where growth.md and its plots go")


def run(options: argparse.Namespace) -> None:
    stored = options.output or results.FOLDER / "growth.json"
    if options.index:
        vectors, facts = in_fresh_process("growth.study.facts_of", options.index)
        measure_missing(CASES, stored, facts, lambda case: measured(vectors, case))
    from benchmarks.growth import page  # here, since the measuring processes import this module and not matplotlib

    page.write(json.loads(stored.read_text("utf-8")), options.docs)
