"""Attribute overrides ("the same but blue"): moves a query from its own value of an attribute to another value."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recsys.core.items import Items
from recsys.core.linalg import class_means, unit
from recsys.types import Attribute, Searcher, Value, Vectors

PRIOR_PRODUCTS = 5
"""The mean of all weighs as much as this many products in the mean vector of a value, so that rare values move less."""

Codes = npt.NDArray[np.int32]


class Steering:
    """Exchanges one attribute value of a query for another, by the mean vectors of the values in a catalogue."""

    def __init__(self, items: Items, searcher: Searcher):
        self.items, self.searcher = items, searcher
        self._kind = items.roles.kind
        self._offsets: dict[str, Vectors] = {}

    def steer_all(self, query: Vectors, wanted: Mapping[str, str], present: Mapping[str, Attribute]) -> Vectors:
        """The query [1, dim] with each wanted value in place of the present one of its attribute; see `steer`."""
        for attribute, value in wanted.items():
            own = present.get(attribute)
            query = self.steer(query, attribute, value, None if isinstance(own, tuple) else own)
        return query

    def steer(self, query: Vectors, attribute: str, wanted: Value, present: Value = None) -> Vectors:
        """The query [1, dim] with the `wanted` value of an attribute in place of its `present` one: a unit vector.

        Vector arithmetic (Mikolov et al. 2013): the offset of the wanted value is added and that of the present value
        subtracted. A present value that is None, or that no product has, is not subtracted. The result is meant for a
        search among the products that have the wanted value. Raises QueryError for an attribute or a wanted value that
        the catalogue does not have.
        """
        self.items.passing({attribute: wanted})
        if attribute not in self._offsets:
            self._offsets[attribute] = self._measure(attribute)
        offsets, column = self._offsets[attribute], self.items.columns[attribute]
        moved = query + offsets[column.codes_of([wanted])[0]]
        if present is not None and present in column.counts:
            moved = moved - offsets[column.vocabulary.index(present)]
        return unit(moved)

    def _measure(self, attribute: str) -> Vectors:
        """The mean difference of each value's products from the mean of their kind, float32 [values, dim].

        Differences are taken within kinds, because the mean of a colour also depends on which kinds come in it.
        """
        values = self.items.columns[attribute].codes
        kinds, of_kinds = self._kinds if attribute != self._kind else self._grouped(None)
        means, counts = class_means(self.searcher, values)
        shares = np.zeros((len(means), len(of_kinds)))
        np.add.at(shares, (values, kinds), 1 / counts[values])
        return np.asarray((means - shares @ of_kinds) * (counts / (counts + PRIOR_PRODUCTS))[:, None], dtype=np.float32)

    @cached_property
    def _kinds(self) -> tuple[Codes, Vectors]:
        return self._grouped(self._kind)

    def _grouped(self, attribute: str | None) -> tuple[Codes, Vectors]:
        """The value of each product as a code, and the mean vector of each value; one value for all if None."""
        groups = self.items.columns[attribute].codes if attribute else np.zeros(len(self.items), dtype=np.int32)
        return groups, class_means(self.searcher, groups)[0]
