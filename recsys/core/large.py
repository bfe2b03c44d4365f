"""What is done otherwise in a large catalogue: it is sampled where a part is enough."""

from __future__ import annotations

from recsys.types import Rows

LARGE_COUNT = 200_000


def is_large(count: int) -> bool:
    """Whether a catalogue of so many products is large."""
    return count > LARGE_COUNT


def evenly(rows: Rows, most: int) -> Rows:
    """At most `most` of these rows, evenly spaced; all of them where they are not more."""
    return rows[:: 1 + (len(rows) - 1) // most] if len(rows) else rows
