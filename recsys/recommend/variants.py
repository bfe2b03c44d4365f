"""Which products are one and the same, in other colours or pictured twice."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recsys.core.items import Items
from recsys.core.linalg import class_means, unit
from recsys.types import Answer, Item, Match, Rows, Searcher, Value, Vectors

SAME_STYLE, PER_DOUBLING = 0.74, 0.05
SAME_PICTURE = 0.998
PRIOR = 10

Flags = npt.NDArray[np.bool_]


class Variants:
    """Tells the variants of a product in a catalogue.

    Two products are one where they are of one kind and gender, their names agree once the words of colours are out, and
    - they differ in colour, and their vectors agree once the mean of each colour is out. The more products share the
      name, the closer they have to agree: "Nike Men T-shirt" says little; or
    - they are of one colour, and their pictures all but equal, which is enough where one has no name.
    """

    def __init__(self, items: Items, searcher: Searcher):
        self.items, self.searcher = items, searcher
        columns = items.columns
        colour = items.roles.colour
        alike = [columns[name].codes.tolist() for name in (items.roles.kind, items.roles.wearer) if name]
        self._colours = columns[colour].codes if colour else np.zeros(len(items), dtype=np.int32)
        stems = _without(columns[colour].vocabulary if colour else [], items.names)
        self._nameless = np.array([not stem for stem in stems], dtype=bool)
        self._kinds = _numbered(zip(*alike, strict=True)) if alike else np.zeros(len(items), dtype=np.int64)
        self._names = _numbered(zip(stems, self._kinds.tolist(), strict=True))
        self._sharing = np.bincount(self._names)[self._names]

    def group(self, answer: Answer) -> list[list[Match]]:
        """The matches of an answer, variants of one product together: its best match first, groups in their order."""
        rows = [self.items.row(match.item.id) if match.row is None else match.row for match in answer]
        return [[answer[place] for place in places] for places in self.group_rows(rows)]

    def of(self, item_id: str) -> list[Item]:
        """The same product in other colours, or pictured again, the most alike first. Raises QueryError."""
        return [self.items[row] for row in self.of_row(self.items.row(item_id))]

    def group_rows(self, rows: Sequence[int]) -> list[list[int]]:
        """The places 0 … n - 1 of `rows` [n], variants of one product together, as `group` does."""
        one = self._one(rows, rows)
        groups: list[list[int]] = []
        for place in range(len(rows)):
            group = next((group for group in groups if one[group[0], place]), None)
            if group is None:
                groups.append([place])
            else:
                group.append(place)
        return groups

    def of_row(self, row: int) -> list[int]:
        """The other rows of the catalogue that are this product, the most alike first."""
        named = (self._names == self._names[row]) | self._nameless | self._nameless[row]
        others = np.flatnonzero(named & (self._kinds == self._kinds[row]))
        found = others[self._one([row], others)[0] & (others != row)]
        cosines = self.searcher.vectors(found) @ self.searcher.vectors([row])[0]
        return found[np.argsort(-cosines, kind="stable")].tolist()

    def _one(self, rows: Sequence[int] | Rows, others: Sequence[int] | Rows) -> Flags:
        """Whether each of these rows and each of the others are one product, [rows, others]."""
        a, b = np.asarray(rows, dtype=np.int64)[:, None], np.asarray(others, dtype=np.int64)
        vectors, of_others = self.searcher.vectors(a[:, 0]), self.searcher.vectors(b)
        needed = SAME_STYLE + PER_DOUBLING * np.log2(self._sharing[a])
        one_style = self._style(a[:, 0], vectors) @ self._style(b, of_others).T >= needed
        one_picture = vectors @ of_others.T >= SAME_PICTURE
        nameless = self._nameless[a] | self._nameless[b]
        other_colour = self._colours[a] != self._colours[b]
        recoloured = (self._names[a] == self._names[b]) & ~nameless & other_colour & one_style
        pictured_twice = ((self._names[a] == self._names[b]) | nameless) & ~other_colour & one_picture
        return (self._kinds[a] == self._kinds[b]) & (recoloured | pictured_twice)

    def _style(self, rows: Rows, vectors: Vectors) -> Vectors:
        """What is left of unit vectors [n, dim] without the look of their colours."""
        return unit(vectors - self._looks[self._colours[rows]])

    @cached_property
    def _looks(self) -> Vectors:
        """The mean vector of each colour, that of a rare one drawn to the mean of all: float32 [colours, dim]."""
        means, counts = class_means(self.searcher, self._colours)
        centre = counts @ means / counts.sum()
        return (centre + (means - centre) * (counts / (counts + PRIOR))[:, None]).astype(np.float32)


def _without(colours: Iterable[Value], names: Iterable[Value]) -> list[str]:
    """The names without the words of colours, and without case and punctuation."""
    words = {word for colour in colours for word in _words(colour)}
    return [" ".join(word for word in _words(name) if word not in words) for name in names]


def _words(text: Value) -> list[str]:
    return re.findall(r"\w+", (text or "").casefold())


def _numbered(values: Iterable[Hashable]) -> Rows:
    """A number for each value, equal where these are."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)
