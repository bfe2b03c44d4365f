"""The attributes and offers of all products as columns, which are compact in memory and fast to filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from recsys.core.filters import canonical, number
from recsys.core.large import is_large
from recsys.types import IN_STOCK, Offer, Range, Rows, Value

MAX_COMBINED = 2**62
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.signedinteger]
"""Codes of values; in a large catalogue, in the smallest type that holds them."""
Numbers = npt.NDArray[np.float64]


class Vocabulary:
    """The different values of an attribute, the most common first, each with the number of its products."""

    counts: dict[Value, int]
    vocabulary: list[Value]

    @cached_property
    def numbers(self) -> Numbers:
        """Each value as a number; NaN where it is none."""
        return np.array([number(value) for value in self.vocabulary])

    def codes_of(self, wanted: Sequence[Value] | Range) -> list[int]:
        """The codes of these values, or of the numbers in this range.

        A value stands for the same number or boolean written otherwise, where no product has the value itself. Raises
        KeyError for a value that no product has.
        """
        if isinstance(wanted, dict):
            within = (self.numbers >= wanted.get("min", -np.inf)) & (self.numbers <= wanted.get("max", np.inf))
            return np.flatnonzero(within).tolist()
        return [code for value in wanted for code in self._codes_of_value(value)]

    def _codes_of_value(self, value: Value) -> list[int]:
        if value in self.counts:
            return [self.vocabulary.index(value)]
        codes = [code for code, own in enumerate(self.vocabulary) if own and canonical(own) == canonical(value or "")]
        if not codes:
            raise KeyError(value)
        return codes


class Column(Vocabulary):
    """One attribute of all products: a vocabulary, and a code for each row."""

    def __init__(self, values: Sequence[Value]):
        self.counts = _counts(values)
        self.vocabulary = list(self.counts)
        code_of = {value: code for code, value in enumerate(self.vocabulary)}
        self.codes = np.fromiter((code_of[value] for value in values), dtype=np.int32, count=len(values))

    @classmethod
    def from_codes(cls, vocabulary: Sequence[Value], codes: Codes) -> Self:
        """The column whose row r has the value `vocabulary[codes[r]]`. The values are different from each other."""
        counts = np.bincount(codes, minlength=len(vocabulary)).tolist()
        present = {value: n for value, n in zip(vocabulary, counts, strict=True) if n}
        column = cls.__new__(cls)
        column.counts = _most_common_first(present)
        column.vocabulary = list(column.counts)
        code_of = {value: code for code, value in enumerate(column.vocabulary)}
        compact = np.min_scalar_type(-1 - len(vocabulary)) if is_large(len(codes)) else np.int32
        column.codes = np.array([code_of.get(value, -1) for value in vocabulary], dtype=compact)[codes]
        return column

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> Value:
        return self.vocabulary[self.codes[row]]

    def take(self, rows: Rows) -> Self:
        """The column of these rows."""
        return self.from_codes(self.vocabulary, self.codes[rows])

    def having(self, chosen: Flags) -> Flags:
        """The rows whose value is chosen: `chosen` [vocabulary] → [rows]."""
        return chosen.take(self.codes)

    def counts_in(self, rows: Flags) -> Rows:
        """The number of these rows with each value of the vocabulary."""
        return np.bincount(self.codes[rows], minlength=len(self.vocabulary))


def combined(columns: Sequence[Column], count: int) -> Rows:
    """A number for each of `count` rows, equal for rows with the same values, and rising as their codes do."""
    numbers, size = np.zeros(count, dtype=np.int64), 1
    for column in columns:
        if size * len(column.vocabulary) > MAX_COMBINED:
            numbers = np.unique(numbers, return_inverse=True)[1]
            size = count
        numbers, size = numbers * len(column.vocabulary) + column.codes, size * len(column.vocabulary)
    return numbers.astype(np.min_scalar_type(-1 - size)) if is_large(count) else numbers


class ListColumn(Vocabulary):
    """An attribute that takes several values: the codes of row r are `codes[starts[r] : starts[r + 1]]`.

    A row without values has the code of None.
    """

    def __init__(self, values: Sequence[Sequence[str]]):
        lists: list[list[Value]] = [list(dict.fromkeys(row)) or [None] for row in values]
        self.counts = _counts([value for row in lists for value in row])
        self.vocabulary = list(self.counts)
        code_of = {value: code for code, value in enumerate(self.vocabulary)}
        self.codes = np.array([code_of[value] for row in lists for value in row], dtype=np.int32)
        self.starts = np.cumsum([0, *map(len, lists)])

    def __getitem__(self, row: int) -> tuple[str, ...]:
        codes = self.codes[self.starts[row] : self.starts[row + 1]]
        return tuple(value for code in codes if (value := self.vocabulary[code]) is not None)

    def having(self, chosen: Flags) -> Flags:
        """The rows that have a chosen value: `chosen` [vocabulary] → [rows]."""
        return np.logical_or.reduceat(chosen.take(self.codes), self.starts[:-1])

    def counts_in(self, rows: Flags) -> Rows:
        """The number of these rows that have each value of the vocabulary."""
        return np.bincount(self.codes[np.repeat(rows, np.diff(self.starts))], minlength=len(self.vocabulary))


@dataclass(frozen=True, eq=False)
class Offers:
    """The offers of all products. A missing price is NaN."""

    price: Numbers
    sale_price: Numbers
    currency: Column
    availability: Column
    brand: Column
    url: Sequence[Value]
    description: Sequence[Value]

    @classmethod
    def from_offers(cls, offers: Iterable[Offer | None]) -> Self:
        """The offers of the products in index order; None for a product without one."""
        rows = [offer or NO_OFFER for offer in offers]
        return cls(
            np.array([np.nan if offer.price is None else offer.price for offer in rows], dtype=np.float64),
            np.array([np.nan if offer.sale_price is None else offer.sale_price for offer in rows], dtype=np.float64),
            Column([offer.currency for offer in rows]),
            Column([offer.availability for offer in rows]),
            Column([offer.brand for offer in rows]),
            [offer.url for offer in rows],
            [offer.description for offer in rows],
        )

    def __getitem__(self, row: int) -> Offer | None:
        offer = Offer(
            _number(self.price[row]),
            _number(self.sale_price[row]),
            self.currency[row],
            self.availability[row],
            self.url[row],
            self.brand[row],
            self.description[row],
        )
        return None if offer == NO_OFFER else offer

    @cached_property
    def amounts(self) -> Numbers:
        """What each product costs, in the most common currency. NaN without a price, or in another currency."""
        amounts = np.where(np.isnan(self.sale_price), self.price, self.sale_price)
        usual = self.currency.vocabulary.index(self.usual_currency)
        return np.where(self.currency.codes == usual, amounts, np.nan)

    @cached_property
    def usual_currency(self) -> Value:
        """The most common currency of the prices."""
        priced = ~(np.isnan(self.price) & np.isnan(self.sale_price))
        return self.currency.vocabulary[int(self.currency.counts_in(priced).argmax())]

    @cached_property
    def in_stock(self) -> Column:
        """Whether each product is in stock, "True" or "False"; None where that is not known."""
        flags = {value: None if value is None else str(value == IN_STOCK) for value in self.availability.vocabulary}
        return Column([flags[self.availability[row]] for row in range(len(self.price))])

    def costing(self, wanted: Sequence[Value] | Range) -> Flags:
        """The products that cost one of these amounts, or an amount in this range; None is one without a price."""
        if isinstance(wanted, dict):
            return (self.amounts >= wanted.get("min", -np.inf)) & (self.amounts <= wanted.get("max", np.inf))
        numbers = [number(value) for value in wanted if value is not None]
        return np.isin(self.amounts, numbers) | (np.isnan(self.amounts) if None in wanted else False)


NO_OFFER = Offer()


def _counts(values: Iterable[Value]) -> dict[Value, int]:
    """Value → number of rows, the most common first."""
    return _most_common_first(Counter(values))


def _most_common_first(counts: Mapping[Value, int]) -> dict[Value, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] or "")))


def _number(cell: np.float64) -> float | None:
    return None if np.isnan(cell) else float(cell)
