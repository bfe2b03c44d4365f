"""Reads the first sheet with a table of an Excel workbook, as text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from recsys.catalog.text_table import TextTable
from recsys.errors import CatalogError


def parse_workbook(data: bytes, name: str) -> TextTable:
    """The table of the largest sheet in the workbook `name`. Its header is the first row with two cells or more.

    Numbers have no digits that the workbook does not show: 38.0 is "38". Raises CatalogError if openpyxl is missing,
    and for a file that is not a workbook or has no table.
    """
    try:
        import openpyxl  # an optional dependency
    except ImportError as error:
        raise CatalogError(
            f"{name} is an Excel workbook, and openpyxl is not installed. Run pip install openpyxl, or save it as CSV."
        ) from error
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = {sheet.title: [[_text(cell) for cell in row] for row in sheet.iter_rows()] for sheet in workbook}
    except Exception as error:  # openpyxl raises errors of zipfile, of XML and its own
        raise CatalogError(f"{name} is not a readable Excel workbook: {error}. Save it again, or as CSV.") from error
    title = max(sheets, key=lambda title: len(sheets[title]))
    others = [f"the sheet {other!r} is not read" for other, rows in sheets.items() if other != title and rows]
    return _table(name, sheets[title], others)


def _table(name: str, rows: Sequence[Sequence[str]], notes: Sequence[str]) -> TextTable:
    top = next((place for place, row in enumerate(rows) if sum(bool(cell) for cell in row) > 1), None)
    if top is None:
        raise CatalogError(f"{name} has no sheet with a header row. Put the names of the columns in the first row.")
    header = list(rows[top])
    while header and not header[-1]:
        header.pop()
    cells = [[*row, *[""] * len(header)][: len(header)] for row in rows[top + 1 :]]
    return TextTable.from_rows(name, header, cells, range(top + 2, len(rows) + 1), *notes)


def _text(cell: Any) -> str:
    """The cell as it is shown: with the leading zeros that its number format asks for."""
    value = cell.value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and set(cell.number_format) == {"0"}:
        return str(value).zfill(len(cell.number_format))
    return "" if value is None else str(value).removesuffix(" 00:00:00")
