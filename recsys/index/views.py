"""Further pictures of products: a product is found by any of its pictures.

`views.parquet` has a row for each further picture, in the order of the products: the id of the product, the sha256 of
the picture, and its thumbnail. `views.npy` has their embeddings, float32 [count, dim].
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.core.items import Items
from recsys.errors import IndexDamagedError, QueryError
from recsys.format.layout import ID_COLUMN, PICTURE_COLUMN, VIEW_VECTORS, VIEWS
from recsys.format.manifest import REMEDY, Manifest
from recsys.index.items_table import MAX_GROUP_PICTURE_BYTES, PICTURE_BYTES, PICTURE_TYPE, SHARED_PARTS
from recsys.index.parquet_pages import check_pages
from recsys.types import Rows, Searcher, Vectors, Where

HASH_COLUMN = "picture"
HASH_BYTES = 32
SCHEMA = pa.schema([(ID_COLUMN, pa.string()), (HASH_COLUMN, pa.binary(HASH_BYTES)), (PICTURE_COLUMN, PICTURE_TYPE)])
ROWS_PER_GROUP = 128
MAX_VIEWS = 20
"""The most further pictures of one product."""
BLOCK_ROWS = 8192
UNIT_TOLERANCE = 1e-3
MAX_TEXT_BYTES_PER_VIEW = 1_000
MAX_BLOCK_COSINES = 2**24
"""Queries are compared in blocks with at most this many cosines."""


SearchRows = Callable[[Vectors, int, Rows], tuple[Rows, Vectors]]


class ViewsWriter:
    """Writes views.parquet. Use it as a context manager."""

    def __init__(self, path: Path):
        self._path, self._rows = path, list[tuple[str, bytes, dict[str, bytes | None]]]()
        self._writer: pq.ParquetWriter | None = None
        self.keys: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None and self._rows:
            self._write_group()
        if self._writer:
            self._writer.close()

    def add(self, item_id: str, key: str, thumbnail: bytes) -> None:
        """Write a further picture of a product, whose sha256 in hex is `key`."""
        self.keys.append(key)
        self._rows.append((item_id, bytes.fromhex(key), {"bytes": thumbnail, "path": None}))
        if len(self._rows) == ROWS_PER_GROUP:
            self._write_group()

    def _write_group(self) -> None:
        self._writer = self._writer or pq.ParquetWriter(self._path, SCHEMA, compression="zstd", **SHARED_PARTS)
        columns = zip(*self._rows, strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
        self._writer.write_table(pa.table(arrays, schema=SCHEMA))
        self._rows = []


def write_view_vectors(folder: Path, vectors: Vectors) -> None:
    """Write the embeddings of the further pictures, [count, dim]."""
    np.save(folder / VIEW_VECTORS, vectors)


@dataclass(frozen=True, eq=False)
class Views:
    """The further pictures of an index: the `rows` [n] of their products, ascending, and their `vectors` [n, dim]."""

    rows: Rows
    vectors: Vectors
    keys: Sequence[str]
    _table: pq.ParquetFile
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, folder: Path, manifest: Manifest, items: Items) -> Self | None:
        """The further pictures of the index in a folder; None if it has none. Raises IndexDamagedError."""
        if not {VIEWS, VIEW_VECTORS} <= manifest.files.keys():
            return None
        try:
            vectors = np.load(folder / VIEW_VECTORS, mmap_mode="r", allow_pickle=False)
            table = pq.ParquetFile(folder / VIEWS, memory_map=True)
            _check_sizes(table.metadata, len(vectors), len(items))
            check_pages(folder / VIEWS, table.metadata)
            found = table.read(columns=[ID_COLUMN, HASH_COLUMN])
            rows = np.array([items.row(item_id) for item_id in found[ID_COLUMN].to_pylist()], dtype=np.int64)
            if vectors.shape != (len(rows), manifest.search.dim) or vectors.dtype != np.float32:
                raise ValueError("its pictures have other embeddings")
            if (np.diff(rows) < 0).any() or not _are_unit(vectors):
                raise ValueError("its pictures are not in the order of the products, or an embedding is no unit vector")
            keys = [key.hex() for key in found[HASH_COLUMN].to_pylist()]
            return cls(rows, vectors, keys, table)
        except (pa.ArrowException, OSError, ValueError, EOFError, QueryError, AttributeError) as error:
            raise IndexDamagedError(f"{VIEWS} does not hold pictures of the products: {error}. {REMEDY}") from error

    def thumbnail(self, place: int) -> bytes:
        """The thumbnail of the picture at this place."""
        group, within = divmod(place, ROWS_PER_GROUP)
        with self._lock:
            pictures = self._table.read_row_group(group, columns=[PICTURE_BYTES])[PICTURE_COLUMN]
        return pictures[within].as_py()["bytes"] or b""

    def place(self, row: int, number: int) -> int:
        """The place of the further picture 1, 2, … of a product. Raises QueryError if there is none."""
        place = int(np.searchsorted(self.rows, row)) + number - 1
        if number < 1 or place >= len(self.rows) or self.rows[place] != row:
            raise QueryError(f"This product has no further picture {number}.")
        return place

    @cached_property
    def products(self) -> tuple[Rows, Rows]:
        """The rows of the products that have further pictures, and the place of the first picture of each."""
        return np.unique(self.rows, return_index=True)


class ViewSearcher:
    """Searches by all pictures of each product: by another searcher, and by an exact scan of the further pictures.

    The cosine of a product is that of its best picture.
    """

    def __init__(self, base: Searcher, views: Views, items: Items):
        self.base, self.views, self._items = base, views, items

    @property
    def problem(self) -> str | None:
        """What keeps the other searcher from its usual way; None without a problem."""
        return getattr(self.base, "problem", None)

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        return self.base.vectors(rows)

    @property
    def search_rows(self) -> SearchRows | None:
        """`search` among ascending rows instead of with a filter; None where the other searcher cannot do it."""
        found: SearchRows | None = getattr(self.base, "search_rows", None)
        return found and (lambda vectors, k, rows: self._with_views(vectors, k, found(vectors, k, rows), rows))

    def search(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        return self._with_views(
            vectors, k, self.base.search(vectors, k, where), self._items.passing(where) if where else None
        )

    def _with_views(
        self, vectors: Vectors, k: int, found: tuple[Rows, Vectors], passing: Rows | None
    ) -> tuple[Rows, Vectors]:
        """What the other searcher found, and what is found by further pictures, of the rows in `passing`."""
        rows, cosines = found
        block = max(1, MAX_BLOCK_COSINES // len(self.views.rows))
        parts = [slice(start, start + block) for start in range(0, len(vectors), block)]
        by_views = [near for part in parts for near in self._nearest_by_views(vectors[part], k, passing)]
        merged = [self._merge(vector, *found) for vector, *found in zip(vectors, rows, cosines, by_views, strict=True)]
        return np.stack([rows for rows, _ in merged]), np.stack([cosines for _, cosines in merged])

    def best_pictures(self, vector: Vectors, rows: Sequence[int] | Rows) -> tuple[Vectors, Rows]:
        """The cosine of the best picture of each product to a vector [dim], and its number: 0 for the first one."""
        cosines = self.base.vectors(rows) @ vector
        numbers = np.zeros(len(cosines), dtype=np.int64)
        first, last = (np.searchsorted(self.views.rows, rows, side=side) for side in ("left", "right"))
        for place in np.flatnonzero(last > first).tolist():
            near = self.views.vectors[first[place] : last[place]] @ vector
            if near.max() > cosines[place]:
                cosines[place], numbers[place] = near.max(), near.argmax() + 1
        return cosines.clip(-1, 1), numbers

    def _nearest_by_views(self, vectors: Vectors, k: int, passing: Rows | None) -> list[Rows]:
        """For each vector, the k products whose further pictures are nearest, of those in `passing`."""
        products, starts = self.views.products
        best = np.maximum.reduceat(vectors @ self.views.vectors.T, starts, axis=1)
        if passing is not None:
            is_passing = np.isin(products, passing)
            products, best = products[is_passing], best[:, is_passing]
        if best.shape[1] > k:
            return [products[np.argpartition(-each, k)[:k]] for each in best]
        return [products] * len(vectors)

    def _merge(self, vector: Vectors, rows: Rows, cosines: Vectors, by_views: Rows) -> tuple[Rows, Vectors]:
        """The best of the products found by their first pictures and by further ones, as many as the former."""
        found = np.union1d(rows, by_views)
        best, _ = self.best_pictures(vector, found)
        order = np.lexsort((found, -best))[: len(rows)]
        return found[order], best[order]


def _are_unit(vectors: Vectors) -> bool:
    blocks = (vectors[start : start + BLOCK_ROWS] for start in range(0, len(vectors), BLOCK_ROWS))
    return all((np.abs(np.linalg.norm(block, axis=1) - 1) < UNIT_TOLERANCE).all() for block in blocks)


def _check_sizes(metadata: pq.FileMetaData, count: int, products: int) -> None:
    """Raises ValueError if the file has other rows than the embeddings, or takes more memory than is allowed."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    if metadata.num_rows != count or count > MAX_VIEWS * products or metadata.num_columns != len(SCHEMA) + 1:
        raise ValueError(f"it has {metadata.num_rows:,} rows for {count:,} embeddings")
    if any(group.num_rows != ROWS_PER_GROUP for group in groups[:-1]):
        raise ValueError(f"its row groups have other sizes than {ROWS_PER_GROUP}")
    texts = sum(group.column(place).total_uncompressed_size for group in groups for place in (0, 1))
    pictures = max((group.column(2).total_uncompressed_size for group in groups), default=0)
    if texts > MAX_TEXT_BYTES_PER_VIEW * max(count, 100) or pictures > MAX_GROUP_PICTURE_BYTES:
        raise ValueError("it takes more memory than is allowed")
