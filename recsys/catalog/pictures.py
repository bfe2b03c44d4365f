"""The pictures of a table, read one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from recsys.catalog.source import PictureReader, Source
from recsys.catalog.values import is_text


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
        for cell, path_cell in zip(self.encoded[rows], self.paths[rows], strict=True):
            encoded, path = cell.as_py(), path_cell.as_py()
            yield self.read(path) if encoded is None and path else encoded


def _part(column: pa.ChunkedArray, part: str) -> pa.ChunkedArray:
    """The `bytes` or the `path` of pictures: a field of a struct, or the column itself if it holds nothing else."""
    if pa.types.is_struct(column.type):
        if column.type.get_field_index(part) >= 0:
            return pc.struct_field(column, part)
    elif is_text(column.type) == (part == "path"):
        return column
    return pa.chunked_array([pa.nulls(len(column))])
