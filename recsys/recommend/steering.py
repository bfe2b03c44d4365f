"""Same but …: a query moved from what it is to what is wanted instead, in one attribute."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recsys.core.items import Items
from recsys.core.linalg import class_means, unit
from recsys.types import Searcher, Value, Vectors

PRIOR = 5
"""The mean of fewer products than this says more of them than of the value that they share."""

Codes = npt.NDArray[np.int32]


class Steering:
    """What the values of each attribute look like in a catalogue, so that one can be exchanged for another."""

    def __init__(self, items: Items, searcher: Searcher):
        self.items, self.searcher = items, searcher
        self._kind = items.roles.kind
        self._looks: dict[str, Vectors] = {}

    def steer_all(self, query: Vectors, wanted: Mapping[str, str], present: Mapping[str, Value]) -> Vectors:
        """The query [1, dim] with each wanted value in place of the present one of its attribute; see `steer`."""
        for attribute, value in wanted.items():
            query = self.steer(query, attribute, value, present.get(attribute))
        return query

    def steer(self, query: Vectors, attribute: str, wanted: Value, present: Value = None) -> Vectors:
        """A query [1, dim] as if it were `wanted` in an attribute where it is `present`: a unit vector [1, dim].

        By vector arithmetic (Mikolov et al. 2013), with the means of the two values among products of the same kind.
        It is for a search among the products of the wanted value. A present value that is not known, None or none of
        the catalogue's, is not taken out. Raises QueryError for an attribute, or a wanted value, that the catalogue
        does not have.
        """
        self.items.passing({attribute: wanted})
        if attribute not in self._looks:
            self._looks[attribute] = self._measure(attribute)
        looks, column = self._looks[attribute], self.items.columns[attribute]
        moved = query + looks[column.vocabulary.index(wanted)]
        if present is not None and present in column.counts:
            moved = moved - looks[column.vocabulary.index(present)]
        return unit(moved)

    def _measure(self, attribute: str) -> Vectors:
        """How the products of each value differ from those of their kind on average, float32 [values, dim].

        Within kinds, because a colour's plain mean also tells what comes in that colour.
        """
        values = self.items.columns[attribute].codes
        kinds, of_kinds = self._kinds if attribute != self._kind else self._grouped(None)
        means, counts = class_means(self.searcher, values)
        shares = np.zeros((len(means), len(of_kinds)))
        np.add.at(shares, (values, kinds), 1 / counts[values])
        return np.asarray((means - shares @ of_kinds) * (counts / (counts + PRIOR))[:, None], dtype=np.float32)

    @cached_property
    def _kinds(self) -> tuple[Codes, Vectors]:
        return self._grouped(self._kind)

    def _grouped(self, attribute: str | None) -> tuple[Codes, Vectors]:
        """The group of each product by an attribute, by None all in one, and the mean vector of each group."""
        groups = self.items.columns[attribute].codes if attribute else np.zeros(len(self.items), dtype=np.int32)
        return groups, class_means(self.searcher, groups)[0]
