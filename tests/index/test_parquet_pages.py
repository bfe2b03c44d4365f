"""A page that states a size of its own choice is found before Arrow allocates it."""

from __future__ import annotations

import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recsys.errors import IndexDamagedError
from recsys.index.folder import IndexFolder
from recsys.index.parquet_pages import check_pages
from testkit.manifests import vouch_for

HONEST = [
    {"compression": "zstd"},
    {"compression": "snappy", "use_dictionary": False},
    {"compression": "gzip", "data_page_version": "2.0", "write_page_index": True},
    {"compression": "zstd", "write_page_checksum": True, "data_page_size": 500},
    {"compression": {"text": "zstd"}, "use_content_defined_chunking": True},
]


def varint(number):
    value, out = number << 1, bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def write(path, **options):
    words = [f"word {number % 50}" if number % 7 else None for number in range(2_000)]
    table = pa.table({"text": words, "list": [[word or "", "x"] for word in words], "number": range(2_000)})
    pq.write_table(table, path, row_group_size=300, **options)
    return pq.read_metadata(path)


@pytest.mark.parametrize("options", HONEST, ids=str)
def test_files_of_arrow_pass(options, tmp_path):
    check_pages(tmp_path / "table.parquet", write(tmp_path / "table.parquet", **options))


def lie(path, size, metadata):
    """Change the uncompressed size of the first page of the first column, in as many bytes as it has."""
    data, column = bytearray(path.read_bytes()), metadata.row_group(0).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    assert data[start] == data[start + 2] == 0x15
    end = start + 3
    while data[end] & 128:
        end += 1
    new = varint(size)
    assert len(new) <= end + 1 - start - 3 + 8
    data[start + 3 : end + 1] = new
    path.write_bytes(data)


def test_a_page_that_lies_about_its_size_is_found(tmp_path):
    path = tmp_path / "table.parquet"
    metadata = write(path, compression="zstd")
    lie(path, 2**31 - 1, metadata)
    with pytest.raises(ValueError, match="states 2,147,483,647 bytes"):
        check_pages(path, metadata)


@pytest.mark.parametrize("place", range(0, 40, 3))
def test_a_damaged_header_is_refused_or_harmless(place, tmp_path):
    path = tmp_path / "table.parquet"
    metadata = write(path, compression="zstd")
    data = bytearray(path.read_bytes())
    for value in (0, 0xFF, 0x1C, 0x19, 0xF9):
        changed = bytearray(data)
        changed[4 + place] = value
        path.write_bytes(changed)
        try:
            check_pages(path, metadata)
        except ValueError:
            continue


def test_an_index_with_such_a_page_is_refused(index):
    path = index / "items.parquet"
    lie(path, 2**31 - 1, pq.read_metadata(path))
    vouch_for(index, "items.parquet")
    with pytest.raises(IndexDamagedError, match="states 2,147,483,647 bytes"):
        IndexFolder.open(index)


def test_a_large_table_is_checked_in_no_time(tmp_path):
    table = pa.table({f"c{number}": [str(row % 99) for row in range(20_000)] for number in range(10)})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=128, compression="zstd")
    metadata, started = pq.read_metadata(tmp_path / "t.parquet"), time.process_time()
    check_pages(tmp_path / "t.parquet", metadata)
    assert time.process_time() - started < 1.5
