"""How the search grows to a million products, and what the law of it says of ten million to a billion.

    python benchmarks/scaling.py --index FOLDER --results benchmarks/scaling.json --output docs

Each size is measured in fresh processes, some of them several times with other products; what is measured stays in
the results file, so that a run that was interrupted goes on. Without `--index` nothing is measured: the page and its
plots are made of the results alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import machine
import numpy as np
from fresh import fresh
from growth import NOISE
from watch import highest, resident_mb

from recsys.core.items import Items
from recsys.core.ranking import recall_at_k
from recsys.format.layout import ITEMS
from recsys.index.annoy import AnnoySearcher
from recsys.index.annoy.exact import ExactSearch
from recsys.index.annoy.graph import load_graph
from recsys.index.folder import IndexFolder
from recsys.runtime.hashing import sha256
from recsys.types import Item, Vectors

JUDGED = 1000
K = 10


@dataclass(frozen=True)
class Case:
    """A catalogue that is measured: so many products, drawn or grown with this seed and noise."""

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
    cases: Iterable[Case], results: Path, facts: dict[str, Any], measure: Callable[[Case], dict[str, Any]]
) -> dict[str, Any]:
    """Measure the cases that the results file lacks, which is written after each; returns all of it.

    Raises ValueError where it holds measurements of another catalogue than these facts tell of.
    """
    found = json.loads(results.read_text("utf-8")) if results.is_file() else facts | {"rows": {}}
    if found["vectors"] != facts["vectors"]:
        raise ValueError(f"{results} has measurements of other vectors; name another file.")
    for case in cases:
        if case.name not in found["rows"]:
            found["rows"][case.name] = measure(case)
            draft = results.with_suffix(".new")
            draft.write_text(json.dumps(found, indent=1, allow_nan=False), "utf-8")
            os.replace(draft, results)
            print(f"{case.name}: {found['rows'][case.name]['build_s']:.0f} s", flush=True)
    return found


def measured(vectors: Vectors, case: Case) -> dict[str, Any]:
    """What building, serving and asking an index of this case takes, and how good it and its graph are."""
    with tempfile.TemporaryDirectory() as folder:
        file, index = Path(folder) / "vectors.npy", Path(folder) / "index" / "vectors.ann"
        index.parent.mkdir()
        fresh("growth.write", vectors, case.products, case.seed, case.noise, file)
        built = fresh("growth.build", file, index)
        judged = fresh("scaling.judge", file, index, built["search_k"])
        asked = fresh("growth.ask", file, index, built["search_k"])
    return built | judged | asked | {"seed": case.seed, "noise": case.noise, "grown": case.products > len(vectors)}


def judge(file: Path, index: Path, search_k: int) -> dict[str, float]:
    """The recall@10 of products that chose nothing, and the share of the true nearest that the graph holds."""
    vectors = np.load(file)
    rows = np.random.default_rng(2).choice(len(vectors), min(JUDGED, len(vectors)), replace=False)
    graph = load_graph(index, len(vectors))
    _, cosines = ExactSearch(vectors).nearest(vectors[rows], graph.shape[1] + 1)
    items = Items.from_items([Item(str(row), None, {}) for row in range(len(vectors))], ())
    searcher = AnnoySearcher(index, items, vectors.shape[1], search_k)
    found = searcher.approximate_others(rows, K)[1]
    linked = -np.sort(-np.vecdot(vectors[graph[rows]], vectors[rows, None]), axis=1)
    return {
        "recall_of_others": recall_at_k(found, cosines[:, 1 : K + 1]),
        "recall_of_graph": recall_at_k(linked, cosines[:, 1:]),
    }


def facts_of(index: Path) -> tuple[Vectors, dict[str, Any]]:
    """The vectors of an index, and what is told of it: whose they are, and what a product takes beside its vector.

    The names and attributes of a product take `opening_bytes` while they are read and `texts_bytes` from then on: what
    a second opening adds, since the first leaves memory that is free but not given back.
    """
    before = resident_mb("self", "RssAnon")
    with highest("RssAnon", every_s=0.01) as most:
        folder = IndexFolder.open(index)
    count, after = len(folder.items), resident_mb("self", "RssAnon")
    again = IndexFolder.open(index)
    vectors = again.searcher.vectors(range(count))
    texts = resident_mb("self", "RssAnon") - after - vectors.nbytes / 2**20
    return vectors, {
        "machine": machine.measure(),
        "vectors": sha256(vectors.tobytes()),
        "products": count,
        "dim": vectors.shape[1],
        "opening_bytes": (most[0] - before) * 2**20 / count,
        "texts_bytes": texts * 2**20 / count,
        "items_bytes": (index / ITEMS).stat().st_size / count,
    }


def main() -> int:
    """Measure what is missing, and write the page; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, help="an index of a whole catalogue, whose vectors are grown")
    parser.add_argument("--results", type=Path, required=True, help="where measurements are kept")
    parser.add_argument("--output", type=Path, required=True, help="where the page and its plots go")
    options = parser.parse_args()
    if options.index:
        vectors, facts = fresh("scaling.facts_of", options.index)
        measure_missing(CASES, options.results, facts, lambda case: measured(vectors, case))
    from scaling_page import write  # here, since what is measured in a fresh process imports this module

    write(json.loads(options.results.read_text("utf-8")), options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
