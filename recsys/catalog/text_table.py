"""A table as a file has it: each cell is the text that stands there, or several texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import pyarrow as pa

Cell = str | None | tuple[str, ...]
"""A text, None for an empty cell, or several texts."""


@dataclass(frozen=True)
class TextTable:
    """The columns of a table. `rows` are the row numbers that a spreadsheet shows; `notes` say what was changed."""

    name: str
    columns: Mapping[str, Sequence[Cell]]
    rows: Sequence[int]
    notes: tuple[str, ...] = ()

    @classmethod
    def from_rows(
        cls, name: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], numbers: Sequence[int], *notes: str
    ) -> Self:
        """A table whose rows all have a cell for each column. Blank cells become None, rows of them are dropped."""
        cells = [[_blank_to_none(cell) for cell in row] for row in rows]
        kept = [place for place, row in enumerate(cells) if any(cell is not None for cell in row)]
        columns = {column: [cells[row][place] for row in kept] for place, column in enumerate(_distinct(header))}
        return cls(name, columns, [numbers[row] for row in kept], tuple(notes))

    @classmethod
    def from_records(cls, name: str, records: Sequence[Mapping[str, Cell]], *notes: str) -> Self:
        """A table of records, which may lack some columns."""
        header = list(dict.fromkeys(key for record in records for key in record))
        rows = [[record.get(key) for key in header] for record in records]
        return cls.from_rows(name, header, rows, range(1, len(rows) + 1), *notes)

    def __len__(self) -> int:
        return len(self.rows)

    def with_columns(self, columns: Mapping[str, Sequence[Cell]]) -> Self:
        """The table with these columns in place of its own."""
        return replace(self, columns=columns)

    def to_arrow(self) -> pa.Table:
        """The table in Arrow. A column with a cell of several texts is a column of lists."""
        return pa.table({name: _to_arrow(cells) for name, cells in self.columns.items()})


def texts_of(cell: Cell) -> tuple[str, ...]:
    """The texts of a cell."""
    return cell if isinstance(cell, tuple) else () if cell is None else (cell,)


def normal(name: str) -> str:
    """The name of a column in lower case without accents, separators and the prefix `g:`."""
    bare = unicodedata.normalize("NFKD", name.strip().casefold().removeprefix("g:"))
    return re.sub(r"[^\w]|_", "", "".join(char for char in bare if not unicodedata.combining(char)))


def short_normal(name: str) -> str:
    """The same without what stands in brackets: "Price (EUR)" is "price"."""
    return normal(re.sub(r"\(.*?\)|\[.*?\]", "", name)) or normal(name)


def _blank_to_none(cell: Cell) -> Cell:
    if isinstance(cell, tuple):
        texts = tuple(text for text in cell if text.strip())
        return texts if len(texts) > 1 else next(iter(texts), None)
    return cell if cell is not None and cell.strip() else None


def _distinct(header: Iterable[str]) -> list[str]:
    """The names of the columns, each once: a second "image" is "image (2)", an empty one its place."""
    names: list[str] = []
    for place, given in enumerate(header, 1):
        name = base = given.strip() or f"column {place}"
        number = 2
        while name in names:
            name, number = f"{base} ({number})", number + 1
        names.append(name)
    return names


def _to_arrow(cells: Sequence[Cell]) -> pa.Array:
    if any(isinstance(cell, tuple) for cell in cells):
        return pa.array([None if cell is None else list(texts_of(cell)) for cell in cells], pa.list_(pa.string()))
    return pa.array(cells, pa.string())
