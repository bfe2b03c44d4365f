"""Finds the products that show the same picture: rows of one product, and a picture that stands for a missing one.

Equal pictures have equal vectors. They count once where neighbours are counted, because a picture that five rows share
would otherwise fill the nearest five by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from recsys.core.calibration import Flags
from recsys.core.items import Items
from recsys.types import Rows, Searcher, Vectors

BLOCK_ROWS = 8192
MIN_PLACEHOLDER_ROWS = 4
"""The least number of products that share the picture that stands for a missing one."""
MIN_PLACEHOLDER_KINDS = 3
"""The least number of kinds that they are of. Rows of one product, as one for each size, are of one kind."""
MIN_PLACEHOLDER_NAMES = 8
"""The least number of names that they have, in a catalogue that does not say what kind its products are."""


@dataclass(frozen=True, eq=False)
class SamePictures:
    """For each row, the `first` row with the same picture; and the rows that show a placeholder, such as "no image"."""

    first: Rows
    is_placeholder: Flags

    @classmethod
    def find(cls, items: Items, vectors: Vectors) -> Self:
        """In the unit vectors [n, dim] of these items."""
        return cls._from_hashes(items, _hashes(vectors))

    @classmethod
    def of_searcher(cls, items: Items, searcher: Searcher) -> Self:
        """In the vectors that a searcher holds."""
        blocks = np.array_split(np.arange(len(items)), len(items) // BLOCK_ROWS + 1)
        return cls._from_hashes(items, [number for rows in blocks for number in _hashes(searcher.vectors(rows))])

    @classmethod
    def _from_hashes(cls, items: Items, hashes: Sequence[int]) -> Self:
        _, firsts, picture, counts = np.unique(hashes, return_index=True, return_inverse=True, return_counts=True)
        is_placeholder = counts >= MIN_PLACEHOLDER_ROWS
        for number in np.flatnonzero(is_placeholder):
            is_placeholder[number] = _is_varied(items, np.flatnonzero(picture == number))
        return cls(firsts[picture], is_placeholder[picture])

    @property
    def distinct(self) -> Rows:
        """One row for each picture, without placeholders, ascending."""
        return np.flatnonzero((self.first == np.arange(len(self.first))) & ~self.is_placeholder)

    def places(self, rows: Rows) -> Rows:
        """The places 0 … n - 1 of `rows` [n] that show a picture for the first time there, without placeholders."""
        firsts = np.sort(np.unique(self.first[rows], return_index=True)[1])
        return firsts[~self.is_placeholder[rows[firsts]]]


def _is_varied(items: Items, rows: Rows) -> bool:
    """Whether these rows have too many kinds, or names, for one picture to show all of them."""
    if items.roles.kind:
        return len(np.unique(items.columns[items.roles.kind].codes[rows])) >= MIN_PLACEHOLDER_KINDS
    return len({items.names[row] for row in rows}) >= MIN_PLACEHOLDER_NAMES


def _hashes(vectors: Vectors) -> list[int]:
    """A 64-bit hash of each vector [n, dim]."""
    return [hash(vector.tobytes()) for vector in vectors]
