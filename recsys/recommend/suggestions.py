"""Suggestions while a visitor types: values that complete the text, with their number of products, and products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.recommend.options import SearchOptions
from recsys.recommend.word_plan import plan_words
from recsys.types import Item, Rows
from recsys.words.query import QueryReader
from recsys.words.text import Token, phrase_key, tokens

MAX_VALUES = 6
MAX_PRODUCTS = 4
MAX_PARTIAL_WORDS = 3
MIN_NAME_CHARACTERS = 2
"""Names are searched from this many characters on."""


@dataclass(frozen=True, slots=True)
class ValueSuggestion:
    """A value that completes the text. `text` is the completed text, and `count` the products that it leaves."""

    text: str
    attribute: str
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Suggestions:
    """How a text may go on: values of the catalogue, and products with such a name.

    Kinds, colours and wearers come before other values, and the most common ones first.
    """

    values: tuple[ValueSuggestion, ...] = ()
    products: tuple[Item, ...] = ()


def suggest(reader: QueryReader, text: str) -> Suggestions:
    """How the text may go on. Its last words are taken as the beginning of a value or of a word in names."""
    words = tokens(text)
    if not words:
        return Suggestions()
    for length in range(min(MAX_PARTIAL_WORDS, len(words)), 0, -1):
        head = text[: words[-length].start].strip()
        found = _once_each(_values(reader, head, "".join(word.plain for word in words[-length:])))
        if found:
            best = sorted(found, key=lambda one: (not _says_most(one.attribute, reader), -one.count))[:MAX_VALUES]
            return Suggestions(tuple(best), _products(reader, words))
    return Suggestions((), _products(reader, words))


def _once_each(found: Iterator[ValueSuggestion]) -> list[ValueSuggestion]:
    """The first of those that read alike, as the kind "Dresses" and the category "Dress" do."""
    by_text: dict[str, ValueSuggestion] = {}
    for one in found:
        by_text.setdefault(phrase_key(one.text), one)
    return list(by_text.values())


def _says_most(attribute: str, reader: QueryReader) -> bool:
    """Whether an attribute is the kind, a category, the colour or the wearer, whose values are suggested first."""
    roles = reader.items.roles
    return attribute in (*roles.categories, roles.colour, roles.wearer)


def _values(reader: QueryReader, head: str, partial: str) -> Iterator[ValueSuggestion]:
    """The values of which a word begins so, among the products that the words before leave."""
    passing = _passing(reader, head)
    for attribute, values in reader.meanings.beginning_with(partial).items():
        column = reader.items.filters[attribute]
        counts = column.counts_in(passing)
        for value in values:
            count = int(counts[column.vocabulary.index(value)])
            if count and value.casefold() not in head.casefold():
                yield ValueSuggestion(f"{head} {value}".strip(), attribute, value, count)


def _passing(reader: QueryReader, head: str) -> np.ndarray:
    rows: Rows | slice = plan_words(reader, SearchOptions(text=head)).rows if head else slice(None)
    passing = np.zeros(len(reader.items), dtype=bool)
    passing[rows] = True
    return passing


def _products(reader: QueryReader, words: Sequence[Token]) -> tuple[Item, ...]:
    """Products whose name has these words, of which the last is the beginning of one."""
    *whole, last = [word.plain for word in words]
    if len(last) < MIN_NAME_CHARACTERS:
        return ()
    rows = reader.full_text.rows(last, is_prefix=True)
    for word in whole:
        rows = np.intersect1d(rows, reader.full_text.rows(word), assume_unique=True)
    return tuple(reader.items[row] for row in rows[:MAX_PRODUCTS].tolist())
