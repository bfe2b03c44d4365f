"""The served search on a real catalogue: recall, filters against exact search, whether pictures find themselves."""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.core.results import Result, figures
from benchmarks.core.timing import ms
from recsys.catalog import Catalog
from recsys.core.ranking import recall_at_k
from recsys.encoder import Encoder
from recsys.images.decode import decode
from recsys.index.folder import IndexFolder
from recsys.types import Vectors

K = 10
FILTERS = 300


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--queries", required=True, help="a dataset whose pictures are the queries")
    parser.add_argument("--limit", type=int, default=1000, help="queries")
    parser.add_argument("--selves", type=int, default=10**9, help="indexed pictures that should find themselves")


def run(options: argparse.Namespace) -> Result:
    folder, encoder = IndexFolder.open(options.index), Encoder.from_pretrained(options.index)
    products = islice(Catalog.open(options.queries), options.limit)
    queries = encoder.encode([decode(product.picture) for product in products if product.picture])
    _, found = folder.searcher.search(queries, K)
    _, exact = folder.searcher.exact(queries, K)
    times = [ms(lambda q=query: folder.searcher.search(q[None], K))[0] for query in queries]
    equal, nonempty = _compare_filtered(folder, queries)
    right, count = _find_themselves(folder, encoder, options.selves)
    search = folder.manifest.search
    summary = {
        "products": len(folder.items),
        "dimensions": search.dim,
        "trees": search.n_trees,
        "search_k": search.search_k,
        "queries": len(queries),
        f"recall@{K} of the served search": recall_at_k(found, exact),
        "a search, ms (median)": float(np.median(times)),
        "filtered searches": FILTERS,
        "… equal to the exact answer": equal,
        "… whose filter passes something": nonempty,
        "indexed pictures searched": count,
        "… that find themselves first, or a twin of equal cosine": right,
    }
    failures = [] if equal == FILTERS else [f"{FILTERS - equal} filtered searches differ from the exact answer"]
    return Result({"": figures(summary)}, failures)


def _compare_filtered(folder: IndexFolder, queries: Vectors) -> tuple[int, int]:
    """How many filtered searches equal the exact answer, and how many filters pass something."""
    equal = nonempty = 0
    for number, where in enumerate(_random_filters(folder)):
        query, passing = queries[number % len(queries)], folder.items.passing(where)
        rows, cosines = folder.searcher.search(query[None], K, where)
        expected = np.sort(folder.searcher.vectors(passing) @ query)[::-1][:K]
        equal += rows.shape[1] == len(expected) and np.allclose(cosines[0], expected, atol=1e-5)
        nonempty += len(passing) > 0
    return equal, nonempty


def _random_filters(folder: IndexFolder) -> list[dict[str, list[str | None]]]:
    """Filters on one to three attributes with one to three values each, drawn uniformly from those that exist."""
    rng, columns, filters = np.random.default_rng(0), folder.items.columns, []
    for _ in range(FILTERS):
        names = rng.choice(list(columns), size=rng.integers(1, 4), replace=False)
        values = {str(name): columns[str(name)].vocabulary for name in names}
        filters.append(
            {
                name: [known[at] for at in rng.integers(len(known), size=rng.integers(1, 4))]
                for name, known in values.items()
            }
        )
    return filters


def _find_themselves(folder: IndexFolder, encoder: Encoder, limit: int) -> tuple[int, int]:
    """How many indexed pictures, encoded again one by one, find themselves first or a twin; and how many were tried."""
    count, right = min(limit, len(folder.items)), 0
    for row in np.random.default_rng(1).choice(len(folder.items), size=count, replace=False):
        vector = encoder.encode([decode(folder.thumbnail(int(row)))])
        found, cosines = folder.searcher.search(vector, 1)
        right += found[0, 0] == row or cosines[0, 0] >= float(vector[0] @ folder.searcher.vectors([row])[0]) - 1e-6
    return right, count
