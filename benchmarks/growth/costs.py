"""Costs of a large catalogue on each engine: embedding time, machines, memory. Arithmetic, not measurements."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

NIGHT_S = 8 * 3600
PICTURES_A_SECOND: Mapping[str, float] = {"shipped encoder": 577, "ResNet-50": 24.4}
"""Pictures a second of a whole build on two cores: the table "Build" of docs/benchmarks.md."""
RAY_OVERHEAD = 1.25
"""Upper bound for the processor time of a picture by Ray, in multiples of a plain build."""
GRAPH_LINKS = 16
"""M of HNSW. The lowest layer of the graph has 2 M links a vector, of 4 bytes each."""
DISKANN_CODES, DISKANN_CACHE, DISKANN_DEGREE = 0.125, 0.1, 56
"""Milvus' defaults for PQCodeBudgetGBRatio, SearchCacheBudgetGBRatio and MaxDegree."""


@dataclass(frozen=True)
class Footprint:
    """Bytes a vector takes in memory, and on disk if the index is searched from there."""

    memory: float
    disk: float = 0


def embedding_s(products: float, pictures_a_second: float) -> float:
    """Seconds in which one machine embeds this many products."""
    return products / pictures_a_second


def machines_for_a_night(products: float, pictures_a_second: float) -> int:
    """Machines that Ray needs to embed this many products in eight hours."""
    return math.ceil(RAY_OVERHEAD * embedding_s(products, pictures_a_second) / NIGHT_S)


def milvus(dim: int) -> dict[str, Footprint]:
    """The footprint of a vector in Milvus by index type, according to its documentation; none was measured here.

    FLAT and IVF_FLAT keep the vectors as they are, IVF_SQ8 a byte a dimension, HNSW the vectors and their links (all:
    milvus.io/docs/index.md; the links as its library lays them out, Malkov & Yashunin 2018), DISKANN compressed codes
    and a cache in memory, and vectors and links on disk (milvus.io/docs/diskann.md).
    """
    raw = 4 * dim
    return {
        "FLAT, IVF_FLAT": Footprint(raw),
        "IVF_SQ8": Footprint(dim),
        "HNSW": Footprint(raw + 2 * GRAPH_LINKS * 4),
        "DISKANN": Footprint((DISKANN_CODES + DISKANN_CACHE) * raw, raw + DISKANN_DEGREE * 4),
    }
