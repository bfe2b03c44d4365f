"""The pictures of a table, read one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from recsys.catalog.picture_files import split_references
from recsys.catalog.remote import LinkFetcher, is_link
from recsys.catalog.source import PictureReader, Source
from recsys.catalog.values import is_text
from recsys.errors import PictureError


@dataclass(frozen=True, eq=False)
class Pictures:
    """The pictures of a table, encoded as the source has them. Each is read when it is asked for.

    A picture that is a link is fetched, eight at once. `places` say where the table names each picture, if it was read
    from text, and `further` are the further pictures of each product, as the table names them.
    """

    encoded: pa.ChunkedArray
    paths: pa.ChunkedArray
    read: PictureReader
    fetcher: LinkFetcher
    places: Sequence[str] = ()
    further: Sequence[tuple[str, ...]] = ()

    @classmethod
    def from_source(cls, source: Source, column: str, fetcher: LinkFetcher, further: Sequence[str] = ()) -> Self:
        """The pictures in a column of `source`, and the further ones in others."""
        cells = source.table[column]
        places = [f"column {column!r}, row {number} of {source.file}" for number in source.row_numbers or ()]
        if not source.texts:
            return cls(_part(cells, "bytes"), _part(cells, "path"), source.read, fetcher, places)
        columns = [source.table[name].to_pylist() for name in (column, *further)]
        named = [_references(source, row, texts) for row, texts in enumerate(zip(*columns, strict=True))]
        paths = pa.chunked_array([pa.array([names[0] if names else None for names in named], pa.string())])
        rest = [tuple(names[1:]) for names in named]
        return cls(pa.chunked_array([pa.nulls(len(cells))]), paths, source.read, fetcher, places, rest)

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
                    answer = next(fetched)[1]
                    yield self._at_row(row, path, answer) if isinstance(answer, PictureError) else answer
                else:
                    yield self.read_at(row, path) if picture is None else picture

    def named(self) -> Iterator[str]:
        """The pictures as the table names them."""
        for encoded, path in zip(self.encoded, self.paths, strict=True):
            yield "in the table" if encoded.is_valid else os.fsdecode(path.as_py() or b"") or "none"

    def read_at(self, row: int, path: str | bytes | None) -> bytes | PictureError:
        """The picture that a row names, or the reason why there is none."""
        if not path:
            where = f" in {self.places[row]}" if self.places else ""
            return PictureError(f"There is no picture{where}.")
        try:
            picture = self.read(path)
        except PictureError as error:
            return self._at_row(row, os.fsdecode(path), error)
        where = f", which {self.places[row]} names. Copy it there" if self.places else ""
        return PictureError(f"There is no file {os.fsdecode(path)!r:.200}{where}.") if picture is None else picture

    def _at_row(self, row: int, path: str, reason: PictureError) -> PictureError:
        place = self.places[row] if self.places else f"row {row + 1}"
        return PictureError(f"{place[0].upper()}{place[1:]}, {path}: {reason}")


def _references(source: Source, row: int, cells: Sequence[str | list[str] | None]) -> list[str]:
    """The pictures that a row names, each once: files that are there and links, then files that are not there."""
    texts = (text for cell in cells for text in ([cell] if isinstance(cell, str) else cell or ()))
    named = dict.fromkeys(reference for text in texts for reference in _split(source, text, row))
    found = {reference: source.resolve(reference, row) if source.resolve else None for reference in named}
    ordered = sorted(named, key=lambda reference: found[reference] is None and not is_link(reference))
    return [found[reference] or reference for reference in ordered]


def _split(source: Source, text: str, row: int) -> list[str]:
    """The pictures that a cell names: itself, if there is a file with this name."""
    return [text] if source.resolve and source.resolve(text, row) else split_references(text)


def _part(column: pa.ChunkedArray, part: str) -> pa.ChunkedArray:
    """The `bytes` or the `path` of pictures: a field of a struct, or the column itself if it holds nothing else."""
    if pa.types.is_struct(column.type):
        if column.type.get_field_index(part) >= 0:
            return pc.struct_field(column, part)
    elif is_text(column.type) == (part == "path"):
        return column
    return pa.chunked_array([pa.nulls(len(column))])
