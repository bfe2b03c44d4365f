"""Measures the time to encode a picture and to search an index, and a reference to compare machines by."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

import numpy as np
from PIL import Image

from recsys.core.ranking import recall_at_k
from recsys.evaluate.pool import Encode
from recsys.evaluate.search_task import RANKING_K
from recsys.index.annoy import AnnoySearcher
from recsys.index.annoy.stopwatch import seconds
from recsys.types import Vectors

RUNS = 31
WARM_UP_RUNS = 3
MATRIX_SIDE = 512
SEARCH_K_FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Multiples of the search_k that the index is served with."""
MAX_QUERIES = 500


@dataclass(frozen=True)
class Latency:
    """Median milliseconds to encode one picture, and to multiply two 512 × 512 float32 matrices as a reference."""

    runs: int
    encode_ms: float
    reference_ms: float

    @property
    def ratio(self) -> float:
        """The encoding time as a multiple of the reference, which compares across machines."""
        return self.encode_ms / self.reference_ms


@dataclass(frozen=True)
class SearchSpeed:
    """Recall@10 against exact search, and median milliseconds per query, at this `search_k`.

    `served` says whether the index is served with it.
    """

    search_k: int
    served: bool
    recall: float
    ms: float


def time_encoding(encode: Encode, picture: Image.Image) -> Latency:
    """Encode the picture 31 times, alternating with the reference."""
    matrix = np.random.default_rng(0).random((MATRIX_SIDE, MATRIX_SIDE), dtype=np.float32)
    for _ in range(WARM_UP_RUNS):
        encode([picture])
    both = [(seconds(lambda: encode([picture])), seconds(lambda: matrix @ matrix)) for _ in range(RUNS)]
    encoding, reference = (1000 * median(times) for times in zip(*both, strict=True))
    return Latency(RUNS, encoding, reference)


def time_search(searcher: AnnoySearcher, queries: Vectors) -> tuple[SearchSpeed, ...]:
    """Search for up to 500 of the queries [n, dim] with several values of `search_k`.

    Gives nothing where Annoy does not run, because exact search has no such setting.
    """
    if searcher.problem:
        return ()
    queries, served = queries[:MAX_QUERIES], searcher.search_k
    _, exact = searcher.exact(queries, min(RANKING_K, len(searcher.items)))
    settings = sorted({max(1, round(factor * served)) for factor in SEARCH_K_FACTORS})
    try:
        return tuple(_time_setting(searcher, search_k, queries, exact, search_k == served) for search_k in settings)
    finally:
        searcher.search_k = served


def _time_setting(
    searcher: AnnoySearcher, search_k: int, queries: Vectors, exact: Vectors, served: bool
) -> SearchSpeed:
    searcher.search_k = search_k
    k, cosines, times = exact.shape[1], [], []
    for query in queries:
        started = time.perf_counter()
        cosines.append(searcher.approximate(query[None], k)[1])
        times.append(1000 * (time.perf_counter() - started))
    return SearchSpeed(search_k, served, recall_at_k(np.concatenate(cosines), exact), median(times))
