"""Writes the parts of an index folder that do not depend on the searcher: products, file hashes, library versions."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self
from zlib import crc32

import pyarrow as pa
import pyarrow.parquet as pq

from recsys.core.items import Items
from recsys.core.large import is_large
from recsys.format.layout import ADDED_COLUMN, GROUP_COLUMN, MANIFEST, OFFER_COLUMN, PICTURE_COLUMN
from recsys.index.items_table import SHARED_PARTS, optional_columns, schema_for, text_leaves
from recsys.runtime.hashing import file_sha256
from recsys.types import Item, offer_facts

MIN_GROUP_ROWS, MEAN_GROUP_ROWS, MAX_GROUP_ROWS = 32, 128, 512
"""Thumbnails are read one row group at a time.

A group ends where the hash of an id says so. Therefore a new product changes its own group only, and the groups after
it keep their bytes, which the Hub has already.
"""
LARGE_GROUPS = 8
"""The groups of a large catalogue have this many times the rows, because each takes 10 kB of an app's memory."""
MAX_DICTIONARY_BYTES = 2**26
"""More than the texts of a column have in a row group: Arrow does not read a nested column that has words twice."""
LIBRARIES = ("annoy", "timm", "torch", "pillow", "numpy", "pyarrow")


class ItemsWriter:
    """Writes items.parquet row group by row group. Use it as a context manager, or call `close`."""

    def __init__(
        self,
        path: Path,
        attributes: Sequence[str],
        lists: Collection[str] = (),
        optional: Sequence[str] = (),
        *,
        large: bool = False,
    ):
        """`lists` are the `attributes` that take several values; `optional` are as in `schema_for`."""
        self._scale = LARGE_GROUPS if large else 1
        self._schema, self._attributes = schema_for(attributes, lists, optional=optional), tuple(attributes)
        self._optional = optional
        texts = [leaf for column in self._schema if column.name != PICTURE_COLUMN for leaf in text_leaves(column)]
        self._writer = pq.ParquetWriter(path, self._schema, **table_options(texts))
        self._rows: list[list[Any]] = []

    @classmethod
    def for_items(cls, path: Path, items: Items) -> Self:
        """A writer of a table that can hold these items."""
        optional = optional_columns(
            has_added=items.added is not None, has_groups=items.groups is not None, has_offers=items.offers is not None
        )
        return cls(path, list(items.all_columns), items.lists, optional, large=is_large(len(items)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            self.close()
            return
        with contextlib.suppress(OSError):  # on a full disk closing fails too, and `error` says so already
            self._writer.close()

    def add(self, item: Item, thumbnail: bytes) -> None:
        """Write one product."""
        values: list[Any] = [item.attributes.get(name) for name in self._attributes]
        known = {ADDED_COLUMN: item.added, GROUP_COLUMN: item.group, OFFER_COLUMN: offer_facts(item.offer)}
        values += [known[name] for name in self._optional]
        self._rows.append([item.id, item.name, *values, {"bytes": thumbnail, "path": None}])
        if self._is_group_complete(item.id):
            self._write_group()

    def close(self) -> None:
        """Write the remaining rows and end the file."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _is_group_complete(self, last_id: str) -> bool:
        is_boundary = crc32(last_id.encode()) % (self._scale * MEAN_GROUP_ROWS) == 0
        return len(self._rows) >= self._scale * (MIN_GROUP_ROWS if is_boundary else MAX_GROUP_ROWS)

    def _write_group(self) -> None:
        columns = zip(*self._rows, strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.table(arrays, schema=self._schema), row_group_size=self._scale * MAX_GROUP_ROWS)
        self._rows = []


def table_options(texts: Sequence[str]) -> dict[str, Any]:
    """The options of a Parquet writer for a table with these columns of text, which alone are compressed."""
    options = {"compression": dict.fromkeys(texts, "zstd"), "write_statistics": texts, **SHARED_PARTS}
    return {**options, "dictionary_pagesize_limit": MAX_DICTIONARY_BYTES}


def file_facts(folder: Path) -> dict[str, dict[str, Any]]:
    """Relative path → size and sha256, for every file of the folder except the manifest."""
    return {
        path.relative_to(folder).as_posix(): {"size": path.stat().st_size, "sha256": file_sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def library_versions() -> dict[str, str]:
    """Library → installed version, for the libraries that determine the content of an index."""
    return {name: version(name) for name in LIBRARIES}
