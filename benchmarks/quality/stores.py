"""Annoy and Milvus side by side: time of a query, and recall with and without a filter.

The queries are products moved at random to a cosine of about 0.9. Without --uri this is Milvus Lite in a temporary
folder. A server keeps the collection. Its token is the variable STORE_TOKEN. With --rows, products are synthetic, an
exact scan takes the place of Annoy, and the folder --data keeps the index. Needs requirements-scale.txt.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result, figures
from benchmarks.core.timing import ms
from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.core.ranking import recall_at_k
from recsys.index.folder import IndexFolder
from recsys.stores.milvus import IndexCollection, Milvus, MilvusSearcher, load
from recsys.types import Rows, Searcher, Vectors, Where
from testkit.large_shop import FileSearcher, write_large_shop

K = 10
NEAR = 0.5
"""Length of the noise that is added to a unit vector; the cosine to it is then about 1 / sqrt(1 + NEAR²)."""
SHARES = (1.0, 0.3, 0.1, 0.01)

Answers = tuple[Rows, Vectors]
Search = Callable[[Vectors], Answers]
Case = tuple[Where | None, float, Vectors]
"""A filter, the share of products that pass, and the exact cosines of each query."""


def queries_of(searcher: Searcher, products: int, count: int) -> Vectors:
    """Queries near products, [count, dim]."""
    rng = np.random.default_rng(0)
    noise = unit(rng.normal(size=(count, searcher.vectors([0]).shape[1])).astype(np.float32))
    return unit(searcher.vectors(rng.choice(products, count)) + NEAR * noise)


def filters_of(items: Items) -> list[Where | None]:
    """No filter, and for each share the filter on one attribute value that passes about this share."""
    values = [(name, value, n) for name, column in items.columns.items() for value, n in column.counts.items()]
    found: list[Where | None] = [None]
    for share in SHARES[1:]:
        name, value, _ = min(values, key=lambda known: abs(known[2] - share * len(items)))
        found.append({name: value})
    return found


def measured(engine: str, search: Search, queries: Vectors, case: Case) -> dict[str, Any]:
    """Search for each query alone; returns the row of the table."""
    where, passing, exact = case
    search(queries[:1])
    answers = [ms(lambda q=query: search(q[None])) for query in queries]
    p50, p95 = np.percentile([taken for taken, _ in answers], (50, 95)).tolist()
    return {
        "filter": str(where or "none"),
        "passes": f"{passing:.1%}",
        "engine": engine,
        "median, ms": p50,
        "p95, ms": p95,
        "recall@10": recall_at_k(np.stack([cosines[0] for _, (_, cosines) in answers]), exact),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--uri", help="a Milvus server; Milvus Lite by default")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--rows", type=int, help="synthetic products instead of those of --index")
    parser.add_argument("--dim", type=int, default=64, help="dimensions of their vectors")
    parser.add_argument("--data", type=Path, help="folder for the synthetic index")


def opened(options: argparse.Namespace) -> tuple[IndexFolder, Searcher]:
    """The index, and what searches it on this machine."""
    if not options.rows:
        folder = IndexFolder.open(options.index)
        return folder, folder.searcher
    shop = options.data / f"shop{options.rows}x{options.dim}"
    if not shop.exists():
        write_large_shop(shop, options.rows, options.dim, options.index)
    folder = IndexFolder.open(shop, in_store=True)
    return folder, FileSearcher(shop.with_suffix(".npy"), folder.items)


def run(options: argparse.Namespace) -> Result:
    folder, local = opened(options)
    items, exact = folder.items, getattr(local, "exact", local.search)
    queries = queries_of(local, len(items), options.queries)
    cases: list[Case] = [
        (where, len(items.passing(where or {})) / len(items), exact(queries, K, where)[1])
        for where in filters_of(items)
    ]
    with tempfile.TemporaryDirectory() as temporary:
        milvus = Milvus(options.uri or f"{temporary}/stores.db", os.environ.get("STORE_TOKEN"))
        collection = IndexCollection.from_manifest(folder.manifest)
        started = time.perf_counter()
        plan = load(milvus, collection, items, local)
        summary = {
            "products": len(items),
            "dimensions": queries.shape[1],
            "loaded and measured in, s": time.perf_counter() - started,
            "server": milvus.ask("get_server_version"),
            "index": plan.kind,
        }
        in_milvus = MilvusSearcher(milvus, collection, items, local)
        names = ("an exact scan" if options.rows else "Annoy", "Milvus")
        rows = [
            measured(engine, lambda q, s=searcher, c=case: s.search(q, K, c[0]), queries, case)
            for engine, searcher in zip(names, (local, in_milvus), strict=True)
            for case in cases
        ]
    return Result({"": rows, " ": figures(summary)})
