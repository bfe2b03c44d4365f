"""Finds the row of an id, in some 16 bytes a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class RowIndex:
    """The rows of the ids in a sequence, by their hashes."""

    def __init__(self, ids: Sequence[str]):
        hashes = np.fromiter(map(hash, ids), np.int64, len(ids))
        self._ids, self._order = ids, np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._order]

    def find(self, item_id: object) -> int | None:
        """The row of this id; None if there is none."""
        low, high = (int(np.searchsorted(self._hashes, hash(item_id), side=side)) for side in ("left", "right"))
        return next((row for row in self._order[low:high].tolist() if self._ids[row] == item_id), None)

    @property
    def has_repeats(self) -> bool:
        """Whether an id occurs twice."""
        seconds = self._order[1:][self._hashes[1:] == self._hashes[:-1]]
        return any(self.find(self._ids[row]) != row for row in seconds.tolist())
