"""Measures the recall of a loaded collection, and chooses how to search it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import numpy as np

from recsys.core.columns import Column
from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.core.ranking import recall_at_k
from recsys.stores.milvus.plan import IndexKind, Plan, Way, is_always_exact
from recsys.stores.milvus.searcher import MilvusSearcher
from recsys.types import Rows, Searcher, Value, Vectors, Where

RECALL_K = 10
MISS_MARGIN = 0.3
"""The measured recall must miss this share less than allowed, as a margin for other queries."""
QUERIES = 100
NOISE = 0.5
"""The length of the noise that is added to the vector of a product: the cosine to it is then about 0.9."""
EFFORTS = (64, 128, 256, 512, 1024, 2048, 4096)
FILTERED_EFFORTS = (None, 128, 256, 512, 1024, 2048, 4096)
"""The efforts that are tried with a filter; None is an exact search."""
MAX_SLOWER = 1.5
"""Efforts above one that takes this much longer than a lower one are not tried."""
SHARES = (0.5, 0.3, 0.2, 0.14, 0.1, 0.07)
"""Filters that pass about these shares are measured. A smaller share than the last is answered exactly."""
MAX_SHARE_RATIO = 1.2
"""A measured filter passes at most this many times more or less than the share that it is to measure."""
SEED = 20261128

Exact = Callable[[Vectors, int, Where | None], tuple[Rows, Vectors]]

logger = logging.getLogger(__name__)


def tune(searcher: MilvusSearcher, local: Searcher, kind: IndexKind, recall: float) -> Plan:
    """The plan that reaches `recall` in the least time, with no filter and with filters of several shares.

    The queries lie near products of the catalogue. `local` holds the same vectors and knows the exact answers.
    """
    if kind == "FLAT":
        return Plan(kind)
    items, exact = searcher.items, getattr(local, "exact", local.search)
    wanted = recall + MISS_MARGIN * (1 - recall)
    queries = _queries(local, len(items))
    filters: list[tuple[float, Where | None]] = [(1.0, None), *_filters(items)]
    ways = (_choose(searcher, share, queries, where, exact, wanted) for share, where in filters)
    return Plan(kind, tuple(ways))


def _queries(local: Searcher, count: int) -> Vectors:
    rng = np.random.default_rng(SEED)
    vectors = local.vectors(np.sort(rng.choice(count, min(QUERIES, count), replace=False)))
    return unit(vectors + NOISE * unit(rng.normal(size=vectors.shape)))


def _filters(items: Items) -> list[tuple[float, Where]]:
    """For each share, values of one attribute that together pass about this share of the products; falling."""
    found: dict[float, Where] = {}
    for wanted in SHARES if items.columns else ():
        of_each = {name: _values(column, wanted * len(items)) for name, column in items.columns.items()}
        name = min(of_each, key=lambda name: abs(of_each[name][0] / len(items) - wanted))
        passing, values = of_each[name]
        share = passing / len(items)
        is_near = max(share, wanted) <= MAX_SHARE_RATIO * min(share, wanted)
        if is_near and not is_always_exact(passing, len(items)):
            found.setdefault(share, {name: values})
    return sorted(found.items(), key=lambda pair: -pair[0])


def _values(column: Column, wanted: float) -> tuple[int, list[Value]]:
    """Values that about this many products have, the most common first; and the number of these products."""
    passing = 0
    values: list[Value] = []
    for value, products in column.counts.items():
        if passing < wanted and passing + products <= MAX_SHARE_RATIO * wanted:
            passing, values = passing + products, [*values, value]
    return passing, values


def _choose(
    searcher: MilvusSearcher, share: float, queries: Vectors, where: Where | None, exact: Exact, wanted: float
) -> Way:
    """The fastest way that reaches the recall `wanted`, or else the one with the highest recall.

    With a filter, a low effort is slow too, because it finds too little, and the search is then exact.
    """
    best = exact(queries, RECALL_K, where)[1]
    found: list[Way] = []
    for effort in EFFORTS if where is None else FILTERED_EFFORTS:
        found.append(_measure(searcher, share, effort, queries, where, best))
        enough = [way for way in found if way.recall >= wanted]
        by_graph = [way.ms for way in enough if way.effort]
        if by_graph and found[-1] in enough and (where is None or found[-1].ms > MAX_SLOWER * min(by_graph)):
            break
    chosen = min(enough, key=lambda way: way.ms) if enough else max(found, key=lambda way: way.recall)
    logger.info("Milvus, filter %s: %s", where, chosen)
    if not enough:
        logger.warning("With the filter %s Milvus finds %.1f %% of the nearest.", where, 100 * chosen.recall)
    return chosen


def _measure(
    searcher: MilvusSearcher, share: float, effort: int | None, queries: Vectors, where: Where | None, best: Vectors
) -> Way:
    """The recall and the time of this effort, with the queries one by one."""
    started = time.perf_counter()
    cosines = [searcher.search_with(effort, query[None], best.shape[1], where)[1] for query in queries]
    ms = 1000 * (time.perf_counter() - started) / len(queries)
    return Way(round(share, 4), effort, round(recall_at_k(np.concatenate(cosines), best), 4), round(ms, 2))
