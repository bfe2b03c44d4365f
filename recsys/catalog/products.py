"""The products of a table, made a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from recsys.catalog.columns import Columns
from recsys.catalog.source import Reader, Source
from recsys.catalog.values import Categories, is_text, text, unique_ids
from recsys.types import Item, Product, Value

BATCH = 32
"""Products read at once: few, for a picture may have megabytes."""


class Products(Protocol):
    """Products that can be counted, and iterated as often as asked."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Product]: ...


@dataclass(frozen=True, eq=False)
class TableProducts:
    """Products whose ids and attributes are in memory, and whose pictures are read when their turn comes."""

    ids: tuple[str, ...]
    names: pa.ChunkedArray
    attributes: Mapping[str, Categories]
    encoded: pa.ChunkedArray
    paths: pa.ChunkedArray
    read: Reader

    @classmethod
    def of(cls, source: Source, columns: Columns, limit: int | None = None) -> TableProducts:
        """The first `limit` products of `source`. An id does not depend on the limit."""
        rows = slice(0, limit)
        table = source.table
        ids = unique_ids(table[columns.id].to_pylist() if columns.id else range(len(table)))
        names = table[columns.name] if columns.name else pa.chunked_array([pa.nulls(len(table))])
        return cls(
            ids=tuple(ids[rows]),
            names=names[rows],
            attributes={name: Categories.of(table[name][rows]) for name in columns.attributes},
            encoded=_pictures(table[columns.image], "bytes")[rows],
            paths=_pictures(table[columns.image], "path")[rows],
            read=source.read,
        )

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Product]:
        for start in range(0, len(self), BATCH):
            rows = slice(start, start + BATCH)
            names = map(text, self.names[rows].to_pylist())
            parts = zip(self.ids[rows], names, self._attributes(rows), self._pictures(rows), strict=True)
            for id, name, attributes, picture in parts:
                yield Product(Item(id, name, attributes), picture)

    def _attributes(self, rows: slice) -> list[dict[str, Value]]:
        dicts: list[dict[str, Value]] = [{} for _ in self.ids[rows]]
        for name, categories in self.attributes.items():
            for attributes, value in zip(dicts, categories[rows], strict=True):
                attributes[name] = value
        return dicts

    def _pictures(self, rows: slice) -> Iterator[bytes | None]:
        for encoded, path in zip(self.encoded[rows].to_pylist(), self.paths[rows].to_pylist(), strict=True):
            yield self.read(path) if encoded is None and path else encoded


def _pictures(column: pa.ChunkedArray, part: str) -> pa.ChunkedArray:
    """The `bytes` or the `path` of pictures: a field of a struct, or a column that is nothing else."""
    if pa.types.is_struct(column.type):
        if column.type.get_field_index(part) >= 0:
            return pc.struct_field(column, part)
    elif is_text(column.type) == (part == "path"):
        return column
    return pa.chunked_array([pa.nulls(len(column))])
