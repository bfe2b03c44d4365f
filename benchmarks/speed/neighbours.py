"""The served search beside exact search and hnswlib, on products that are left out of the index.

A thousand products are left out of the index and searched for, as a picture of a product that the shop does not have
would be. The engines take turns, one query at a time on one thread.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import hnswlib
import numpy as np

from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result, figures
from benchmarks.core.timing import ms
from benchmarks.speed.tables import neighbour_tables
from recsys.core.items import Items
from recsys.core.ranking import recall_at_k
from recsys.index.annoy import AnnoySearcher, build, build_for_recall
from recsys.index.annoy.graph import graph_path
from recsys.index.folder import IndexFolder
from recsys.types import Vectors

K = 10
TREES = (10, 20, 40)
SEARCH_K = (100, 200, 400, 800, 1600, 3200)
ALONE_SEARCH_K = (800, 1600, 3200, 6400)
EF = (10, 15, 20, 30, 50, 100)
FILTER_SHARES = (0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)

Ask = Callable[[Vectors], Vectors]


@dataclass(frozen=True)
class Setting:
    """An engine with its parameters. `ask` returns the cosines [k] that it finds for a query [1, dim].

    `effort` is Annoy's search_k or hnswlib's ef.
    """

    engine: str
    n_trees: int | None
    effort: int | None
    ask: Ask


def measure(vectors: Vectors, recall: float = 0.99, held_out: int = 1000, rounds: int = 3) -> dict[str, Any]:
    """Recall@10 and median milliseconds of each engine and setting, with `held_out` of these unit vectors as queries.

    `vectors` is [n, dim]. `rows` has all settings, `at_recall` the milliseconds of each engine where its curve crosses
    `recall`, `ratio` those of Annoy divided by those of hnswlib, and `filters` the milliseconds of a filtered search
    by the share of products that passes.
    """
    mixed = np.random.default_rng(0).permutation(len(vectors))
    queries, rest = vectors[mixed[:held_out]], np.ascontiguousarray(vectors[np.sort(mixed[held_out:])])
    items = items_by_share(len(rest))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "served.ann"
        chosen = build_for_recall(rest, path, items, recall)[-1]
        served = AnnoySearcher(path, items, rest.shape[1], chosen.search_k)
        _, exact = served.exact(queries, K)
        settings = [
            Setting("served", chosen.n_trees, chosen.search_k, partial(ask, served.search)),
            Setting("exact", None, None, partial(ask, served.exact)),
            *annoy_settings(rest, items, path),
            *hnswlib_settings(rest),
        ]
        rows = measure_in_turn(settings, queries, exact, rounds)
        filters = filtered(served, queries, rounds)
    at_recall = {engine: crossing(rows, engine, recall) for engine in ("Annoy", "Annoy alone", "hnswlib")}
    return {
        "products": len(rest),
        "dim": rest.shape[1],
        "queries": len(queries),
        "recall": recall,
        "rows": rows,
        "at_recall": at_recall,
        "ratio": at_recall["Annoy"] / at_recall["hnswlib"],
        "filters": filters,
        "slowest_filter_ms": max(row["ms"] for row in filters),
    }


def items_by_share(count: int) -> Items:
    """Products with an attribute for each share, whose value is `yes` for that share of them."""
    rng = np.random.default_rng(1)
    attributes = {f"{share:.1%}": np.where(rng.random(count) < share, "yes", "no").tolist() for share in FILTER_SHARES}
    return Items([str(row) for row in range(count)], [None] * count, attributes)


def ask(search: Callable, query: Vectors) -> Vectors:
    """The cosines that a method of a searcher finds for a query [1, dim]."""
    return search(query, K)[1][0]


def annoy_settings(vectors: Vectors, items: Items, served: Path) -> list[Setting]:
    """Annoy with the neighbour graph, and Annoy alone, with more and more trees and effort."""

    def effort(searcher: AnnoySearcher, search_k: int, query: Vectors) -> Vectors:
        searcher.search_k = search_k
        return ask(searcher.approximate, query)

    settings = []
    for n_trees in TREES:
        path, alone = served.with_name(f"{n_trees}.ann"), served.with_name(f"alone-{n_trees}.ann")
        build(vectors, path, n_trees)
        shutil.copy(path, alone)
        shutil.copy(graph_path(served), graph_path(path))
        for engine, file, efforts in (("Annoy", path, SEARCH_K), ("Annoy alone", alone, ALONE_SEARCH_K)):
            searcher = AnnoySearcher(file, items, vectors.shape[1], 1)
            settings += [
                Setting(engine, n_trees, search_k, partial(effort, searcher, search_k)) for search_k in efforts
            ]
    return settings


def hnswlib_settings(vectors: Vectors) -> list[Setting]:
    """Hnswlib with its default graph (M 16, ef_construction 200) and more and more effort."""
    index = hnswlib.Index(space="cosine", dim=vectors.shape[1])
    index.init_index(len(vectors), M=16, ef_construction=200, random_seed=1)
    index.add_items(vectors, num_threads=1)

    def search(ef: int, query: Vectors) -> Vectors:
        index.set_ef(ef)
        return 1 - index.knn_query(query, K, num_threads=1)[1][0]

    return [Setting("hnswlib", None, ef, partial(search, ef)) for ef in EF]


def measure_in_turn(settings: list[Setting], queries: Vectors, exact: Vectors, rounds: int) -> list[dict[str, Any]]:
    """Recall and median milliseconds of each setting. In each round every setting answers all queries."""
    times: list[list[float]] = [[] for _ in settings]
    found: list[list[Vectors]] = [[] for _ in settings]
    for _ in range(rounds):
        for place, setting in enumerate(settings):
            found[place] = []
            for query in queries:
                taken, cosines = ms(lambda q=query, s=setting: s.ask(q[None]))
                found[place].append(cosines)
                times[place].append(taken)
    return [
        {
            "engine": setting.engine,
            "n_trees": setting.n_trees,
            "effort": setting.effort,
            "recall": recall_at_k(np.array(cosines), exact),
            "ms": float(np.median(milliseconds)),
        }
        for setting, cosines, milliseconds in zip(settings, found, times, strict=True)
    ]


def crossing(rows: list[dict[str, Any]], engine: str, recall: float) -> float:
    """The milliseconds at which an engine's best curve crosses this recall."""
    curves: dict[int | None, list[tuple[float, float]]] = {}
    for row in rows:
        if row["engine"] == engine:
            curves.setdefault(row["n_trees"], []).append((row["recall"], row["ms"]))
    reaching = [sorted(curve) for curve in curves.values() if max(curve)[0] >= recall]
    return min((float(np.interp(recall, *zip(*curve, strict=True))) for curve in reaching), default=float("nan"))


def filtered(searcher: AnnoySearcher, queries: Vectors, rounds: int) -> list[dict[str, Any]]:
    """Median milliseconds of a filtered search, the filter included, by the share of products that passes."""
    times: dict[str, list[float]] = {name: [] for name in searcher.items.columns}
    for number in range(20 * rounds):
        for name, taken in times.items():
            query = queries[number % len(queries)][None]
            taken.append(ms(lambda q=query, n=name: searcher.search(q, K, {n: "yes"}))[0])
    return [{"share": name, "ms": float(np.median(taken))} for name, taken in times.items()]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--recall", type=float, default=0.99)
    parser.add_argument("--held-out", type=int, default=1000, help="products to search for")
    parser.add_argument("--rounds", type=int, default=3)


def run(options: argparse.Namespace) -> Result:
    folder = IndexFolder.open(options.index)
    vectors = folder.searcher.vectors(range(len(folder.items)))
    found = measure(vectors, options.recall, options.held_out, options.rounds)
    at_recall = {f"{engine} at recall {options.recall}, ms": taken for engine, taken in found["at_recall"].items()}
    at_recall["Annoy in multiples of hnswlib"] = found["ratio"]
    return Result(dict(neighbour_tables(found)) | {"At equal recall": figures(at_recall)})
