"""Decides which products the words of a query leave, and which words have to be left out to leave any."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys.core.columns import Flags
from recsys.core.filters import PRICE
from recsys.core.items import Items
from recsys.recommend.options import BY_PRICE, CLOSENESS, SearchOptions
from recsys.types import BY_LOOK, BY_SPELLING, Range, Rows, Understood, Wanted, Where, Words
from recsys.words.query import QueryReader


@dataclass(frozen=True, eq=False)
class Constraint:
    """What some terms of a text ask of a product together.

    `wanted` are values, or the range, of the attribute, as a filter has them. It is None for words of names, and for
    negated words.
    """

    terms: tuple[Understood, ...]
    wanted: list[str] | Range | None = None

    @property
    def attribute(self) -> str | None:
        """The attribute that all of the terms are about; None for words of names."""
        return self.terms[0].attribute

    def passing(self, reader: QueryReader) -> Flags:
        """The products that fulfil the terms, a flag for each row."""
        first = self.terms[0]
        if self.attribute is None:
            rows = np.concatenate([reader.full_text.rows(word) for word in first.values])
        else:
            rows = reader.items.passing({self.attribute: self.wanted or first.bounds or first.values})
        flags = np.zeros(len(reader.items), dtype=bool)
        flags[rows] = True
        return ~flags if first.is_negated else flags


@dataclass(frozen=True, eq=False)
class WordPlan:
    """How a query with words is searched for.

    `words` say which terms are left out. `options` have the others as filters, as far as filters can say them. `rows`
    are the products that pass the filter and fulfil all terms; `among` are the same, or None where the filter of the
    options leaves just these. `values` are the single values that the words ask for, and `looks` the words that stand
    for a look.
    """

    words: Words
    options: SearchOptions
    rows: Rows
    among: Rows | None
    values: dict[str, str]
    looks: tuple[Understood, ...] = ()

    @property
    def with_overrides(self) -> SearchOptions:
        """The options for a picture or a product as the query: the values take the place of its own."""
        return replace(self.options, but={**self.values, **self.options.but})

    def loosened_values(self, items: Items) -> dict[str, str]:
        """Attribute → the single value that loosened words ask for, which the nearest products are near to."""
        terms = (term for term in self.words.loosened if not term.is_negated and len(term.values) == 1)
        return {term.attribute: term.values[0] for term in terms if term.attribute in items.columns}

    @property
    def described(self) -> str:
        """What is understood and wanted, as a text without prices, negations and misspellings."""
        terms = sorted((*self.words.understood, *self.words.loosened), key=lambda term: term.start)
        wanted = [term for term in terms if not (term.is_negated or term.bounds)]
        return " ".join(map(_spelled, wanted))

    def is_specific(self, items: Items) -> bool:
        """Whether the words say what kind of product is meant, or have words of names."""
        terms = self.words.understood
        return any(term.attribute is None or term.attribute in items.roles.categories for term in terms)


def plan_words(
    reader: QueryReader,
    options: SearchOptions,
    price: Callable[[], float | None] = lambda: None,
    looks: Collection[str] = frozenset(),
) -> WordPlan:
    """How to search with the text of these options. `price` gives that of what is searched with, for "cheaper".

    The words `looks` stand for a look, also where names have them, and are no conditions.
    """
    words, options = _with_prices(reader.read(options.text or ""), options, price)
    passing = np.zeros(len(reader.items), dtype=bool)
    passing[reader.items.passing(options.filter or {})] = True
    moving = [term for term in words.understood if _is_look(term, looks)]
    conditions = [term for term in words.understood if term not in moving]
    constraints = sorted(_constraints(conditions), key=lambda one: _importance(one, reader))
    kept: list[Constraint] = []
    for constraint in constraints if passing.any() else ():
        if (left := passing & constraint.passing(reader)).any():
            kept.append(constraint)
            passing = left
    left_out = [one for one in constraints if one not in kept] if passing.any() else []
    loosened = [term for one in left_out for term in one.terms]
    words = replace(
        words,
        understood=tuple(term for term in words.understood if term not in loosened),
        loosened=tuple(term for term in words.understood if term in loosened),
        count=int(passing.sum()),
    )
    where, is_whole = _filter(kept, options)
    rows = np.flatnonzero(passing)
    return WordPlan(
        words,
        replace(options, where=where),
        rows,
        None if is_whole else rows,
        dict(pair for one in kept for pair in _single_value(one, reader.items)),
        tuple(moving),
    )


def _is_look(term: Understood, looks: Collection[str]) -> bool:
    is_word_of_names = term.attribute is None and not term.is_negated
    return term.how == BY_LOOK or (is_word_of_names and any(word in looks for word in term.values))


def _spelled(term: Understood) -> str:
    return term.values[0] if term.how in (BY_SPELLING, BY_LOOK) and len(term.values) == 1 else term.words


def _with_prices(
    words: Words, options: SearchOptions, price: Callable[[], float | None]
) -> tuple[Words, SearchOptions]:
    """What "cheaper" means, in words and options: below the price of the query, or else the lowest prices first."""
    relative = [term for term in words.understood if term.attribute == PRICE and not term.bounds]
    if not relative:
        return words, options
    if (below := price()) is None:
        return words, replace(options, sort=BY_PRICE) if options.sort == CLOSENESS else options
    bounds: Range = {"max": float(np.nextafter(below, 0.0))}
    return replace(
        words, understood=tuple(replace(term, bounds=bounds) if term in relative else term for term in words.understood)
    ), options


def _constraints(terms: Sequence[Understood]) -> Iterator[Constraint]:
    """Words that ask for values of the same attribute are one constraint: any of the values is enough."""
    by_attribute: dict[str, list[Understood]] = {}
    for term in terms:
        if term.attribute is None or term.is_negated:
            yield Constraint((term,))
        elif term.bounds:
            yield Constraint((term,), term.bounds)
        elif term.values:
            by_attribute.setdefault(term.attribute, []).append(term)
    for group in by_attribute.values():
        yield Constraint(tuple(group), list(dict.fromkeys(value for term in group for value in term.values)))


def _importance(constraint: Constraint, reader: QueryReader) -> tuple[int, int]:
    """Orders constraints as they are kept: kind, wearer, price, colour, words of names, others; common words first."""
    roles = reader.items.roles
    order = [*roles.categories, roles.wearer, PRICE, roles.colour]
    if constraint.attribute is None:
        return len(order), -sum(len(reader.full_text.rows(word)) for word in constraint.terms[0].values)
    return order.index(constraint.attribute) if constraint.attribute in order else len(order) + 1, 0


def _filter(constraints: Sequence[Constraint], options: SearchOptions) -> tuple[Where, bool]:
    """The filter of the options with as many of the constraints as it can hold, and whether it holds all of them."""
    where: dict[str, Wanted | Sequence[Wanted] | Range] = dict(options.where)
    is_whole = True
    for constraint in constraints:
        name = constraint.attribute
        if name is None or constraint.wanted is None or name in where or name in options.but:
            is_whole = False
        else:
            where[name] = constraint.wanted
    return where, is_whole


def _single_value(constraint: Constraint, items: Items) -> Iterator[tuple[str, str]]:
    """The attribute and the value, if the constraint asks for one value of an attribute of which a product has one."""
    name, wanted = constraint.attribute, constraint.wanted
    if name in items.columns and isinstance(wanted, list) and len(wanted) == 1:
        yield name, wanted[0]
