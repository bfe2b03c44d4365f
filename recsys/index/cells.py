"""Collects the cells of a column of items.parquet, block by block, in little memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from recsys.core.columns import Column
from recsys.types import Offer, Value


class CellReader(Protocol):
    """Takes the blocks of one column."""

    def add(self, block: pa.Array) -> None:
        """Take the next rows."""
        ...

    def cells(self) -> Sequence[Any] | Column:
        """The cells of all rows."""
        ...


class CodeReader:
    """Keeps the code of a text for each row, for texts that many rows share."""

    def __init__(self) -> None:
        self._code_of: dict[Value, int] = {}
        self._codes: list[np.ndarray] = []

    def add(self, block: pa.Array) -> None:
        words: list[Value] = block.dictionary.to_pylist()
        if block.null_count:
            words.append(None)
        known = [self._code_of.setdefault(word, len(self._code_of)) for word in words]
        codes = np.array(known, dtype=np.min_scalar_type(len(self._code_of)))
        self._codes.append(codes[block.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)])

    def cells(self) -> Column:
        codes = np.concatenate([np.empty(0, np.uint8), *self._codes])
        self._codes.clear()
        return Column.from_codes(list(self._code_of), codes)


class ListReader:
    """Keeps a Python value for each row: tuples of texts, or offers. Equal texts of a block are one string."""

    def __init__(self) -> None:
        self._cells: list[Any] = []

    def add(self, block: pa.Array) -> None:
        self._cells += _decoded(block)

    def cells(self) -> list[Any]:
        return self._cells


def _decoded(column: pa.Array) -> list[Any]:
    """The cells as Python values: texts, tuples of texts, or offers. Equal texts are one string."""
    if pa.types.is_struct(column.type):
        parts = [_decoded(part) for part in column.flatten()]
        return [
            Offer(*cells) if any(cell is not None for cell in cells) else None for cells in zip(*parts, strict=True)
        ]
    if pa.types.is_list(column.type):
        texts, ends = _decoded(column.values), column.offsets.to_pylist()
        return [tuple(texts[start:end]) for start, end in pairwise(ends)]
    if not pa.types.is_dictionary(column.type):
        return column.to_pylist()
    words: list[Any] = column.dictionary.to_pylist()
    return [None if code is None else words[code] for code in column.indices.to_pylist()]
