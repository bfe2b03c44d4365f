"""The Annoy file, which holds the vectors too.

It is an array of nodes, each a header and a vector, and its first n nodes are the items themselves, in order. The
vectors are read from there by memory map, so that exact search needs no copy of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

import annoy
import numpy as np

from recsys.errors import IndexDamagedError
from recsys.manifest import MEND
from recsys.types import Vectors

Metric = Literal["euclidean", "angular"]
METRIC: Metric = "euclidean"
"""What new indexes are built with. Unit vectors have the same neighbours by distance as by cosine, and the trees are
better: Annoy's angular ones cut space through the origin, the Euclidean ones half-way between two clusters."""
HEADERS: dict[str, int] = {"euclidean": 16, "angular": 12}
"""Bytes before the vector of a node, by metric; angular is that of older indexes."""
SEED = 20261124
UNIT_TOLERANCE = 1e-3


def build(vectors: Vectors, path: Path, n_trees: int) -> None:
    """Write the Annoy index of unit `vectors` [n, dim] to `path`; equal vectors give equal bytes."""
    index = annoy.AnnoyIndex(vectors.shape[1], METRIC)
    index.set_seed(SEED)
    for row, vector in enumerate(vectors):
        index.add_item(row, vector.tolist())
    index.build(n_trees, n_jobs=1)
    index.save(str(path))
    index.unload()


def load_vectors(path: Path, count: int, dim: int, metric: str) -> Vectors:
    """The item vectors inside the Annoy file, [count, dim], as a memory map.

    Raises IndexDamagedError where the file does not have that shape, or a vector is not of length one.
    """
    if metric not in HEADERS:
        raise IndexDamagedError(f"{path.name} is of the metric {metric!r}; known are {', '.join(HEADERS)}. {MEND}")
    node = HEADERS[metric] + 4 * dim
    size = path.stat().st_size if path.is_file() else 0
    if size % node or size < count * node:
        raise IndexDamagedError(
            f"{path.name} has {size} bytes, which is no Annoy index of {count} vectors of {dim} dimensions. {MEND}"
        )
    layout = np.dtype([("header", f"V{HEADERS[metric]}"), ("vector", "<f4", (dim,))])
    vectors: Vectors = np.asarray(np.memmap(path, dtype=layout, mode="r", shape=(count,))["vector"])
    lengths = np.sqrt(np.vecdot(vectors, vectors))
    if not (np.abs(lengths - 1) <= UNIT_TOLERANCE).all():
        raise IndexDamagedError(f"{path.name} holds vectors that are not of length one. {MEND}")
    return vectors


def load_trees(path: Path, count: int, dim: int, metric: str) -> annoy.AnnoyIndex:
    """The Annoy index of the file. Raises IndexDamagedError where it does not hold `count` vectors of `dim`."""
    index = annoy.AnnoyIndex(dim, cast(Metric, metric))
    try:
        index.load(str(path))
    except OSError as error:
        raise IndexDamagedError(f"{path.name} is not an Annoy index of {dim} dimensions. {MEND}") from error
    if index.get_n_items() != count:
        raise IndexDamagedError(f"{path.name} holds {index.get_n_items()} vectors for {count} items. {MEND}")
    return index
