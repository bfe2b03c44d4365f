"""The products of an index as columns, which are compact in memory and fast to filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np

from recsys.core.columns import Column, Flags, ListColumn, Offers
from recsys.core.filters import BRAND, IN_STOCK, PRICE, parse_filter
from recsys.core.large import index_type
from recsys.core.nesting import kind, levels
from recsys.core.roles import NO_OVERRIDES, Roles
from recsys.core.row_index import RowIndex
from recsys.errors import QueryError
from recsys.types import Attribute, Item, Offer, Range, Rows, Value, Where, as_tuple

MAX_LISTED = 12
MANY_NUMBERS = 20
"""An attribute of more different numbers than this is filtered by a range."""


@runtime_checkable
class Takes(Protocol):
    """A sequence whose rows are taken without an object for each."""

    def take(self, rows: Rows) -> Sequence[Any]:
        """The texts of these ascending rows."""
        ...


class Items:
    """The products in index order: item i belongs to row i of the vectors."""

    def __init__(
        self,
        ids: Sequence[str],
        names: Sequence[Value],
        attributes: Mapping[str, Sequence[Attribute] | Column],
        role_overrides: Mapping[str, str | None] = NO_OVERRIDES,
        offers: Sequence[Offer | None] | None = None,
        groups: Sequence[Value] | Column | None = None,
        added: Sequence[Value] | None = None,
    ):
        """An attribute whose cells are tuples takes several values. `role_overrides` are those of `Roles`.

        Ids and names are kept as they are given, so a compact sequence saves memory. `added` are dates as YYYY-MM-DD.
        Raises ValueError for repeated ids, other dates, or columns of different lengths.
        """
        lengths = {len(ids), len(names), *map(len, attributes.values()), len(ids if offers is None else offers)}
        lengths |= {len(ids if groups is None else groups), len(ids if added is None else added)}
        self.ids, self.names, self._row_of = ids, names, RowIndex(ids)
        if len(lengths) != 1 or self._row_of.has_repeats:
            raise ValueError(f"items need unique ids and columns of one length, got lengths {sorted(lengths)}")
        self.all_columns = {name: _column(values) for name, values in attributes.items()}
        self.offers = Offers.from_offers(offers) if offers is not None and any(offers) else None
        grouped = groups if groups is None or isinstance(groups, Column) else Column(groups)
        self.groups = grouped if grouped and any(grouped.vocabulary) else None
        self.added = np.array(added, dtype="datetime64[D]") if added is not None and any(added) else None
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
        groups, added = [item.group for item in items], [item.added for item in items]
        ids, names = [item.id for item in items], [item.name for item in items]
        return cls(ids, names, columns, role_overrides, offers, groups, added)

    def take(self, rows: Rows, role_overrides: Mapping[str, str | None] = NO_OVERRIDES) -> Items:
        """The items of these rows, which are ascending. Only what takes several values, and offers, are copied."""
        if len(rows) == len(self):
            return self._with_roles(role_overrides)
        some = rows.tolist()
        cells = lambda each: each.take(rows) if isinstance(each, Column) else [each[row] for row in some]  # noqa: E731
        return Items(
            self.ids.take(rows) if isinstance(self.ids, Takes) else [self.ids[row] for row in some],
            self.names.take(rows) if isinstance(self.names, Takes) else [self.names[row] for row in some],
            {name: cells(column) for name, column in self.all_columns.items()},
            role_overrides,
            [self.offers[row] for row in some] if self.offers else None,
            self.groups.take(rows) if self.groups else None,
            None if self.added is None else [self[row].added for row in some],
        )

    def _with_roles(self, role_overrides: Mapping[str, str | None]) -> Items:
        """The same items, of whose roles these are overruled."""
        found = copy(self)
        found.__dict__.pop("kind_levels", None)
        found.role_overrides, found.roles = role_overrides, Roles.from_names(self.columns, role_overrides)
        return found

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The attributes that take one value."""
        return {name: column for name, column in self.all_columns.items() if isinstance(column, Column)}

    @cached_property
    def lists(self) -> dict[str, ListColumn]:
        """The attributes that take several values."""
        return {name: column for name, column in self.all_columns.items() if isinstance(column, ListColumn)}

    @cached_property
    def filters(self) -> dict[str, Column | ListColumn]:
        """What products can be filtered by: the attributes, and of the offers the stock and the brand."""
        found = {name: column for name, column in self.all_columns.items() if name != PRICE or not self.has_prices}
        if self.offers is not None and any(self.offers.availability.vocabulary):
            found[IN_STOCK] = self.offers.in_stock
        if self.offers is not None and any(self.offers.brand.vocabulary):
            found.setdefault(BRAND, self.offers.brand)
        return found

    @cached_property
    def kind_levels(self) -> tuple[str, ...]:
        """The attributes that say what a product is, the coarsest first: each value of one belongs to one before it."""
        roles = self.roles
        others = {roles.colour, roles.wearer, roles.usage, roles.season, roles.pattern, roles.year}
        return levels(self.columns, roles.kind or kind(self.columns), without=[name for name in others if name])

    @cached_property
    def has_prices(self) -> bool:
        """Whether any product has a price, in which case the filter "price" is about prices."""
        return self.offers is not None and not np.isnan(self.offers.amounts).all()

    def cost(self, row: int) -> float | None:
        """What a product costs; None where it has no price, or one in another currency than most products."""
        amount = float(self.offers.amounts[row]) if self.offers is not None else np.nan
        return None if np.isnan(amount) else amount

    def ranges(self) -> dict[str, Range]:
        """The lowest and highest number of what is filtered by range: prices, and attributes of many numbers."""
        found: dict[str, Range] = {}
        if self.offers is not None and self.has_prices:
            found[PRICE] = {"min": float(np.nanmin(self.offers.amounts)), "max": float(np.nanmax(self.offers.amounts))}
        for name, column in self.columns.items():
            numbers = column.numbers[[value is not None for value in column.vocabulary]]
            if len(numbers) > MANY_NUMBERS and not np.isnan(numbers).any() and name not in found:
                found[name] = {"min": float(numbers.min()), "max": float(numbers.max())}
        return found

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> Item:
        attributes = {name: column[row] for name, column in self.all_columns.items()}
        offer, group = self.offers[row] if self.offers else None, self.groups[row] if self.groups else None
        added = None if self.added is None or np.isnat(self.added[row]) else str(self.added[row])
        return Item(self.ids[row], self.names[row], attributes, offer, group, added)

    def __iter__(self) -> Iterator[Item]:
        return (self[row] for row in range(len(self)))

    @cached_property
    def product_of(self) -> Rows:
        """For each row, the first row of the same product: of its group, or itself without one."""
        rows = np.arange(len(self), dtype=index_type(len(self)))
        if self.groups is None:
            return rows
        first = np.unique(self.groups.codes, return_index=True)[1].astype(rows.dtype)[self.groups.codes]
        is_grouped = np.array([group is not None for group in self.groups.vocabulary])[self.groups.codes]
        return np.where(is_grouped, first, rows)

    def group_rows(self, row: int) -> Rows:
        """The rows of the same product as this row, with it, ascending."""
        return np.flatnonzero(self.product_of == self.product_of[row]) if self.groups else np.array([row])

    def row(self, item_id: str) -> int:
        """The row of this id. Raises QueryError for an id that is not in the catalogue."""
        row = self._row_of.find(item_id)
        if row is None:
            some = ", ".join(self.ids[:MAX_LISTED])
            raise QueryError(f"There is no item {item_id!r:.100} among these {len(self)}. Ids look like: {some}.")
        return row

    def __contains__(self, item_id: object) -> bool:
        return self._row_of.find(item_id) is not None

    def values(self, attribute: str) -> list[Value]:
        """The values of an attribute, the most common first; empty for an unknown attribute."""
        return list(self.filters[attribute].vocabulary) if attribute in self.filters else []

    def facets(self, where: Where | None = None) -> dict[str, dict[Value, int]]:
        """Attribute → value → number of products, the most common first.

        With a filter, each attribute counts the products that pass the filters on the other attributes: the number of
        products if that value were chosen. Raises QueryError for unknown attributes or values.
        """
        masks = {name: self._mask(name, wanted) for name, wanted in parse_filter(where or {}).items()}
        counts = {}
        for name, column in self.filters.items():
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

    def codes(self, name: str, wanted: Sequence[Value] | Range) -> list[int]:
        """The codes of the values of an attribute that pass a filter. Raises QueryError as `passing` does."""
        column = self.filters.get(name)
        if column is None:
            have = ", ".join([*self.filters, *([PRICE] if self.has_prices else [])]) or "none"
            raise QueryError(f"There is no attribute {name!r} to filter by. This catalogue has: {have}.")
        some = ", ".join(repr(value) for value in column.vocabulary[:MAX_LISTED])
        some += ", …" if len(column.vocabulary) > MAX_LISTED else ""
        if isinstance(wanted, dict) and np.isnan(column.numbers).all():
            raise QueryError(f"The values of {name} are not numbers, so it has no range. They are: {some}.")
        try:
            return column.codes_of(wanted)
        except KeyError as error:
            raise QueryError(f"No product has {name} {error.args[0]!r}. Its values are: {some}.") from None

    def _mask(self, name: str, wanted: Sequence[Value] | Range) -> Flags:
        if name == PRICE and self.offers is not None and self.has_prices:
            return self.offers.costing(wanted)
        codes, column = self.codes(name, wanted), self.filters[name]
        chosen = np.zeros(len(column.vocabulary), dtype=bool)
        chosen[codes] = True
        return column.having(chosen)


def _column(cells: Sequence[Attribute] | Column) -> Column | ListColumn:
    if isinstance(cells, Column):
        return cells
    if any(isinstance(cell, tuple) for cell in cells):
        return ListColumn([as_tuple(cell) for cell in cells])
    return Column([cell for cell in cells if not isinstance(cell, tuple)])
