"""The products of an index as columns, which are compact in memory and fast to filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from recsys.core.columns import Column, ListColumn, Offers
from recsys.core.roles import NO_OVERRIDES, Roles
from recsys.errors import QueryError
from recsys.types import Attribute, Item, Offer, Rows, Value, Where, as_tuple

MAX_LISTED = 12


def parse_filter(where: Any) -> dict[str, list[Value]]:
    """The filter with a list of values for each attribute. Raises QueryError for anything that is not a filter."""
    if isinstance(where, Mapping):
        lists = {
            name: [wanted] if wanted is None or isinstance(wanted, str) else wanted for name, wanted in where.items()
        }
        if all(
            isinstance(wanted, Sequence) and all(value is None or isinstance(value, str) for value in wanted)
            for wanted in lists.values()
        ):
            return {name: list(wanted) for name, wanted in lists.items()}
    raise QueryError(
        'where is a filter such as {"gender": "Women", "season": ["Summer", null]}: attributes with a value, a list of'
        f" values, or null (None) for products without a value; got {where!r:.200}."
    )


class Items:
    """The products in index order: item i belongs to row i of the vectors."""

    def __init__(
        self,
        ids: Sequence[str],
        names: Sequence[Value],
        attributes: Mapping[str, Sequence[Attribute]],
        role_overrides: Mapping[str, str | None] = NO_OVERRIDES,
        offers: Sequence[Offer | None] | None = None,
    ):
        """An attribute whose cells are tuples takes several values. `role_overrides` are those of `Roles`.

        Raises ValueError for repeated ids or columns of different lengths.
        """
        lengths = {len(ids), len(names), *map(len, attributes.values()), len(ids if offers is None else offers)}
        if len(lengths) != 1 or len(set(ids)) != len(ids):
            raise ValueError(f"items need unique ids and columns of one length, got lengths {sorted(lengths)}")
        self.ids, self.names = list(ids), list(names)
        self.all_columns = {name: _column(values) for name, values in attributes.items()}
        self.offers = Offers.from_offers(offers) if offers is not None and any(offers) else None
        self.role_overrides = role_overrides
        self.roles = Roles.from_names(self.columns, role_overrides)

    @classmethod
    def from_items(
        cls,
        items: Sequence[Item],
        attributes: Sequence[str],
        role_overrides: Mapping[str, str | None] = NO_OVERRIDES,
    ) -> Items:
        """Items with these `attributes` as columns; None where an item lacks an attribute."""
        columns = {name: [item.attributes.get(name) for item in items] for name in attributes}
        offers = [item.offer for item in items]
        return cls([item.id for item in items], [item.name for item in items], columns, role_overrides, offers)

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The attributes that take one value."""
        return {name: column for name, column in self.all_columns.items() if isinstance(column, Column)}

    @cached_property
    def lists(self) -> dict[str, ListColumn]:
        """The attributes that take several values."""
        return {name: column for name, column in self.all_columns.items() if isinstance(column, ListColumn)}

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> Item:
        attributes = {name: column[row] for name, column in self.all_columns.items()}
        return Item(self.ids[row], self.names[row], attributes, self.offers[row] if self.offers else None)

    def __iter__(self) -> Iterator[Item]:
        return (self[row] for row in range(len(self)))

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {item_id: row for row, item_id in enumerate(self.ids)}

    def row(self, item_id: str) -> int:
        """The row of this id. Raises QueryError for an id that is not in the catalogue."""
        try:
            return self._row_of[item_id]
        except KeyError:
            some = ", ".join(self.ids[:MAX_LISTED])
            raise QueryError(
                f"There is no item {item_id!r:.100} among these {len(self)}. Ids look like: {some}."
            ) from None

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._row_of

    def values(self, attribute: str) -> list[Value]:
        """The values of an attribute, the most common first; empty for an unknown attribute."""
        return list(self.all_columns[attribute].vocabulary) if attribute in self.all_columns else []

    def facets(self, where: Where | None = None) -> dict[str, dict[Value, int]]:
        """Attribute → value → number of products, the most common first.

        With a filter, each attribute counts the products that pass the filters on the other attributes: the number of
        products if that value were chosen. Raises QueryError for unknown attributes or values.
        """
        masks = {name: self._mask(name, wanted) for name, wanted in parse_filter(where or {}).items()}
        counts = {}
        for name, column in self.all_columns.items():
            others = [mask for other, mask in masks.items() if other != name]
            numbers = column.counts_in(np.logical_and.reduce(others)).tolist() if others else column.counts.values()
            counts[name] = dict(zip(column.vocabulary, numbers, strict=True))
        return counts

    def passing(self, where: Where) -> Rows:
        """The rows that pass the filter, ascending.

        Raises QueryError for attributes or values that the catalogue does not have, with a list of those that it has.
        """
        keep = np.ones(len(self), dtype=bool)
        for name, wanted in parse_filter(where).items():
            keep &= self._mask(name, wanted)
        return np.flatnonzero(keep)

    def _mask(self, name: str, wanted: list[Value]) -> np.ndarray:
        if name not in self.all_columns:
            have = ", ".join(self.all_columns) or "none"
            raise QueryError(f"There is no attribute {name!r} to filter by. This catalogue has: {have}.")
        column = self.all_columns[name]
        unknown = [value for value in wanted if value not in column.counts]
        if unknown:
            some = [repr(value) for value in column.vocabulary[:MAX_LISTED]]
            more = ", …" if len(column.vocabulary) > MAX_LISTED else ""
            raise QueryError(f"No product has {name} {unknown[0]!r}. Its values are: {', '.join(some)}{more}.")
        chosen = np.zeros(len(column.vocabulary), dtype=bool)
        chosen[[column.vocabulary.index(value) for value in wanted]] = True
        return column.having(chosen)


def _column(cells: Sequence[Attribute]) -> Column | ListColumn:
    if any(isinstance(cell, tuple) for cell in cells):
        return ListColumn([as_tuple(cell) for cell in cells])
    return Column([cell for cell in cells if not isinstance(cell, tuple)])
