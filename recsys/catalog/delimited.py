"""Parses tables whose cells are separated by commas, semicolons, tabs or bars, as shops and spreadsheets save them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

from recsys.catalog.picture_files import names_picture
from recsys.catalog.remote import is_link
from recsys.catalog.text_table import TextTable
from recsys.errors import CatalogError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SAMPLE_RECORDS = 60
"""The records that decide which character separates the cells."""
NAMED_DELIMITER = re.compile(r"sep=(.)\n")
"""The first line by which Excel names the separator."""
TEMPLATE = "TemplateType="
"""How the files of a marketplace's template begin. Their header is the third line."""

Record = tuple[int, list[str]]
"""The cells of a row with the number of its first line."""


def parse_delimited(text: str, name: str) -> TextTable:
    """The table in the text of the file `name`. Its separator is found by its content.

    A cell may hold lines and quotes. A row with too few cells is filled up; of one with too many, the last are joined,
    because some exports do not quote the last column. Columns without a header get numbers for names. Raises
    CatalogError if the text has no header.
    """
    lines, delimiter = _lines(text)
    try:
        delimiter = delimiter or _find_delimiter(lines[:SAMPLE_RECORDS])
        first, header = _header(lines, delimiter)
        records = list(_records(lines, delimiter, len(header), start=first + header_height(lines, first, delimiter)))
    except StopIteration:
        raise CatalogError(f"{name} is empty: it has no rows and no header. Export the table again.") from None
    except csv.Error as error:
        raise CatalogError(f"{name} cannot be read as a table: {error}. Export the table again.") from error
    joined = sum(any(cell.strip() for cell in cells[len(header) :]) for _, cells in records)
    notes = [f"{joined} rows have more cells than columns: their last cells were joined"] if joined else []
    if any(names_picture(cell) or is_link(cell) for cell in header):
        records.insert(0, (first, header))
        header = [f"column {place}" for place in range(1, len(header) + 1)]
        notes.append(f"{name} has no header: its columns have numbers for names")
    rows = [_fit(cells, len(header), delimiter) for _, cells in records]
    return TextTable.from_rows(name, header, rows, [number for number, _ in records], *notes)


def _header(lines: Sequence[str], delimiter: str) -> Record:
    """The first row that is not a title: a title has its first cell only, and stands above rows of more cells."""
    records = list(_records(lines[:SAMPLE_RECORDS], delimiter, 0))
    stripped = [(number, [cell.strip() for cell in cells]) for number, cells in records]
    untitled = ((number, cells) for number, cells in stripped if any(cells[1:]))
    return next(untitled, None) or next(iter(stripped))


def header_height(lines: Sequence[str], first: int, delimiter: str) -> int:
    """The number of lines of the header, which may have line breaks within quotes."""
    reader = csv.reader(iter(lines[first - 1 :]), delimiter=delimiter)
    next(reader)
    return reader.line_num


def _lines(text: str) -> tuple[list[str], str | None]:
    """The lines, without those before the header, as blank lines so that numbers stay; and the named separator."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    named = NAMED_DELIMITER.match(text)
    lines = text.split("\n")
    above = 2 if text.startswith(TEMPLATE) else 1 if named else 0
    while above < len(lines) and (lines[above].startswith("#") or not lines[above].strip()):
        above += 1
    return ["\n"] * above + [f"{line}\n" for line in lines[above:]], named[1] if named else None


def _find_delimiter(lines: Sequence[str]) -> str:
    """The separator by which most rows have as many cells as the header, and the header most."""

    def fit(delimiter: str) -> float:
        records = [cells for _, cells in _records(lines, delimiter, 0)]
        width = len(records[0]) if records else 0
        alike = sum(len(cells) == width for cells in records) if width > 1 else 0
        return alike / max(len(records), 1) * width

    return max(DELIMITERS, key=fit)


def _records(lines: Sequence[str], delimiter: str, width: int, start: int = 1) -> Iterator[Record]:
    """The rows from line `start` on, without blank lines. A stray quote does not swallow the rows after it."""
    place = start - 1
    while place < len(lines):
        cells, end = _record(lines, place, delimiter, width)
        if any(cell.strip() for cell in cells):
            yield place + 1, cells
        place = end


def _record(lines: Sequence[str], place: int, delimiter: str, width: int) -> tuple[list[str], int]:
    """The cells of the row that begins at line `place`, and the line after it."""
    reader = csv.reader((lines[line] for line in range(place, len(lines))), delimiter=delimiter, strict=True)
    cells: list[str] | None = None
    try:
        cells = next(reader)
        if reader.line_num == 1 or len(cells) == width:
            return cells, place + reader.line_num
    except csv.Error as error:
        if "field larger" in str(error):
            raise csv.Error(f"{error} in line {place + reader.line_num}") from error
    line = lines[place].rstrip("\n")
    closed = next(csv.reader([line + '"'], delimiter=delimiter))
    if len(closed) == width:
        return closed, place + 1
    if cells is None:
        return next(csv.reader([line], delimiter=delimiter)), place + 1
    return cells, place + reader.line_num


def _fit(cells: list[str], width: int, delimiter: str) -> list[str]:
    """The cells of a row, as many as there are columns."""
    if any(cell.strip() for cell in cells[width:]):
        cells = [*cells[: width - 1], delimiter.join(cells[width - 1 :])]
    return [*cells[:width], *[""] * (width - len(cells))]
