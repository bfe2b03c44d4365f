"""How long a query takes, beside something that takes as long on the same machine for every encoder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
from PIL import Image

from recsys.core.ranking import recall_at_k
from recsys.evaluate.pool import Encode
from recsys.evaluate.search_task import DEPTH
from recsys.index.annoy import AnnoySearcher
from recsys.types import Vectors

RUNS, WARM_UP = 31, 3
SIDE = 512
EFFORTS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Shares of the search_k that an index is served with."""
MOST_QUERIES = 500


@dataclass(frozen=True)
class Latency:
    """Median milliseconds of encoding one picture, and of a product of two 512 × 512 matrices of float32 in between."""

    runs: int
    encode_ms: float
    reference_ms: float

    @property
    def ratio(self) -> float:
        """The first as a multiple of the second, to compare machines by."""
        return self.encode_ms / self.reference_ms


@dataclass(frozen=True)
class SearchSpeed:
    """Recall@10 against exact search and milliseconds a query of the served index at this `search_k`."""

    search_k: int
    served: bool
    recall: float
    ms: float


def time_encoding(encode: Encode, picture: Image.Image) -> Latency:
    """Encode the picture 31 times, with the reference in between."""
    matrix = np.random.default_rng(0).random((SIDE, SIDE), dtype=np.float32)
    for _ in range(WARM_UP):
        encode([picture])
    both = [(_ms(lambda: encode([picture])), _ms(lambda: matrix @ matrix)) for _ in range(RUNS)]
    return Latency(RUNS, median(ours for ours, _ in both), median(reference for _, reference in both))


def time_search(searcher: AnnoySearcher, queries: Vectors) -> tuple[SearchSpeed, ...]:
    """Search for up to 500 of the queries [n, dim] with more and with less effort than the index is served with."""
    queries, served = queries[:MOST_QUERIES], searcher.search_k
    _, exact = searcher.exact(queries, min(DEPTH, len(searcher.items)))
    efforts = sorted({max(1, round(effort * served)) for effort in EFFORTS})
    try:
        return tuple(_time_effort(searcher, search_k, queries, exact, search_k == served) for search_k in efforts)
    finally:
        searcher.search_k = served


def _time_effort(searcher: AnnoySearcher, search_k: int, queries: Vectors, exact: Vectors, served: bool) -> SearchSpeed:
    searcher.search_k = search_k
    k, cosines, times = exact.shape[1], [], []
    for query in queries:
        started = time.perf_counter()
        cosines.append(searcher.approximate(query[None], k)[1])
        times.append(1000 * (time.perf_counter() - started))
    return SearchSpeed(search_k, served, recall_at_k(np.concatenate(cosines), exact), median(times))


def _ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)
