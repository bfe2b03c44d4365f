"""Measures the recall of a loaded collection, and chooses how to search it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

import numpy as np

from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.core.ranking import recall_at_k
from recsys.stores.milvus.plan import EXACT_SHARE, IndexKind, Plan, Way
from recsys.stores.milvus.searcher import MilvusSearcher
from recsys.types import Rows, Searcher, Vectors, Where

RECALL_K = 10
MISS_MARGIN = 0.3
"""The measured recall must miss this share less than allowed, as a margin for other queries."""
QUERIES = 100
NOISE = 0.5
"""The length of the noise that is added to the vector of a product: the cosine to it is then about 0.9."""
EFFORTS = (64, 128, 256, 512, 1024, 2048, 4096)
FILTERED_EFFORTS = (None, 128, 512, 2048)
"""The efforts that are tried with a filter; None is an exact search."""
SHARES = (0.5, 0.3, 0.15, 0.09)
"""Filters that pass about these shares are measured. A smaller share is answered exactly."""
MAX_SHARE_RATIO = 1.5
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


def _filters(items: Items) -> Iterator[tuple[float, Where]]:
    """For each share, the attribute value that the share of products nearest to it has."""
    count = len(items)
    known = [(n / count, {name: value}) for name, column in items.columns.items() for value, n in column.counts.items()]
    nearest = [min(known, key=lambda pair: abs(np.log(pair[0] / wanted))) for wanted in SHARES if known]
    for place, (share, where) in enumerate(nearest):
        ratio = max(share / SHARES[place], SHARES[place] / share)
        if ratio <= MAX_SHARE_RATIO and share > EXACT_SHARE and (share, where) not in nearest[:place]:
            yield share, where


def _choose(
    searcher: MilvusSearcher, share: float, queries: Vectors, where: Where | None, exact: Exact, wanted: float
) -> Way:
    """The fastest way that reaches the recall `wanted`, or else the one with the highest recall."""
    best = exact(queries, RECALL_K, where)[1]
    found: list[Way] = []
    for effort in EFFORTS if where is None else FILTERED_EFFORTS:
        found.append(_measure(searcher, share, effort, queries, where, best))
        if where is None and found[-1].recall >= wanted:
            break
    enough = [way for way in found if way.recall >= wanted]
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
