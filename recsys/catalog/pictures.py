"""The pictures of a table, read one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from recsys.catalog.remote import LinkFetcher, is_link
from recsys.catalog.source import PictureReader, Source
from recsys.catalog.values import is_text
from recsys.errors import PictureError


@dataclass(frozen=True, eq=False)
class Pictures:
    """The pictures of a table, encoded as the source has them. Each is read when it is asked for.

    A picture that is a link is fetched, eight at once.
    """

    encoded: pa.ChunkedArray
    paths: pa.ChunkedArray
    read: PictureReader
    fetcher: LinkFetcher

    @classmethod
    def from_source(cls, source: Source, column: str, fetcher: LinkFetcher) -> Self:
        """The pictures in a column of `source`."""
        cells = source.table[column]
        return cls(_part(cells, "bytes"), _part(cells, "path"), source.read, fetcher)

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, rows: slice) -> Iterator[bytes | PictureError]:
        """The picture of each row, or the reason why there is none."""
        first, last, _ = rows.indices(len(self))
        encoded, paths = self.encoded[first:last], self.paths[first:last]
        links = [path for path in paths.filter(encoded.is_null()).to_pylist() if is_link(path)]
        with closing(self.fetcher.fetch_all(links)) as fetched:
            for row, (cell, path_cell) in enumerate(zip(encoded, paths, strict=True), first):
                picture, path = cell.as_py(), path_cell.as_py()
                if picture is None and is_link(path):
                    picture = next(fetched)[1]
                    if isinstance(picture, PictureError):
                        picture = PictureError(f"Row {row + 1}, {path}: {picture}")
                elif picture is None and path:
                    picture = self.read(path)
                    if picture is None:
                        picture = PictureError(f"There is no file {os.fsdecode(path)!r:.200}.")
                yield PictureError("There is no picture.") if picture is None else picture


def _part(column: pa.ChunkedArray, part: str) -> pa.ChunkedArray:
    """The `bytes` or the `path` of pictures: a field of a struct, or the column itself if it holds nothing else."""
    if pa.types.is_struct(column.type):
        if column.type.get_field_index(part) >= 0:
            return pc.struct_field(column, part)
    elif is_text(column.type) == (part == "path"):
        return column
    return pa.chunked_array([pa.nulls(len(column))])
