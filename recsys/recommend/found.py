"""What a search works with: the query, and the products found for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from recsys.recommend.picture_part import ChosenPart
from recsys.types import Attribute, Rows, Searcher, Vectors


class Found(NamedTuple):
    """Products, best first: their rows [n] and their cosines to the query [n]."""

    rows: Rows
    cosines: Vectors

    def without(self, rows: Collection[int]) -> Found:
        """All but these rows."""
        kept = ~np.isin(self.rows, list(rows))
        return Found(self.rows[kept], self.cosines[kept])

    def at(self, places: Rows | slice) -> Found:
        """Those at these places, in that order."""
        return Found(self.rows[places], self.cosines[places])

    def best(self, count: int) -> Found:
        """The `count` with the highest cosines, highest first."""
        return self.at(np.argsort(-self.cosines, kind="stable")[:count])


@dataclass(frozen=True, eq=False)
class Query:
    """An embedding [1, dim] and its attribute values, None where unknown.

    It has a `row` if it is a product of the catalogue, and a `part` if it is a picture.
    """

    embedding: Vectors
    values: Mapping[str, Attribute]
    row: int | None = None
    part: ChosenPart | None = None


def nearest_of(
    searcher: Searcher, vector: Vectors, count: int, rows: Rows, cosines: Callable[[Vectors, Rows], Vectors]
) -> Found:
    """The nearest `count` of these rows to a vector [1, dim].

    They are searched by the searcher, if it can search among rows, or else compared by their `cosines` to it.
    """
    if (search_rows := getattr(searcher, "search_rows", None)) is None:
        return Found(rows, cosines(vector[0], rows)).best(count)
    (found,), (near,) = search_rows(vector, count, rows)
    return Found(found, near)
