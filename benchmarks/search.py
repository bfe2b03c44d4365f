"""The served search against the exact one on a real catalogue. Prints Markdown."""

from __future__ import annotations

import argparse
import sys
import time
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from recsys.catalog import Catalog
from recsys.core.ranking import recall_at_k
from recsys.encoder import Encoder
from recsys.images.decode import decode
from recsys.index.folder import IndexFolder

K = 10
FILTERS = 300


def query_vectors(encoder: Encoder, folder: str, limit: int) -> np.ndarray:
    """Vectors of pictures that are not in the index themselves."""
    products = islice(Catalog.open(folder), limit)
    return encoder.encode([decode(product.picture) for product in products if product.picture])


def random_filters(folder: IndexFolder, count: int) -> list[dict[str, list[str | None]]]:
    """Filters on one to three attributes, of one to three values each, drawn evenly from what exists."""
    rng = np.random.default_rng(0)
    filters = []
    for _ in range(count):
        names = rng.choice(list(folder.items.columns), size=rng.integers(1, 4), replace=False)
        vocabularies = {str(name): folder.items.columns[str(name)].vocabulary for name in names}
        filters.append(
            {
                name: [values[place] for place in rng.integers(len(values), size=rng.integers(1, 4))]
                for name, values in vocabularies.items()
            }
        )
    return filters


def finds_itself(folder: IndexFolder, encoder: Encoder, limit: int) -> tuple[int, int]:
    """How many indexed pictures find themselves first, or a twin of equal cosine, embedded anew one by one."""
    count = min(limit, len(folder.items))
    rows = np.random.default_rng(1).choice(len(folder.items), size=count, replace=False)
    right = 0
    for row in rows:
        vector = encoder.encode([decode(folder.thumbnail(int(row)))])
        found, cosines = folder.searcher.search(vector, 1)
        right += found[0, 0] == row or cosines[0, 0] >= float(vector[0] @ folder.searcher.vectors([row])[0]) - 1e-6
    return right, count


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--queries", required=True, help="a dataset whose pictures are the queries")
    parser.add_argument("--limit", type=int, default=1000, help="queries")
    parser.add_argument("--selves", type=int, default=10**9, help="indexed pictures that have to find themselves")
    options = parser.parse_args()
    folder = IndexFolder.open(options.index)
    encoder = Encoder.from_pretrained(options.index)
    queries = query_vectors(encoder, options.queries, options.limit)
    _, found = folder.searcher.search(queries, K)
    _, exact = folder.searcher.exact(queries, K)
    times = []
    for query in queries:
        started = time.perf_counter()
        folder.searcher.search(query[None], K)
        times.append(time.perf_counter() - started)
    search = folder.manifest.search
    print(
        f"- {len(folder.items):,} products, {search.dim} dimensions, {search.n_trees} trees, search_k {search.search_k}"
    )
    print(f"- recall@{K} of the served search on {len(queries):,} other pictures: {recall_at_k(found, exact):.4f}")
    print(f"- a search takes {1000 * np.median(times):.2f} ms (median)")
    equal = filled = 0
    for number, where in enumerate(random_filters(folder, FILTERS)):
        query, passing = queries[number % len(queries)], folder.items.passing(where)
        rows, cosines = folder.searcher.search(query[None], K, where)
        by_hand = np.sort(folder.searcher.vectors(passing) @ query)[::-1][:K]
        equal += rows.shape[1] == len(by_hand) and np.allclose(cosines[0], by_hand, atol=1e-5)
        filled += len(passing) > 0
    print(f"- {equal} of {FILTERS} filtered searches equal the exact answer ({filled} of the filters pass something)")
    right, count = finds_itself(folder, encoder, options.selves)
    print(f"- {right:,} of {count:,} indexed pictures find themselves first, or a twin of equal cosine")


if __name__ == "__main__":
    main()
