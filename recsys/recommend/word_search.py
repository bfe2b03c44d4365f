"""Searches with words: alone, or beside a picture or a product that they change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from recsys.core.columns import Column
from recsys.core.linalg import unit
from recsys.recommend.found import Found
from recsys.recommend.likes import Likes
from recsys.recommend.look import Look
from recsys.recommend.options import CLOSENESS, SearchOptions, sorted_places
from recsys.recommend.picture_part import ChosenPart
from recsys.recommend.search import Search, pool
from recsys.recommend.word_plan import WordPlan, plan_words
from recsys.types import BY_LOOK, Answer, Rows, TextEncoder, Vectors, Words
from recsys.words.query import QueryReader
from recsys.words.text import plain, stem, tokens

TYPICAL_ROWS = 2048
"""How many of the products that fit are averaged to find what is typical of them."""
PRICED_NEIGHBOURS = 20
"""How many of a picture's nearest products are asked for their price, for "cheaper"."""


@dataclass(frozen=True, eq=False)
class WordSearch:
    """Searches one catalogue with the text of the search options, understood by `reader`.

    Each word is a filter if the catalogue knows it, and beside a picture or a product a single value takes the place of
    the query's own. Without a `tower`, which encodes texts, words alone find the products that are most typical of all
    that fit: those nearest to their mean.
    """

    search: Search
    reader: QueryReader
    tower: TextEncoder | None = None

    def by_part(self, part: ChosenPart, k: int, options: SearchOptions) -> Answer:
        """The k products nearest to a picture that the words leave."""
        plan = plan_words(self.reader, options, lambda: self._cost_near(part.embedding), self._looks)
        return self._narrowed(plan).by_part(part, k, plan.with_overrides)

    def by_item(self, row: int, k: int, options: SearchOptions) -> Answer:
        """The k products most like the product in this row that the words leave."""
        plan = plan_words(self.reader, options, lambda: self.search.items.cost(row), self._looks)
        return self._narrowed(plan).by_item(row, k, plan.with_overrides)

    def alone(self, k: int, options: SearchOptions) -> Answer:
        """The k products that the words leave, in an order that likes change."""
        plan = plan_words(self.reader, options)
        search = replace(self._narrowed(plan), calibration=None)
        target = self._target(plan)
        likes = Likes.from_ids(search.items, search.searcher, options.liked, options.disliked)
        found = self._found(plan, target, search.candidates(k, options))
        found = found.without(likes.disliked if options.keep_liked else likes.judged)
        if likes.judged:
            found = found.at(likes.rerank(target, found.rows))
        found = search.select(search.each_once(found).at(slice(pool(k, options))), k, plan.options)
        close = False if self._ask_for_missing_kind(plan.words) else _are_close(plan.words)
        return search.answer(found, plan.values, {}, close=close)

    def _narrowed(self, plan: WordPlan) -> Search:
        shop = (self.search.encoder, self.search.items)
        look = Look(plan.looks, self.tower, *shop, self._named(plan)) if self.tower and plan.looks else None
        return replace(self.search, words=plan.words, among=plan.among, look=look)

    @property
    def _looks(self) -> Collection[str]:
        return self.tower.words if self.tower else ()

    def _ask_for_missing_kind(self, words: Words) -> bool:
        """Whether a word that stands for a look names a kind of product that the encoder knows and the shop lacks."""
        kind = self.search.items.roles.kind or ""
        known = {stem(plain(value)) for value in self.search.encoder.values.get(kind, ())}
        own = {token.stem for value in self.search.items.values(kind) for token in tokens(value or "")}
        asked = {stem(term.values[0]) for term in words.understood if term.how == BY_LOOK and not term.is_negated}
        return bool(asked & (known - own))

    def _named(self, plan: WordPlan) -> Rows:
        """The rows that the words leave, and whose names have a word that stands for a look."""
        wanted = [term for term in plan.looks if term.how != BY_LOOK]
        named = [self.reader.full_text.rows(word) for term in wanted for word in term.values]
        return np.intersect1d(np.concatenate([*named, np.arange(0)]), plan.rows)

    def _target(self, plan: WordPlan) -> Vectors:
        """The vector [1, dim] of the words: the tower's, or the mean of products that fit, moved to loosened values."""
        if self.tower is not None:
            return _described(plan, self.tower)
        some = plan.rows[:: 1 + len(plan.rows) // TYPICAL_ROWS]
        if not len(some):
            return np.zeros_like(self.search.searcher.vectors([0]))
        mean = unit(self.search.searcher.vectors(some).mean(0, keepdims=True))
        return self.search.steering.steer_all(mean, plan.loosened_values(self.search.items), {})

    def _found(self, plan: WordPlan, target: Vectors, count: int) -> Found:
        """At least `count` of the products that fit, or all, in the order in which they are shown."""
        items, rows = self.search.items, plan.rows
        if plan.options.sort != CLOSENESS:
            rows = rows[sorted_places(items, rows, plan.options.sort)][:count]
        elif not plan.is_specific(items) and items.roles.kind:
            rows = _each_kind_in_turn(rows, items.columns[items.roles.kind])[:count]
        else:
            return self._narrowed(plan).nearest(target, count, plan.options)
        return Found(rows, (self.search.searcher.vectors(rows) @ target[0]).clip(-1, 1))

    def _cost_near(self, embedding: Vectors) -> float | None:
        """The price of the nearest product that has one."""
        (rows,), _ = self.search.searcher.search(embedding, PRICED_NEIGHBOURS)
        costs = map(self.search.items.cost, rows.tolist())
        return next((cost for cost in costs if cost is not None), None)


def _described(plan: WordPlan, tower: TextEncoder) -> Vectors:
    """The vector [1, dim] of what is wanted, less what each look that is not wanted would add to it."""
    wanted = plan.described
    unwanted = [f"{term.values[0]} {wanted}" for term in plan.looks if term.is_negated]
    vectors = tower.encode([wanted, *unwanted])
    return unit(vectors[:1] - (vectors[1:] - vectors[:1]).sum(0))


def _are_close(words: Words) -> bool | None:
    """Whether the products are what the words ask for; None where they ask for nothing, or for a look."""
    if any(term.how == BY_LOOK for term in words.understood):
        return None
    if words.understood or words.loosened:
        return not words.loosened
    return False if words.ignored else None


def _each_kind_in_turn(rows: Rows, kinds: Column) -> Rows:
    """The rows in the order first of each kind, second of each kind and so on, the most common kind first."""
    codes = kinds.codes[rows]
    by_kind = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[by_kind], codes[by_kind])
    turns = np.empty(len(rows), dtype=np.int64)
    turns[by_kind] = np.arange(len(rows)) - starts
    return rows[np.lexsort((codes, turns))]
