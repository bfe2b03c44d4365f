"""Moves the query of a picture or a product towards words that stand for a look, such as "striped"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.core.roles import Roles
from recsys.recommend.found import Found
from recsys.types import Attribute, ImageEncoder, Rows, Searcher, TextEncoder, Understood, Vectors

LOOK_NEAREST = 1000
"""This many products, those nearest to the unmoved query, are ordered by the look."""
WEIGHT = 3.0
"""How far the words move the query. This and the next weights were measured on real photos; see docs/text-tower.md."""
WEIGHT_WITHOUT_KIND = 1.5
"""The same where nothing says of which kind the products are, so that it stays the query's."""
KIND_WEIGHT = 0.5
"""What a product gains by being of the query's kind: as the encoder sees it, else by its value."""
NAME_WEIGHT = 0.2
"""What a product gains by having one of the words in its name."""


@dataclass(frozen=True, eq=False)
class Look:
    """The words of a query that are no value of the catalogue, and that the text tower knows.

    `named` are the rows of products whose names have one of them. The direction of a word is what it adds to the vector
    of the query's kind, and to that of no words, in equal parts.
    """

    terms: Sequence[Understood]
    tower: TextEncoder
    encoder: ImageEncoder
    items: Items
    named: Rows

    def first(
        self, near: Rows, searcher: Searcher, embedding: Vectors, values: Mapping[str, Attribute]
    ) -> tuple[Vectors, Found]:
        """The moved query, and products in the order of their cosines to it, in which kind and name count too.

        The products are those in the rows `near` to the query [1, dim], and as many of those that are named so.
        `values` are what is known of the query in the catalogue.
        """
        value = values.get(self.items.roles.kind or "")
        rows = np.concatenate([near, np.setdiff1d(self.named, near)[:LOOK_NEAREST]])
        vectors = searcher.vectors(rows)
        same = self._same_kind(embedding, vectors, rows, value)
        weight = WEIGHT_WITHOUT_KIND if same is None else WEIGHT
        moved = unit(embedding + weight * self._shift(self._kind_seen(embedding) or value))
        cosines = (vectors @ moved[0]).clip(-1, 1)
        gains = NAME_WEIGHT * np.isin(rows, self.named) + (0 if same is None else KIND_WEIGHT * same)
        order = np.argsort(-(cosines + gains), kind="stable")
        return moved, Found(rows[order], cosines[order])

    def _shift(self, kind: Attribute) -> Vectors:
        """The sum of the directions of the words, and of the opposite ones of negated words, [dim]."""
        signs = [-1 if term.is_negated else 1 for term in self.terms]
        parts = [sign * self._direction(term.values, kind) for sign, term in zip(signs, self.terms, strict=True)]
        return np.asarray(np.sum(parts, axis=0))

    def _direction(self, words: Sequence[str], kind: Attribute) -> Vectors:
        """What the words add to the vector of the kind, and to that of no words, on average: [dim]."""
        pairs = [(word, "") for word in words]
        pairs += [(f"{word} {kind}", kind) for word in words if isinstance(kind, str)]
        vectors = self.tower.encode([text for pair in pairs for text in pair])
        return np.asarray((vectors[::2] - vectors[1::2]).mean(0))

    def _same_kind(self, embedding: Vectors, vectors: Vectors, rows: Rows, value: Attribute) -> Vectors | None:
        """The probability that each product is of the query's kind, [n]; None where nothing says so."""
        if name := self._kind_head:
            query, products = (_softmax(self.encoder.logits(some)[name]) for some in (embedding, vectors))
            return np.asarray(products @ query[0])
        if self.items.roles.kind is None or value is None:
            return None
        return np.array([self.items[row].value(self.items.roles.kind) == value for row in rows.tolist()], np.float32)

    def _kind_seen(self, embedding: Vectors) -> str | None:
        """The most likely kind of the query, by the encoder's head."""
        name = self._kind_head
        return self.encoder.values[name][int(self.encoder.logits(embedding)[name].argmax())] if name else None

    @property
    def _kind_head(self) -> str | None:
        return Roles.from_names(self.encoder.values).kind


def _softmax(logits: Vectors) -> Vectors:
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(shares / shares.sum(1, keepdims=True))
