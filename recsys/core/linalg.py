"""Linear algebra on embeddings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recsys.core.large import evenly, is_large
from recsys.types import Searcher, Vectors

EPSILON = 1e-12
MAX_CLASS_ROWS = 1000
"""In a large catalogue, a mean is that of this many products at most: it is off by 3 % of their spread."""


def unit(vectors: npt.NDArray[np.floating]) -> Vectors:
    """The rows of `vectors` [n, dim] scaled to length one, float32. A row of zeros stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, EPSILON), dtype=np.float32)


def class_means(searcher: Searcher, codes: npt.NDArray[np.signedinteger]) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """The mean vector of each class, float32 [classes, dim], and the number of products in it, int64 [classes].

    `codes` has the class of every product; each class from 0 to the highest code has at least one product. The vectors
    are read one class at a time; of a large catalogue, those of some products of each class.
    """
    counts, most = np.bincount(codes), MAX_CLASS_ROWS if is_large(len(codes)) else len(codes)
    rows = (evenly(np.flatnonzero(codes == code), most) for code in range(len(counts)))
    return np.stack([searcher.vectors(some).mean(axis=0) for some in rows]), counts
