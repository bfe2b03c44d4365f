"""Finds variants: entries of a catalogue that are one product in several colours, or pictured twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recsys.core.columns import combined
from recsys.core.items import Items
from recsys.core.large import index_type, numbered
from recsys.core.linalg import class_means, unit
from recsys.types import Answer, Item, Match, Rows, Searcher, Value, Vectors

MIN_STYLE_COSINE = 0.74
"""The least cosine of two colours of one product, if no other product shares its name."""
STYLE_COSINE_PER_DOUBLING = 0.05
"""Added to the least cosine for each doubling of the number of products that share the name."""
MIN_PICTURE_COSINE = 0.998
SCATTER = np.uint64(0x9E3779B97F4A7C15)
PRIOR_PRODUCTS = 10
"""The mean of all weighs as much as this many products in the mean vector of a colour."""

Flags = npt.NDArray[np.bool_]


class Variants:
    """Finds the variants of each product of a catalogue.

    Two entries are variants of one product if they have the same kind and wearer, the same name apart from words for
    colours, and either
    - different colours, and similar vectors after the mean vector of each colour is subtracted. The more products share
      the name, the higher the cosine must be, because a name such as "Nike Men T-shirt" identifies little; or
    - the same colour, and nearly identical pictures. In that case one of the two may lack a name.

    Two entries of one group of the catalogue are variants in any case.
    """

    def __init__(self, items: Items, searcher: Searcher):
        self.items, self.searcher = items, searcher
        columns = items.columns
        colour = items.roles.colour
        self._colours = columns[colour].codes if colour else np.zeros(len(items), dtype=np.int8)
        alike = [columns[name] for name in (items.roles.kind, items.roles.wearer) if name]
        self._kinds = combined(alike, len(items))
        stems = np.fromiter(
            map(hash, _stems(columns[colour].vocabulary if colour else [], items.names)), np.int64, len(items)
        )
        self._nameless = stems == hash("")
        stems ^= _scattered(self._kinds)
        _, self._names, counts = numbered(stems)
        self._sharing = counts.astype(index_type(len(items)))[self._names]

    def group(self, answer: Answer) -> list[list[Match]]:
        """The matches of an answer, grouped by product. Each group and the list of groups start with the best match."""
        rows = [self.items.row(match.item.id) if match.row is None else match.row for match in answer]
        return [[answer[place] for place in places] for places in self.group_rows(rows)]

    def of(self, item_id: str) -> list[Item]:
        """The other variants of this product, the most similar first. Raises QueryError for an unknown id."""
        row = self.items.row(item_id)
        named = (self._names == self._names[row]) | self._nameless | self._nameless[row]
        product = self.items.product_of
        others = np.flatnonzero((named & (self._kinds == self._kinds[row])) | (product == product[row]))
        found = others[self._are_variants([row], others)[0] & (others != row)]
        cosines = self.searcher.vectors(found) @ self.searcher.vectors([row])[0]
        return [self.items[other] for other in found[np.argsort(-cosines, kind="stable")].tolist()]

    def group_rows(self, rows: Sequence[int]) -> list[list[int]]:
        """The indices 0 … n - 1 of `rows` [n], grouped by product as in `group`."""
        one = self._are_variants(rows, rows)
        groups: list[list[int]] = []
        for place in range(len(rows)):
            group = next((group for group in groups if one[group[0], place]), None)
            if group is None:
                groups.append([place])
            else:
                group.append(place)
        return groups

    def _are_variants(self, rows: Sequence[int] | Rows, others: Sequence[int] | Rows) -> Flags:
        """Whether each of these rows and each of the others are variants of one product: bool [rows, others]."""
        a, b = np.asarray(rows, dtype=np.int64)[:, None], np.asarray(others, dtype=np.int64)
        vectors, of_others = self.searcher.vectors(a[:, 0]), self.searcher.vectors(b)
        needed = MIN_STYLE_COSINE + STYLE_COSINE_PER_DOUBLING * np.log2(self._sharing[a])
        one_style = self._style(a[:, 0], vectors) @ self._style(b, of_others).T >= needed
        one_picture = vectors @ of_others.T >= MIN_PICTURE_COSINE
        nameless = self._nameless[a] | self._nameless[b]
        other_colour = self._colours[a] != self._colours[b]
        recoloured = (self._names[a] == self._names[b]) & ~nameless & other_colour & one_style
        pictured_twice = ((self._names[a] == self._names[b]) | nameless) & ~other_colour & one_picture
        product = self.items.product_of
        return ((self._kinds[a] == self._kinds[b]) & (recoloured | pictured_twice)) | (product[a] == product[b])

    def _style(self, rows: Rows, vectors: Vectors) -> Vectors:
        """Unit vectors [n, dim] minus the mean vector of their colours, scaled to length one."""
        return unit(vectors - self._colour_means[self._colours[rows]])

    @cached_property
    def _colour_means(self) -> Vectors:
        """The mean vector of each colour, shrunk towards the mean of all: float32 [colours, dim]."""
        means, counts = class_means(self.searcher, self._colours)
        centre = counts @ means / counts.sum()
        return (centre + (means - centre) * (counts / (counts + PRIOR_PRODUCTS))[:, None]).astype(np.float32)


def _stems(colours: Iterable[Value], names: Iterable[Value]) -> Iterator[str]:
    """The names in lower case, without punctuation and without words that occur in colours."""
    words = {word for colour in colours for word in _words(colour)}
    return (" ".join(word for word in _words(name) if word not in words) for name in names)


def _words(text: Value) -> list[str]:
    return re.findall(r"\w+", (text or "").casefold())


def _scattered(numbers: Rows) -> Rows:
    """Numbers, different ones for different `numbers`, whose bits look random."""
    return (numbers.astype(np.uint64) * SCATTER).view(np.int64)
