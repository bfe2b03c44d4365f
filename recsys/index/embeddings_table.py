"""Writes embeddings.parquet: the embedding of each product for other programs, with its family and a place on a map."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.core.items import Items
from recsys.format.layout import EMBEDDINGS
from recsys.index.annoy import AnnoySearcher
from recsys.index.items_table import SHARED_PARTS
from recsys.types import Rows, Vectors

MIN_FAMILY_COSINE = 0.995
"""Two pictures whose embeddings have at least this cosine are nearly the same."""
BLOCK_ROWS = 8192
VALUE_TYPES = {"id": "string", "family": "string", "x": "float32", "y": "float32"}


def write_embeddings(folder: Path, items: Items, searcher: AnnoySearcher) -> None:
    """Write embeddings.parquet to the index folder, in blocks of rows.

    Its columns are the `id`, the `embedding` as float16, the `family`, `x` and `y`. The family is the id of the first
    product with nearly the same picture, and null for a product that is alone. x and y are the first two principal
    components of the embeddings.
    """
    options = {"compression": "zstd", "use_dictionary": ["family"], **SHARED_PARTS}
    families, (mean, axes) = _families(searcher, len(items)), _principal_axes(searcher, len(items))
    with pq.ParquetWriter(folder / EMBEDDINGS, _schema(len(mean)), **options) as writer:
        for rows, vectors in _blocks(searcher, len(items)):
            places = ((vectors - mean) @ axes).astype(np.float32)
            columns = {
                "id": items.ids[rows],
                "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.astype(np.float16).ravel()), len(mean)),
                "family": [None if first < 0 else items.ids[first] for first in families[rows].tolist()],
                "x": places[:, 0],
                "y": places[:, 1],
            }
            writer.write_table(pa.table(columns, _schema(len(mean))))


def _schema(dim: int) -> pa.Schema:
    """The columns. The metadata gives their types in the words of the library `datasets`."""
    embedding = {"feature": {"dtype": "float16", "_type": "Value"}, "length": dim, "_type": "List"}
    features = {name: {"dtype": kind, "_type": "Value"} for name, kind in VALUE_TYPES.items()}
    fields = {name: pa.type_for_alias(kind) for name, kind in VALUE_TYPES.items()}
    order = {"id": fields.pop("id"), "embedding": pa.list_(pa.float16(), dim), **fields}
    info = {"info": {"features": {name: features.get(name, embedding) for name in order}}}
    return pa.schema(list(order.items())).with_metadata({"huggingface": json.dumps(info)})


def _blocks(searcher: AnnoySearcher, count: int) -> Iterator[tuple[slice, Vectors]]:
    for start in range(0, count, BLOCK_ROWS):
        rows = np.arange(start, min(start + BLOCK_ROWS, count))
        yield slice(start, start + len(rows)), searcher.vectors(rows)


def _families(searcher: AnnoySearcher, count: int) -> Rows:
    """For each row the first row of its family; -1 for a row that is alone."""
    pairs = np.concatenate([_near_pairs(searcher, rows.start, vectors) for rows, vectors in _blocks(searcher, count)])
    first, before = np.arange(count), np.full(count, -1)
    while (first != before).any():
        before = first.copy()
        lowest = first[pairs].min(1)
        np.minimum.at(first, pairs[:, 0], lowest)
        np.minimum.at(first, pairs[:, 1], lowest)
        first = first[first]
    return np.where(np.bincount(first, minlength=count)[first] > 1, first, -1)


def _near_pairs(searcher: AnnoySearcher, start: int, vectors: Vectors) -> Rows:
    """The pairs [n, 2] of these rows, from `start` on, and their neighbours with nearly the same picture."""
    neighbours = searcher.neighbours(np.arange(start, start + len(vectors)))
    cosines = [vector @ searcher.vectors(rows).T for vector, rows in zip(vectors, neighbours, strict=True)]
    places, columns = np.nonzero(np.reshape(cosines, neighbours.shape) >= MIN_FAMILY_COSINE)
    return np.stack([places + start, neighbours[places, columns]], axis=1)


def _principal_axes(searcher: AnnoySearcher, count: int) -> tuple[Vectors, Vectors]:
    """The mean [dim] and the two directions of largest variance [dim, 2], each with a positive largest component."""
    total, product = np.zeros(1), np.zeros((1, 1))
    for _, vectors in _blocks(searcher, count):
        rows = vectors.astype(np.float64)
        total, product = total + rows.sum(0), product + rows.T @ rows
    mean = total / count
    axes = np.linalg.eigh(product / count - np.outer(mean, mean))[1][:, :-3:-1]
    signed = axes * np.sign(axes[np.abs(axes).argmax(0), [0, 1]])
    return mean.astype(np.float32), signed.astype(np.float32)
