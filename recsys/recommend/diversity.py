"""Diversity by maximal marginal relevance (MMR): matches that are close to the query and differ among themselves."""

from __future__ import annotations

import numpy as np

from recsys.core.linalg import unit
from recsys.errors import QueryError
from recsys.types import Rows, Vectors

CANDIDATES_PER_MATCH = 5
MAX_CANDIDATES = 500


def pool_size(k: int) -> int:
    """The number of candidates to choose k diverse matches from. More would bring in products far from the query."""
    return max(k, min(CANDIDATES_PER_MATCH * k, MAX_CANDIDATES))


def maximal_marginal_relevance(relevance: Vectors, vectors: Vectors, k: int, diversity: float) -> Rows:
    """The indices of k candidates chosen by maximal marginal relevance (Carbonell & Goldstein 1998), in that order.

    `relevance` [n] is the cosine of each candidate to the query, highest first; `vectors` [n, dim] are their unit
    vectors. The first candidate is always chosen. Each further one has the highest (1 - diversity) × relevance minus
    diversity × its greatest similarity to those already chosen: at 0 these are the first k, at 1 each is the one least
    similar to those before it. Cosines within a candidate list lie close together, in a range that differs from query
    to query. So relevance is scaled to run from 0 for the last candidate to 1 for the first, and similarity is the
    cosine after the mean of the candidates is subtracted.

    Raises QueryError for a diversity outside 0 to 1.
    """
    if not 0 <= diversity <= 1:
        raise QueryError(f"diversity runs from 0 (most similar) to 1 (most varied); got {diversity!r}.")
    if diversity == 0 or len(relevance) <= 1:
        return np.arange(min(k, len(relevance)))
    relative = (relevance - relevance[-1]) / max(relevance[0] - relevance[-1], np.finfo(np.float32).tiny)
    centred = unit(vectors - vectors.mean(axis=0))
    chosen = [0]
    similarity = centred @ centred[0]
    for _ in range(1, min(k, len(relevance))):
        scores = (1 - diversity) * relative - diversity * similarity
        scores[chosen] = -np.inf
        chosen.append(int(scores.argmax()))
        similarity = np.maximum(similarity, centred @ centred[chosen[-1]])
    return np.array(chosen, dtype=np.int64)
