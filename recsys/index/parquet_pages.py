"""Checks the sizes that the pages of a Parquet file state, before Arrow allocates memory of that size.

The metadata at the end of the file has the size of each column of a row group. Each page states its own again, and
Arrow believes it: a page of a hundred bytes can make it allocate 2 GB. A page begins with a header in Thrift's compact
protocol: fields 1, 2 and 3 are the kind of page, its uncompressed and its compressed size.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

UNCOMPRESSED_SIZE, COMPRESSED_SIZE = 2, 3
BOOLEANS, BYTE, INTEGERS, DOUBLE, BINARY, LISTS, STRUCT = (1, 2), 3, (4, 5, 6), 7, 8, (9, 10), 12
"""The kinds of values in the compact protocol."""
MAX_DEPTH = 8
MAX_VARINT_BYTES = 10
USUAL_BYTES = 512
"""Most headers are shorter."""


def check_pages(path: Path, metadata: pq.FileMetaData) -> None:
    """Raises ValueError if a page of a compressed column states a larger size than its column has."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for group in range(metadata.num_row_groups):
            for place in range(metadata.num_columns):
                column = metadata.row_group(group).column(place)
                if column.compression == "UNCOMPRESSED":
                    continue
                start = column.dictionary_page_offset or column.data_page_offset
                for size in _page_sizes(data, start, start + column.total_compressed_size):
                    if not 0 <= size <= column.total_uncompressed_size:
                        raise ValueError(f"a page of column {column.path_in_schema} states {size:,} bytes")


def _page_sizes(data: mmap.mmap, start: int, end: int) -> Iterator[int]:
    """The uncompressed size that each page between these places states. Raises ValueError for a malformed header."""
    if not 0 <= start <= end <= len(data):
        raise ValueError("a column lies outside of the file")
    while start < end:
        sizes, length = _read_header(data, start)
        yield sizes[UNCOMPRESSED_SIZE]
        start += length + sizes[COMPRESSED_SIZE]
        if sizes[COMPRESSED_SIZE] < 0:
            raise ValueError("a page states a negative size")


def _read_header(data: mmap.mmap, start: int) -> tuple[dict[int, int], int]:
    """The integers of the header at this place, by field, and its length. Raises ValueError for a malformed one."""
    with memoryview(data) as whole, whole[start:] as rest:
        for part in (data[start : start + USUAL_BYTES], rest):  # bytes are read faster than a memory map
            header = _Header(part)
            try:
                return header.integers(), header.place
            except (IndexError, ValueError) as error:
                problem = error
    raise ValueError("a page ends before its header does") if isinstance(problem, IndexError) else problem


class _Header:
    """Reads the header of a page, with which the data begins."""

    def __init__(self, data: bytes | memoryview):
        self._data, self.place = data, 0

    def integers(self) -> dict[int, int]:
        """The integers of the header by field, of which the sizes have to be two. Raises ValueError."""
        found: dict[int, int] = {}
        field = 0
        while kind := self._byte():
            field = field + (kind >> 4) if kind >> 4 else self._integer()
            if kind & 15 in INTEGERS:
                found[field] = self._integer()
            else:
                self._skip(kind & 15, 0)
        if not {UNCOMPRESSED_SIZE, COMPRESSED_SIZE} <= found.keys():
            raise ValueError("a page does not state its sizes")
        return found

    def _byte(self) -> int:
        place = self.place
        self.place = place + 1
        return self._data[place]

    def _unsigned(self) -> int:
        value = self._byte()
        if value < 128:
            return value
        value &= 127
        for number in range(1, MAX_VARINT_BYTES):
            byte = self._byte()
            value |= (byte & 127) << (7 * number)
            if byte < 128:
                return value
        raise ValueError("a page states a number of too many bytes")

    def _integer(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, kind: int, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ValueError("a page has a header of too many levels")
        if kind in INTEGERS:
            self._unsigned()
        elif kind == BINARY:
            length = self._unsigned()
            self.place += length
        elif kind in (BYTE, DOUBLE):
            self.place += 1 if kind == BYTE else 8
        elif kind in LISTS:
            self._skip_list(depth)
        elif kind == STRUCT:
            while inner := self._byte():
                if not inner >> 4:
                    self._unsigned()
                self._skip(inner & 15, depth + 1)
        elif kind not in BOOLEANS:
            raise ValueError(f"a page has a value of the unknown kind {kind}")

    def _skip_list(self, depth: int) -> None:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._unsigned()
        if count > len(self._data) - self.place:
            raise ValueError("a page has a list that is longer than the file")
        for _ in range(count):
            self._skip(BYTE if head & 15 in BOOLEANS else head & 15, depth + 1)
