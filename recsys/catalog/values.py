"""Cells of a table as the text that a product carries, and None where there is nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from recsys.types import Value

LONGEST = 500
"""Characters: more is no name and no value, and an index with megabytes of text is not opened."""


def is_text(kind: pa.DataType) -> bool:
    """Whether cells of this type are strings."""
    return kind in (pa.string(), pa.large_string())


def is_binary(kind: pa.DataType) -> bool:
    """Whether cells of this type are bytes."""
    return kind in (pa.binary(), pa.large_binary())


def text(cell: object) -> Value:
    """The cell as text: 2012.0 is "2012", and what is null, NaN or blank is None. A long one is cut."""
    if cell is None or cell != cell:
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    words = str(cell).strip()
    return f"{words[: LONGEST - 1]}…" if len(words) > LONGEST else words or None


def unique_ids(cells: Iterable[object]) -> list[str]:
    """Every cell as an id that no other has: a second "7" becomes "7-2", and an empty cell its row number."""
    given = [text(cell) or str(row) for row, cell in enumerate(cells)]
    taken = set(given)
    numbers: dict[str, Iterator[int]] = {}
    ids = []
    for base in given:
        if base not in numbers:
            numbers[base] = count(2)
            ids.append(base)
        else:
            ids.append(next(id for number in numbers[base] if (id := f"{base}-{number}") not in taken))
    return ids


@dataclass(frozen=True, eq=False)
class Categories:
    """A column whose distinct values are kept once each, so that all its rows fit in memory."""

    values: tuple[Value, ...]
    codes: npt.NDArray[np.int32]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> Categories:
        """The cells of `column` as text."""
        distinct = column.unique()
        codes = pc.index_in(column, value_set=distinct)
        return cls(tuple(text(cell) for cell in distinct.to_pylist()), codes.to_numpy())

    def __getitem__(self, rows: slice) -> list[Value]:
        return [self.values[code] for code in self.codes[rows].tolist()]
