"""Collects the cells of a column of items.parquet, block by block, in little memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Protocol, overload

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


class Texts(Sequence[Value]):
    """Texts, or None, of all rows. They stay in Arrow's memory, without an object for each."""

    def __init__(self, blocks: Sequence[pa.Array]):
        self._blocks, self._ends = blocks, np.cumsum([len(block) for block in blocks])

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __iter__(self) -> Iterator[Value]:
        for block in self._blocks:
            yield from block.to_pylist()

    def __eq__(self, other: object) -> bool:
        """Whether the other is a sequence of the same texts, such as a list."""
        if not isinstance(other, Sequence) or len(other) != len(self):
            return False
        return all(own == its for own, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, row: int) -> Value: ...
    @overload
    def __getitem__(self, row: slice) -> list[Value]: ...
    def __getitem__(self, row: int | slice) -> Value | list[Value]:
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        place = range(len(self))[row]
        block = int(np.searchsorted(self._ends, place, side="right"))
        found: Value = self._blocks[block][place - int(self._ends[block])].as_py()
        return found


class TextReader:
    """Keeps texts that differ from row to row, such as ids and names."""

    def __init__(self) -> None:
        self._blocks: list[pa.Array] = []

    def add(self, block: pa.Array) -> None:
        block.validate(full=True)  # a text that is no Unicode would fail when it is shown
        self._blocks.append(block)

    def cells(self) -> Texts:
        return Texts(self._blocks)


class CodeReader:
    """Keeps the code of a text for each row, for texts that many rows share."""

    def __init__(self) -> None:
        self._code_of: dict[Value, int] = {}
        self._codes: list[np.ndarray] = []

    def add(self, block: pa.Array) -> None:
        words: list[Value] = block.dictionary.to_pylist()
        if block.null_count:
            words.append(None)
        codes = np.array([self._code_of.setdefault(word, len(self._code_of)) for word in words], dtype=np.int32)
        self._codes.append(codes[block.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)])

    def cells(self) -> Column:
        return Column.from_codes(list(self._code_of), np.concatenate([np.empty(0, np.int32), *self._codes]))


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
