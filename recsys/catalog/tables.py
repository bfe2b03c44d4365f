"""Reads a table in any format that shops export, as text. Its content decides the format where its name does not."""

from __future__ import annotations

import io
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from recsys.catalog.delimited import parse_delimited
from recsys.catalog.encodings import decode_text
from recsys.catalog.feeds import parse_feed
from recsys.catalog.json_tables import parse_json
from recsys.catalog.text_table import TextTable
from recsys.catalog.workbooks import parse_workbook
from recsys.errors import CatalogError

TEXT_SUFFIXES = {".csv", ".tsv", ".txt", ".tab", ".json", ".jsonl", ".ndjson", ".xml", ".xlsx", ".xlsm"}
ARROW_SUFFIXES = {".parquet", ".arrow", ".feather"}
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
"""How a workbook of Excel 97 begins."""
ZIP = b"PK\x03\x04"


def is_table(name: str) -> bool:
    """Whether the ending of a file name is that of a table in text or Excel."""
    return PurePosixPath(name).suffix.lower() in TEXT_SUFFIXES


def parse_table(data: bytes, name: str) -> TextTable:
    """The table in the bytes of the file `name`. Raises CatalogError, naming the file, if it is none."""
    if data.startswith(OLD_WORKBOOK):
        raise CatalogError(f"{name} is a workbook of Excel 97. Save it as .xlsx or CSV.")
    if data.startswith(ZIP):
        return parse_workbook(data, name)
    text, encoding = decode_text(data, name)
    table = _parse_text(text, name)
    return (
        table
        if encoding == "UTF-8"
        else TextTable(table.name, table.columns, table.rows, (*table.notes, f"its encoding is {encoding}"))
    )


def _parse_text(text: str, name: str) -> TextTable:
    start = text.lstrip()[:1]
    if start == "<":
        return parse_feed(text, name)
    if start in ("{", "["):
        return parse_json(text, name)
    return parse_delimited(text, name)


def read_arrow(data: bytes, name: str) -> pa.Table:
    """The table in the bytes of a Parquet or Arrow file. Raises CatalogError if it cannot be read."""
    try:
        if data.startswith(b"PAR1"):
            return pq.read_table(io.BytesIO(data))
        try:
            return pa.ipc.open_file(data).read_all()
        except pa.ArrowInvalid:
            return pa.ipc.open_stream(data).read_all()
    except (pa.ArrowException, OSError) as error:
        raise CatalogError(f"{name} cannot be read: {error}. Copy it here again.") from error
