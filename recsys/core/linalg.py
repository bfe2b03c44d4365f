"""Linear algebra on embeddings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recsys.types import Searcher, Vectors

EPSILON = 1e-12


def unit(vectors: npt.NDArray[np.floating]) -> Vectors:
    """The rows of `vectors` [n, dim] scaled to length one, float32. A row of zeros stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, EPSILON), dtype=np.float32)


def class_means(searcher: Searcher, codes: npt.NDArray[np.int32]) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """The mean vector of each class, float32 [classes, dim], and the number of products in it, int64 [classes].

    `codes` has the class of every product; each class from 0 to the highest code has at least one product. The vectors
    are read one class at a time.
    """
    counts = np.bincount(codes)
    means = [searcher.vectors(np.flatnonzero(codes == code)).mean(axis=0) for code in range(len(counts))]
    return np.stack(means), counts
