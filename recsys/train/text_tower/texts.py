"""The texts that a text tower is trained on: names with words left out, and phrases of attribute values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from recsys.core.columns import Flags
from recsys.core.roles import NO_OVERRIDES, Roles
from recsys.types import Item, Rows, Vectors
from recsys.words.tower.features import Vocabulary, words_of_text

INCLUDED = {"kind": 0.9, "colour": 0.5, "wearer": 0.45, "pattern": 0.15}
"""How often a phrase names the value of the attribute with this role."""
OTHERS_INCLUDED = 0.05
ORDER = ("wearer", "usage", "season", "pattern", "colour", "categories", "kind")
"""The order of a phrase, such as "Women Casual Striped Navy Blue Shirts"."""
SHUFFLED = 0.3
"""The share of phrases in random order."""
FILLERS = ("for", "with", "in", "a", "the", "and")
FILLED = 0.15
SINGULAR = 0.3
"""The share of the words of a value that lose the ending of their plural."""
PLURAL = re.compile(r"(?<=[sxzh])es$|(?<=\w\w[^s])s$")
CUT_NAMES = 0.5
WORDS_LEFT_OUT = 0.3
"""Of half of the names, this share of the words is left out."""
EXTENDED_NAMES = 0.3
VALUES_ADDED = 0.3
"""Some of the names get words of this share of the product's values."""
MAX_VALUES = 400
"""An attribute with more values says too little about how a product looks."""
ABSENT = -1


class Texts(NamedTuple):
    """Texts as lists of words, and what a picture needs to be right for each, bool [n, columns of `codes`]."""

    words: list[list[str]]
    needed: Flags


@dataclass(frozen=True, eq=False)
class TextSource:
    """Products whose names and values are words.

    `names` are the words of the names. `values` has the words of each product's values by attribute. `codes`
    [n, attributes + 1] numbers the values of each attribute, and in the last column the names.
    """

    names: Sequence[Sequence[str]]
    attributes: Sequence[str]
    included: Sequence[float]
    values: Sequence[Sequence[Sequence[str]]]
    codes: Rows

    @classmethod
    def from_items(cls, items: Sequence[Item], role_overrides: dict[str, str | None] | None = None) -> TextSource:
        """The words of these products. Attributes with very many values, and years, take no part."""
        every = list(dict.fromkeys(name for item in items for name in item.single_values))
        roles = Roles.from_names(every, role_overrides or NO_OVERRIDES)
        columns = {name: [item.value(name) for item in items] for name in every if name != roles.year}
        columns = {name: column for name, column in columns.items() if 1 < len({*column} - {None}) <= MAX_VALUES}
        ranks = {name: _rank(roles.role_of(name)) for name in columns}
        attributes = sorted(columns, key=ranks.__getitem__)
        words = {value: words_of_text(value) for column in columns.values() for value in {*column} if value is not None}
        names = [words_of_text(item.name or "") for item in items]
        keys = [" ".join(name) or ("", item.id) for name, item in zip(names, items, strict=True)]
        codes = [_numbered(columns[name]) for name in attributes]
        return cls(
            names,
            attributes,
            [INCLUDED.get(roles.role_of(name) or "", OTHERS_INCLUDED) for name in attributes],
            [[words.get(columns[name][row] or "", []) for name in attributes] for row in range(len(items))],
            np.stack([*codes, _numbered(keys)], axis=1),
        )

    @property
    def usable(self) -> Rows:
        """The rows of the products that have a word."""
        has = [bool(name) or any(values) for name, values in zip(self.names, self.values, strict=True)]
        return np.flatnonzero(has)

    def vocabulary(self, rows: Rows, min_words: int, min_pairs: int, buckets: int) -> Vocabulary:
        """The words and pairs of words that these products have at least so often."""
        words: Counter[str] = Counter()
        pairs: Counter[str] = Counter()
        for row in rows:
            texts = [self.names[row], *self.values[row]]
            words.update({word for text in texts for word in text})
            pairs.update({" ".join(pair) for text in texts for pair in pairwise(text)})
        often = sorted(word for word, count in words.items() if count >= min_words)
        return Vocabulary((*often, *sorted(pair for pair, count in pairs.items() if count >= min_pairs)), buckets)

    def rarity(self, rows: Rows) -> Vectors:
        """One by how many of these products have the same kind, colour and wearer as each: [len(rows)]."""
        main = [place for place, share in enumerate(self.included) if share > INCLUDED["pattern"]]
        _, numbers, counts = np.unique(self.codes[rows][:, main], axis=0, return_inverse=True, return_counts=True)
        return np.asarray(1 / counts[numbers.ravel()])

    def draw(self, rows: Rows, as_phrases: Flags, random: np.random.Generator) -> Texts:
        """A text for each of these products: one of attribute values where `as_phrases`, else its name.

        It is the other one where the product has none of these.
        """
        needed = np.zeros((len(rows), self.codes.shape[1]), bool)
        found = []
        for place, row in enumerate(rows):
            chosen = self._chosen(row, random)
            if len(chosen) and (not self.names[row] or as_phrases[place]):
                found.append(self._phrase(row, chosen, random))
                needed[place, chosen] = True
            else:
                found.append(self._name(row, random))
                needed[place, -1] = True
        return Texts(found, needed)

    def _chosen(self, row: int, random: np.random.Generator) -> Rows:
        """The attributes that a phrase about this product names; at least the kind, where it is known."""
        known = self.codes[row, :-1] != ABSENT
        chosen = known & (random.random(len(known)) < self.included)
        if not chosen.any() and known.any():
            chosen[np.flatnonzero(known)[-1]] = True
        return np.flatnonzero(chosen)

    def _phrase(self, row: int, chosen: Rows, random: np.random.Generator) -> list[str]:
        order = random.permutation(chosen) if random.random() < SHUFFLED else chosen
        words = [word for attribute in order for word in self.values[row][attribute]]
        words = [PLURAL.sub("", word) if random.random() < SINGULAR else word for word in words]
        if random.random() < FILLED:
            words.insert(random.integers(len(words) + 1), FILLERS[random.integers(len(FILLERS))])
        return words

    def _name(self, row: int, random: np.random.Generator) -> list[str]:
        words = list(self.names[row])
        if random.random() < CUT_NAMES:
            words = [word for word in words if random.random() >= WORDS_LEFT_OUT] or words
        if random.random() < EXTENDED_NAMES:
            for value in self.values[row]:
                if value and random.random() < VALUES_ADDED:
                    words = [*words, *value] if random.random() < 0.5 else [*value, *words]
        return words


def _rank(role: str | None) -> int:
    """The place of an attribute's value in a phrase; one without a role comes first."""
    return ORDER.index(role) if role in ORDER else -1


def _numbered(values: Sequence[object]) -> Rows:
    numbers: dict[object, int] = {None: ABSENT}
    return np.array([numbers.setdefault(value, len(numbers) - 1) for value in values], np.int64)
