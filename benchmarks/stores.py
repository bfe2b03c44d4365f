"""Annoy and Milvus side by side: time of a query, and recall with and without a filter. Prints Markdown.

    python benchmarks/stores.py --index INDEX [--uri URI]

The queries are products moved at random to a cosine of about 0.9. Without --uri it is Milvus Lite, in a folder that is
deleted afterwards; a server keeps the collection, under the last index. Needs requirements-scale.txt.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.core.ranking import recall_at_k
from recsys.index.folder import IndexFolder
from recsys.stores.milvus import IndexCollection, Milvus, MilvusSearcher, load
from recsys.stores.milvus.client import WORK_SECONDS, pymilvus
from recsys.stores.milvus.schema import ROW, VECTOR, expression
from recsys.types import Rows, Searcher, Vectors, Where

K = 10
NEAR = 0.5
"""The length of what is added to a unit vector: 1 / sqrt(1 + NEAR²) is the cosine that is left."""
SHARES = (1.0, 0.3, 0.1, 0.01)

Answers = tuple[Rows, Vectors]
Search = Callable[[Vectors], Answers]


def queries_of(vectors: Vectors, count: int) -> Vectors:
    """Queries near to products, [count, dim]."""
    rng = np.random.default_rng(0)
    noise = unit(rng.normal(size=(count, vectors.shape[1])).astype(np.float32))
    return unit(vectors[rng.choice(len(vectors), count)] + NEAR * noise)


def filters_of(items: Items) -> list[Where | None]:
    """No filter, and of all that ask for one value of one attribute those that are nearest to each share passing."""
    values = [(name, value, n) for name, column in items.columns.items() for value, n in column.counts.items()]
    found: list[Where | None] = [None]
    for share in SHARES[1:]:
        name, value, _ = min(values, key=lambda known: abs(known[2] - share * len(items)))
        found.append({name: value})
    return found


def timed(search: Search, queries: Vectors) -> tuple[list[float], list[Vectors]]:
    """Milliseconds of each query alone, and the cosines it found."""
    search(queries[:1])
    times, cosines = [], []
    for query in queries:
        started = time.perf_counter()
        cosines.append(search(query[None])[1][0])
        times.append(1000 * (time.perf_counter() - started))
    return times, cosines


def by_graph(milvus: Milvus, collection: str, items: Items, local: Searcher, where: Where | None) -> Search:
    """A search by the HNSW graph that `with_graph` has made, as it is: not what is served."""

    def search(query: Vectors) -> Answers:
        options = {"limit": K, "filter": expression(items, where or {}), "search_params": {"params": {"ef": 128}}}
        (hits,) = milvus.ask("search", collection, data=list(query), output_fields=[ROW], seconds=60, **options)
        rows = np.array([hit[ROW] for hit in hits], dtype=np.int64)
        return rows[None], np.append(local.vectors(rows) @ query[0], np.full(K, -1, np.float32))[None, :K]

    return search


def with_graph(milvus: Milvus, collection: str) -> None:
    """Give the collection an HNSW index in place of its exact one."""
    indexes = pymilvus().MilvusClient.prepare_index_params()
    indexes.add_index(VECTOR, index_type="HNSW", metric_type="IP", params={"M": 16, "efConstruction": 200})
    milvus.ask("release_collection", collection)
    milvus.ask("drop_index", collection, VECTOR)
    for call in (["create_index", collection, indexes], ["load_collection", collection]):
        milvus.ask(*call, seconds=WORK_SECONDS)


def show(engine: str, search: Search, queries: Vectors, where: Where | None, passing: float, exact: Vectors) -> None:
    """Ask, and print a line of the table."""
    times, cosines = timed(search, queries)
    half, most = np.percentile(times, [50, 95])
    recall = recall_at_k(np.stack(cosines), exact)
    print(f"| {where or 'none'} | {passing:.1%} | {engine} | {half:.2f} | {most:.2f} | {recall:.4f} |", flush=True)


def measure(folder: IndexFolder, uri: str, count: int) -> None:
    """Load, ask and print."""
    items, annoy = folder.items, folder.searcher
    queries = queries_of(annoy.vectors(range(len(items))), count)
    milvus, collection = Milvus(uri), IndexCollection.from_manifest(folder.manifest)
    started = time.perf_counter()
    load(milvus, collection, items, annoy)
    print(f"\n{len(items):,} products of {queries.shape[1]} dimensions loaded in {time.perf_counter() - started:.1f} s")
    served = MilvusSearcher(milvus, collection, items, annoy)
    cases = [
        (where, len(items.passing(where or {})) / len(items), annoy.exact(queries, K, where or {})[1])
        for where in filters_of(items)
    ]
    print("\n| filter | passes | engine | median ms | 95 % ms | recall@10 |\n| --- | --- | --- | --- | --- | --- |")
    for engine, searcher in {"Annoy": annoy, "Milvus": served}.items():
        for where, passing, exact in cases:
            show(engine, lambda query, s=searcher, w=where: s.search(query, K, w), queries, where, passing, exact)
    with_graph(milvus, collection.name)
    for where, passing, exact in cases:
        search = by_graph(milvus, collection.name, items, annoy, where)
        show("Milvus by HNSW, not served", search, queries, where, passing, exact)


def main() -> None:
    """Read the flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--uri", help="a Milvus server; Milvus Lite otherwise")
    parser.add_argument("--queries", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(IndexFolder.open(options.index), options.uri or f"{folder}/stores.db", options.queries)


if __name__ == "__main__":
    main()
