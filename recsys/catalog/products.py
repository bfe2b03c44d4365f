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
class Pictures:
    """The pictures of a table, encoded as given; each is read when it is asked for."""

    encoded: pa.ChunkedArray
    paths: pa.ChunkedArray
    read: Reader

    @classmethod
    def of(cls, source: Source, column: str) -> Pictures:
        """The pictures in a column of `source`."""
        return cls(_pictures(source.table[column], "bytes"), _pictures(source.table[column], "path"), source.read)

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, rows: slice) -> Iterator[bytes | None]:
        for encoded, path in zip(self.encoded[rows].to_pylist(), self.paths[rows].to_pylist(), strict=True):
            yield self.read(path) if encoded is None and path else encoded


@dataclass(frozen=True, eq=False)
class TableProducts:
    """Products whose ids and attributes are in memory, and whose pictures are read when their turn comes."""

    ids: tuple[str, ...]
    names: pa.ChunkedArray
    attributes: Mapping[str, Categories]
    pictures: Pictures

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
            pictures=Pictures.of(source, columns.image),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Product]:
        for rows in self._batches():
            for item, picture in zip(self._items(rows), self.pictures[rows], strict=True):
                yield Product(item, picture)

    def items(self) -> Iterator[Item]:
        """The products without their pictures, none of which is read."""
        for rows in self._batches():
            yield from self._items(rows)

    def _batches(self) -> Iterator[slice]:
        for start in range(0, len(self), BATCH):
            yield slice(start, min(start + BATCH, len(self)))

    def _items(self, rows: slice) -> Iterator[Item]:
        names = map(text, self.names[rows].to_pylist())
        for id, name, attributes in zip(self.ids[rows], names, self._attributes(rows), strict=True):
            yield Item(id, name, attributes)

    def _attributes(self, rows: slice) -> list[dict[str, Value]]:
        dicts: list[dict[str, Value]] = [{} for _ in self.ids[rows]]
        for name, categories in self.attributes.items():
            for attributes, value in zip(dicts, categories[rows], strict=True):
                attributes[name] = value
        return dicts


def _pictures(column: pa.ChunkedArray, part: str) -> pa.ChunkedArray:
    """The `bytes` or the `path` of pictures: a field of a struct, or a column that is nothing else."""
    if pa.types.is_struct(column.type):
        if column.type.get_field_index(part) >= 0:
            return pc.struct_field(column, part)
    elif is_text(column.type) == (part == "path"):
        return column
    return pa.chunked_array([pa.nulls(len(column))])
