"""Finds the products that show the same picture: rows of one product, and a picture that stands for a missing one.

Equal pictures have equal vectors. They count once where neighbours are counted, because a picture that five rows share
would otherwise fill the nearest five by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from recsys.core.calibration import Flags
from recsys.core.items import Items
from recsys.core.large import numbered
from recsys.types import Rows, Searcher, Value, Vectors

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

    first: npt.NDArray[np.int32]
    is_placeholder: Flags

    @classmethod
    def find(cls, items: Items, vectors: Vectors) -> Self:
        """In the unit vectors [n, dim] of these items."""
        return cls.from_hashes(items, _hashes(vectors))

    @classmethod
    def of_searcher(cls, items: Items, searcher: Searcher) -> Self:
        """In the vectors that a searcher holds."""
        blocks = np.array_split(np.arange(len(items)), len(items) // BLOCK_ROWS + 1)
        return cls.from_hashes(items, np.concatenate([_hashes(searcher.vectors(rows)) for rows in blocks]))

    @classmethod
    def from_hashes(cls, items: Items, hashes: Rows) -> Self:
        """In the hashes [n] of the pictures, or of their vectors."""
        firsts, picture, counts = numbered(hashes)
        shared = np.flatnonzero((counts >= MIN_PLACEHOLDER_ROWS)[picture])
        is_placeholder = np.zeros(len(counts), dtype=bool)
        is_placeholder[_varied(items, shared, picture[shared])] = True
        return cls(firsts.astype(np.int32)[picture], is_placeholder[picture])

    @property
    def distinct(self) -> Rows:
        """One row for each picture, without placeholders, ascending."""
        return np.flatnonzero((self.first == np.arange(len(self.first))) & ~self.is_placeholder)

    def places(self, rows: Rows) -> Rows:
        """The places 0 … n - 1 of `rows` [n] that show a picture for the first time there, without placeholders."""
        firsts = np.sort(np.unique(self.first[rows], return_index=True)[1])
        return firsts[~self.is_placeholder[rows[firsts]]]


def _varied(items: Items, rows: Rows, pictures: Rows) -> Rows:
    """Those of the pictures of these rows that are shown with too many kinds, or names, for one picture."""
    if items.roles.kind:
        kinds, least = items.columns[items.roles.kind].codes[rows].astype(np.int64), MIN_PLACEHOLDER_KINDS
    else:
        names: dict[Value, int] = {}
        kinds = np.array([names.setdefault(items.names[row], len(names)) for row in rows.tolist()], dtype=np.int64)
        least = MIN_PLACEHOLDER_NAMES
    different = np.unique(pictures * (1 + kinds.max(initial=0)) + kinds) // (1 + kinds.max(initial=0))
    found, counts = np.unique(different, return_counts=True)
    return found[counts >= least]


def _hashes(vectors: Vectors) -> Rows:
    """A 64-bit hash of each vector [n, dim]."""
    return np.fromiter((hash(vector.tobytes()) for vector in vectors), np.int64, len(vectors))
