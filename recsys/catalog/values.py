"""Turns the cells of a table into the text of a product. Empty cells become None."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from recsys.catalog.text_table import Cell
from recsys.core.columns import Column
from recsys.types import Attribute, Value

MAX_TEXT_CHARACTERS = 500
"""Longer texts are cut. An index with megabytes of text would be rejected when it is opened."""

BLOCK_ROWS = 2**16
"""The texts of a column are read in blocks of this size."""


def is_text(kind: pa.DataType) -> bool:
    """Whether cells of this type are strings."""
    return kind in (pa.string(), pa.large_string())


def is_binary(kind: pa.DataType) -> bool:
    """Whether cells of this type are bytes."""
    return kind in (pa.binary(), pa.large_binary())


def to_text(cell: object) -> Value:
    """The cell as text, cut to `MAX_TEXT_CHARACTERS`. 2012.0 becomes "2012"; null, NaN and blank text become None."""
    if cell is None or cell != cell:
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    words = str(cell).strip()
    return f"{words[: MAX_TEXT_CHARACTERS - 1]}…" if len(words) > MAX_TEXT_CHARACTERS else words or None


def unique_ids(cells: Iterable[object]) -> list[str]:
    """The cells as distinct ids. A second "7" becomes "7-2", and an empty cell becomes its row number."""
    given = [to_text(cell) or str(row) for row, cell in enumerate(cells)]
    taken = set(given)
    if len(taken) == len(given):
        return given
    numbers: dict[str, Iterator[int]] = {}
    ids = []
    for base in given:
        if base not in numbers:
            numbers[base] = count(2)
            ids.append(base)
        else:
            ids.append(next(id for number in numbers[base] if (id := f"{base}-{number}") not in taken))
    return ids


def texts(column: pa.ChunkedArray) -> list[Value]:
    """The cells of a column as text. Equal cells of a block share one string, so that they take little memory."""
    return [text for start in range(0, len(column), BLOCK_ROWS) for text in _texts(column[start : start + BLOCK_ROWS])]


def _texts(block: pa.ChunkedArray) -> Iterator[Value]:
    distinct = block.unique()
    values = [to_text(cell) for cell in distinct.to_pylist()]
    return (values[code] for code in _codes(block, distinct).tolist())


def _codes(column: pa.ChunkedArray, distinct: pa.Array) -> npt.NDArray[np.int32]:
    """For each cell its place among the distinct ones."""
    chunks = pc.index_in(column, value_set=distinct).chunks
    return np.concatenate([np.empty(0, np.int32), *(chunk.to_numpy() for chunk in chunks)])


def cell_texts(column: pa.ChunkedArray) -> list[Cell]:
    """The cells of a column with their whole texts; a cell of a list has several."""
    if pa.types.is_list(column.type):
        return [None if cells is None else tuple(map(str, cells)) for cells in column.to_pylist()]
    return [None if cell is None or cell != cell else str(cell) for cell in column.to_pylist()]


def attribute_values(column: pa.ChunkedArray) -> Column | Sequence[Attribute]:
    """The cells of a column as the values of an attribute: texts, or tuples of texts for a column of lists."""
    if pa.types.is_list(column.type):
        return [tuple(text for cell in cells or () if (text := to_text(cell))) for cells in column.to_pylist()]
    distinct, code_of = column.unique(), dict[Value, int]()
    codes = [code_of.setdefault(to_text(cell), len(code_of)) for cell in distinct.to_pylist()]
    return Column.from_codes(list(code_of), np.array(codes, np.int32)[_codes(column, distinct)])
