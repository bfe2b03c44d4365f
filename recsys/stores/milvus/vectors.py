"""Reads the vectors of a collection, for an app whose copy of the index has none."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from recsys.errors import StoreError
from recsys.stores.milvus.client import WRITE_TIMEOUT_S, Milvus, NotLoadedError
from recsys.stores.milvus.schema import ROW, VECTOR
from recsys.types import Rows, Vectors

MAX_READ = 4096
"""The most vectors that are read by one request."""
MAX_KEPT = 8192
"""The vectors that were read or found last are kept: an answer needs those of its products several times."""


class StoredVectors:
    """The vectors of a collection, of which those that were read last are in memory. Any number of threads may read."""

    def __init__(self, milvus: Milvus, collection: str, dim: int):
        self.dim, self._milvus, self._collection = dim, milvus, collection
        self._kept: OrderedDict[int, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        """The unit vectors of these rows: float32 [len(rows), dim]. Raises StoreError if Milvus lacks one."""
        wanted = np.asarray(rows, dtype=np.int64)
        with self._lock:
            known = {row: self._kept[row] for row in dict.fromkeys(wanted.tolist()) if row in self._kept}
        missing = np.setdiff1d(wanted, list(known)) if len(known) < len(wanted) else wanted[:0]
        for start in range(0, len(missing), MAX_READ):
            known |= self._read(missing[start : start + MAX_READ].tolist())
        return np.array([known[row] for row in wanted.tolist()], np.float32).reshape(len(wanted), self.dim)

    def keep(self, found: Iterable[dict[str, Any]]) -> dict[int, Vectors]:
        """Keep the vectors of entities that Milvus returned; returns them by row."""
        read = {int(entity[ROW]): np.array(entity[VECTOR], np.float32) for entity in found}
        with self._lock:
            self._kept.update(read)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return read

    def _read(self, rows: list[int]) -> dict[int, Vectors]:
        options: dict[str, Any] = {"ids": rows, "output_fields": [ROW, VECTOR]}
        try:
            entities = self._milvus.ask("get", self._collection, **options)
        except NotLoadedError:
            self._milvus.ask("load_collection", self._collection, seconds=WRITE_TIMEOUT_S)
            entities = self._milvus.ask("get", self._collection, **options)
        read = self.keep(entities)
        if len(read) != len(rows):
            raise StoreError(
                f"Milvus returned {len(read):,} of {len(rows):,} vectors of {self._collection}. For the operator:"
                " delete that collection, and load the index again with build_index.py --store milvus."
            )
        return read
