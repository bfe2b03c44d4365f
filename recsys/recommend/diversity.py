"""Similar or varied: which of the matches to show so that they are close to the query and not all alike."""

from __future__ import annotations

import numpy as np

from recsys.core.linalg import unit
from recsys.errors import QueryError
from recsys.types import Rows, Vectors

POOL_PER_MATCH = 5
LARGEST_POOL = 500


def pool_size(k: int) -> int:
    """How many matches to choose k varied ones from: enough for variety, and all of them still like the query."""
    return max(k, min(POOL_PER_MATCH * k, LARGEST_POOL))


def maximal_marginal_relevance(relevance: Vectors, vectors: Vectors, k: int, diversity: float) -> Rows:
    """The places of k matches by maximal marginal relevance (Carbonell & Goldstein 1998), in the order of choice.

    `relevance` [n] are the cosines to the query of the pool of matches, best first, `vectors` [n, dim] their unit
    vectors. At `diversity` 0 these are the first k, at 1 each is the one least like those before it; the best match is
    always the first. The cosines within a pool lie closely together, and differently in each: both terms are therefore
    taken relative to the pool, relevance from 0 for its last to 1 for its best, likeness as the cosine about its
    centre. Raises QueryError for a diversity outside 0 to 1.
    """
    if not 0 <= diversity <= 1:
        raise QueryError(f"diversity runs from 0 (most similar) to 1 (most varied); got {diversity!r}.")
    if diversity == 0 or len(relevance) <= 1:
        return np.arange(min(k, len(relevance)))
    relative = (relevance - relevance[-1]) / max(relevance[0] - relevance[-1], np.finfo(np.float32).tiny)
    centred = unit(vectors - vectors.mean(axis=0))
    chosen = [0]
    likeness = centred @ centred[0]
    for _ in range(1, min(k, len(relevance))):
        scores = (1 - diversity) * relative - diversity * likeness
        scores[chosen] = -np.inf
        chosen.append(int(scores.argmax()))
        likeness = np.maximum(likeness, centred @ centred[chosen[-1]])
    return np.array(chosen, dtype=np.int64)
