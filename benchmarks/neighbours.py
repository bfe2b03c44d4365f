"""The served search beside exact search and hnswlib, on products that are left out of the index. Prints Markdown.

A thousand products are taken out of the catalogue of an index and asked for in an index of the rest, as a picture of a
product that the shop does not have would be. Engines take turns, one query at a time on one thread.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import hnswlib
import numpy as np

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
SHARES = (0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)

Ask = Callable[[Vectors], Vectors]


@dataclass(frozen=True)
class Way:
    """An engine at one setting, and how it is asked: a query [1, dim] gives the cosines [k] of what it finds.

    `effort` is Annoy's search_k and hnswlib's ef.
    """

    engine: str
    n_trees: int | None
    effort: int | None
    ask: Ask


def measure(vectors: Vectors, recall: float = 0.99, held_out: int = 1000, rounds: int = 3) -> dict:
    """Recall@10 and median milliseconds of each engine and setting on `held_out` of these unit vectors [n, dim].

    `rows` has them all; `at_recall` the milliseconds of each engine where its curve crosses `recall`, and `ratio` how
    many times slower the served search is than hnswlib there; `filters` the milliseconds by the share that passes.
    """
    mixed = np.random.default_rng(0).permutation(len(vectors))
    queries, rest = vectors[mixed[:held_out]], np.ascontiguousarray(vectors[np.sort(mixed[held_out:])])
    items = items_by_share(len(rest))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "served.ann"
        chosen = build_for_recall(rest, path, items, recall)[-1]
        served = AnnoySearcher(path, items, rest.shape[1], chosen.search_k)
        _, exact = served.exact(queries, K)
        ways = [
            Way("served", chosen.n_trees, chosen.search_k, partial(ask, served.search)),
            Way("exact", None, None, partial(ask, served.exact)),
            *annoy_ways(rest, items, path),
            *hnswlib_ways(rest),
        ]
        rows = in_turn(ways, queries, exact, rounds)
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
    }


def items_by_share(count: int) -> Items:
    """Products with an attribute for each share, which so many of them have."""
    rng = np.random.default_rng(1)
    attributes = {f"{share:.1%}": np.where(rng.random(count) < share, "yes", "no").tolist() for share in SHARES}
    return Items([str(row) for row in range(count)], [None] * count, attributes)


def ask(search: Callable, query: Vectors) -> Vectors:
    """The cosines that a searcher's method finds for a query [1, dim]."""
    return search(query, K)[1][0]


def annoy_ways(vectors: Vectors, items: Items, served: Path) -> list[Way]:
    """The search by Annoy and the graph of neighbours, with more trees and more effort; and by Annoy alone."""

    def effort(searcher: AnnoySearcher, search_k: int, query: Vectors) -> Vectors:
        searcher.search_k = search_k
        return ask(searcher.approximate, query)

    ways = []
    for n_trees in TREES:
        path, alone = served.with_name(f"{n_trees}.ann"), served.with_name(f"alone-{n_trees}.ann")
        build(vectors, path, n_trees)
        shutil.copy(path, alone)
        shutil.copy(graph_path(served), graph_path(path))
        for engine, file, efforts in (("Annoy", path, SEARCH_K), ("Annoy alone", alone, ALONE_SEARCH_K)):
            searcher = AnnoySearcher(file, items, vectors.shape[1], 1)
            ways += [Way(engine, n_trees, search_k, partial(effort, searcher, search_k)) for search_k in efforts]
    return ways


def hnswlib_ways(vectors: Vectors) -> list[Way]:
    """The graph of hnswlib as its authors set it (M 16, ef_construction 200), with more effort."""
    index = hnswlib.Index(space="cosine", dim=vectors.shape[1])
    index.init_index(len(vectors), M=16, ef_construction=200, random_seed=1)
    index.add_items(vectors, num_threads=1)

    def search(ef: int, query: Vectors) -> Vectors:
        index.set_ef(ef)
        return 1 - index.knn_query(query, K, num_threads=1)[1][0]

    return [Way("hnswlib", None, ef, partial(search, ef)) for ef in EF]


def in_turn(ways: list[Way], queries: Vectors, exact: Vectors, rounds: int) -> list[dict]:
    """Recall and median milliseconds of each way: in each round every way answers all queries."""
    times: list[list[float]] = [[] for _ in ways]
    found: list[list[Vectors]] = [[] for _ in ways]
    for _ in range(rounds):
        for place, way in enumerate(ways):
            found[place] = []
            for query in queries:
                started = time.perf_counter()
                found[place].append(way.ask(query[None]))
                times[place].append(1000 * (time.perf_counter() - started))
    return [
        {
            "engine": way.engine,
            "n_trees": way.n_trees,
            "effort": way.effort,
            "recall": recall_at_k(np.array(cosines), exact),
            "ms": float(np.median(milliseconds)),
        }
        for way, cosines, milliseconds in zip(ways, found, times, strict=True)
    ]


def crossing(rows: list[dict], engine: str, recall: float) -> float:
    """The milliseconds at which an engine's best curve crosses this recall."""
    curves: dict[int | None, list[tuple[float, float]]] = {}
    for row in rows:
        if row["engine"] == engine:
            curves.setdefault(row["n_trees"], []).append((row["recall"], row["ms"]))
    reaching = [sorted(curve) for curve in curves.values() if max(curve)[0] >= recall]
    return min((float(np.interp(recall, *zip(*curve, strict=True))) for curve in reaching), default=float("nan"))


def filtered(searcher: AnnoySearcher, queries: Vectors, rounds: int) -> list[dict]:
    """Median milliseconds of a filtered search, the filter included, by the share of products that passes."""
    times: dict[str, list[float]] = {name: [] for name in searcher.items.columns}
    for number in range(20 * rounds):
        for name, taken in times.items():
            started = time.perf_counter()
            searcher.search(queries[number % len(queries)][None], K, {name: "yes"})
            taken.append(1000 * (time.perf_counter() - started))
    return [{"share": name, "ms": float(np.median(taken))} for name, taken in times.items()]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--recall", type=float, default=0.99)
    parser.add_argument("--held-out", type=int, default=1000, help="products to ask for")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folder = IndexFolder.open(options.index)
    vectors = folder.searcher.vectors(range(len(folder.items)))
    found = measure(vectors, options.recall, options.held_out, options.rounds)
    print(
        f"{found['products']:,} products, {found['dim']} dimensions, {found['queries']:,} queries left out of them.\n"
    )
    print(f"| engine | trees | search_k or ef | recall@{K} | ms a query |\n| --- | --- | --- | --- | --- |")
    for row in found["rows"]:
        setting = f"{row['engine']} | {row['n_trees'] or ''} | {row['effort'] or ''}"
        print(f"| {setting} | {row['recall']:.4f} | {row['ms']:.3f} |")
    at_recall = ", ".join(f"{engine} {ms:.3f} ms" for engine, ms in found["at_recall"].items())
    print(f"\nAt recall {found['recall']}: {at_recall}; the search takes {found['ratio']:.1f} × hnswlib.\n")
    print("| share that passes a filter | ms a query |\n| --- | --- |")
    for row in found["filters"]:
        print(f"| {row['share']} | {row['ms']:.2f} |")


if __name__ == "__main__":
    main()
