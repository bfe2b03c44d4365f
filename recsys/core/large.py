"""Which catalogues are large, and a sample of rows where that is enough for one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recsys.types import Rows

LARGE_COUNT = 200_000


def is_large(count: int) -> bool:
    """Whether a catalogue with this number of products is large."""
    return count > LARGE_COUNT


def index_type(count: int) -> type[np.signedinteger]:
    """The type of numbers up to `count`: the fastest one, or in a large catalogue the one with half its size."""
    return np.int32 if is_large(count) else np.int64


def numbered(values: Rows) -> tuple[Rows, npt.NDArray[np.signedinteger], Rows]:
    """The first row of each different value, by ascending value; the number of its value for each row; and the counts.

    The same as np.unique, in a third of its memory.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    is_new = np.append(True, ordered[1:] != ordered[:-1])[: len(values)]
    del ordered
    numbers = np.empty(len(values), dtype=index_type(len(values)))
    numbers[order] = np.cumsum(is_new, dtype=numbers.dtype) - 1
    return order[is_new], numbers, np.bincount(numbers)


def evenly(rows: Rows, most: int) -> Rows:
    """At most `most` of these rows, evenly spaced; all of them where they are not more."""
    return rows[:: 1 + (len(rows) - 1) // most] if len(rows) else rows
