"""Which catalogues are large, and a sample of rows where that is enough for one."""

from __future__ import annotations

import numpy as np

from recsys.types import Rows

LARGE_COUNT = 200_000


def is_large(count: int) -> bool:
    """Whether a catalogue with this number of products is large."""
    return count > LARGE_COUNT


def index_type(count: int) -> type[np.signedinteger]:
    """The type of numbers up to `count`: the fastest one, or in a large catalogue the one with half its size."""
    return np.int32 if is_large(count) else np.int64


def evenly(rows: Rows, most: int) -> Rows:
    """At most `most` of these rows, evenly spaced; all of them where they are not more."""
    return rows[:: 1 + (len(rows) - 1) // most] if len(rows) else rows
