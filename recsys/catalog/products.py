"""The products of a table, made a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from recsys.catalog.columns import Columns
from recsys.catalog.source import PictureReader, Source
from recsys.catalog.values import Categories, is_text, to_text, unique_ids
from recsys.types import Item, Product, Value

BATCH_SIZE = 32
"""Products that are read at once. It is small because a single picture can take megabytes."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """The pictures of a table, encoded as the source has them. Each is read when it is asked for."""

    encoded: pa.ChunkedArray
    paths: pa.ChunkedArray
    read: PictureReader

    @classmethod
    def from_source(cls, source: Source, column: str) -> Self:
        """The pictures in a column of `source`."""
        cells = source.table[column]
        return cls(_part(cells, "bytes"), _part(cells, "path"), source.read)

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, rows: slice) -> Iterator[bytes | None]:
        for encoded, path in zip(self.encoded[rows].to_pylist(), self.paths[rows].to_pylist(), strict=True):
            yield self.read(path) if encoded is None and path else encoded


@dataclass(frozen=True, eq=False)
class TableProducts:
    """Products whose ids and attributes are in memory, and whose pictures are read during iteration."""

    ids: tuple[str, ...]
    names: pa.ChunkedArray
    attributes: Mapping[str, Categories]
    pictures: Pictures

    @classmethod
    def from_source(cls, source: Source, columns: Columns, limit: int | None = None) -> Self:
        """The first `limit` products of `source`. The id of a product does not depend on the limit."""
        rows = slice(0, limit)
        table = source.table
        ids = unique_ids(table[columns.id].to_pylist() if columns.id else range(len(table)))
        names = table[columns.name] if columns.name else pa.chunked_array([pa.nulls(len(table))])
        return cls(
            ids=tuple(ids[rows]),
            names=names[rows],
            attributes={name: Categories.from_column(table[name][rows]) for name in columns.attributes},
            pictures=Pictures.from_source(source, columns.image),
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
        for start in range(0, len(self), BATCH_SIZE):
            yield slice(start, min(start + BATCH_SIZE, len(self)))

    def _items(self, rows: slice) -> Iterator[Item]:
        names = map(to_text, self.names[rows].to_pylist())
        for id, name, attributes in zip(self.ids[rows], names, self._attributes(rows), strict=True):
            yield Item(id, name, attributes)

    def _attributes(self, rows: slice) -> list[dict[str, Value]]:
        columns = [categories[rows] for categories in self.attributes.values()]
        cells = zip(*columns, strict=True) if columns else iter([()] * len(self.ids[rows]))
        return [dict(zip(self.attributes, row, strict=True)) for row in cells]


def _part(column: pa.ChunkedArray, part: str) -> pa.ChunkedArray:
    """The `bytes` or the `path` of pictures: a field of a struct, or the column itself if it holds nothing else."""
    if pa.types.is_struct(column.type):
        if column.type.get_field_index(part) >= 0:
            return pc.struct_field(column, part)
    elif is_text(column.type) == (part == "path"):
        return column
    return pa.chunked_array([pa.nulls(len(column))])
