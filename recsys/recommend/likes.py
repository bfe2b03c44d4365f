"""Likes and dislikes: a gentle re-ranking of a query's nearest products, and recommendations from likes alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, zip_longest
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from recsys.core.columns import Column
from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.errors import QueryError
from recsys.types import Reason, Rows, Searcher, Vectors, Where


class Weights(NamedTuple):
    """The weights of likes.

    `liked` and `disliked` are those of Rocchio's formula, in which the query has weight 1. `liked_values` and
    `disliked_values` multiply the log-odds of attribute values, in standard deviations of the candidates' cosines.
    """

    liked: float
    disliked: float
    liked_values: float
    disliked_values: float


ALONE = Weights(liked=3.0, disliked=0.5, liked_values=0.5, disliked_values=0.25)
BESIDE_A_QUERY = Weights(liked=0.3, disliked=0.3, liked_values=0.5, disliked_values=0.5)
"""Small, because the query's picture or product says more about what is wanted than likes do."""
RERANKED = 100
"""How many of a query's nearest products are re-ranked by likes."""
CANDIDATES_FOR_LIKES = 1000
PRIOR_LIKES = 1.0
"""The base rate of a value weighs as much as this many likes."""
MAX_STARTS = 10
"""How many of the latest likes are queries, where there is no other query."""
MAX_SHARED_VALUES = 3
IMPLIED_SHARE = 0.97

Numbers = npt.NDArray[np.float64]


def rocchio(query: Vectors, liked: Vectors, disliked: Vectors, weights: Weights = ALONE) -> Vectors:
    """The query moved towards the liked and away from the disliked: a unit vector [1, dim], by Rocchio (1971).

    `query` is a unit vector [1, dim]; `liked` and `disliked` are unit rows [n, dim], of which there may be none.
    """
    parts = [(1.0, query), (weights.liked, liked), (-weights.disliked, disliked)]
    return unit(np.sum([weight * part.mean(0, keepdims=True) for weight, part in parts if len(part)], axis=0))


@dataclass(frozen=True, eq=False)
class Likes:
    """The liked and disliked products of a visitor, as rows of the catalogue, the latest last."""

    items: Items
    searcher: Searcher
    liked: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()

    @classmethod
    def from_ids(cls, items: Items, searcher: Searcher, liked: Sequence[str], disliked: Sequence[str] = ()) -> Self:
        """From item ids; a repeated id counts once. Raises QueryError for an unknown id."""
        rows = [tuple(items.row(item_id) for item_id in dict.fromkeys(ids)) for ids in (liked, disliked)]
        return cls(items, searcher, *rows)

    @property
    def judged(self) -> tuple[int, ...]:
        """The liked and the disliked rows, which stay out of an answer."""
        return (*self.liked, *self.disliked)

    def rerank(self, query: Vectors, rows: Rows, gains: Vectors | None = None) -> Rows:
        """The places of a query's nearest products in the order of `scores`: a permutation of 0 … n - 1.

        `rows` [n] come best first for the query, a unit vector [1, dim]; the first 100 of them are re-ranked. In the
        scores, `gains` [n] are added to their cosines. Likes order only products of one kind among themselves: each
        place keeps the kind that it had, and only likes of that kind count there. So likes of shoes change nothing in
        an answer of shirts. The liked and the disliked themselves keep their places.
        """
        order = np.arange(len(rows))
        kinds, is_judged = self._kinds[rows[:RERANKED]], np.isin(rows[:RERANKED], self.judged)
        for kind in np.intersect1d(kinds, self._kinds[list(self.judged)]):
            places = np.flatnonzero((kinds == kind) & ~is_judged)
            if not len(places):
                continue
            likes, candidates = self._of_kind(kind), rows[places]
            moved = rocchio(query, likes._vectors(likes.liked), likes._vectors(likes.disliked), BESIDE_A_QUERY)
            cosines = self.searcher.vectors(candidates) @ moved[0] + (0 if gains is None else gains[places])
            scores = likes.scores(candidates, cosines, BESIDE_A_QUERY)
            order[places] = places[np.argsort(-scores, kind="stable")]
        return order

    def for_you(self, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        """The k best rows for the likes alone, best first, each with its cosine to the like that found it: [m] and [m].

        The latest 10 likes take turns as the query: between two interests, their mean can miss one of them (Pal et al.
        2020, PinnerSage). Raises QueryError if nothing is liked, or for a filter that the catalogue does not know.
        """
        if not self.liked:
            raise QueryError("There is nothing to search with. Give a picture, or the id of at least one liked item.")
        starts = self._vectors(self.liked[::-1][:MAX_STARTS])
        best: dict[int, float] = {}
        for row, cosine in _in_turn([self._for_one(start, k, where) for start in starts[:, None]]):
            best.setdefault(row, cosine)
        return np.array([*best][:k], dtype=np.int64), np.array([*best.values()][:k], dtype=np.float32)

    def scores(self, rows: Rows, cosines: Vectors, weights: Weights = ALONE) -> Numbers:
        """How well candidate rows [n] fit, given their cosines [n] to the moved query: [n], higher is better.

        The cosine in standard deviations and, for each attribute, the log of how much more often the liked have the
        candidate's value than the candidates do: relevance weights (Robertson & Spärck Jones 1976), smoothed by the
        base rate and added up as by a naive Bayes classifier. The disliked count in the same way, against. A value
        that all candidates share tells nothing, nor does a missing one.
        """
        if not len(rows):
            return np.empty(0)
        scores = (cosines - cosines.mean()).astype(np.float64) / max(float(cosines.std()), 1e-6)
        for column in self.items.columns.values():
            scores += weights.liked_values * _log_odds(column, self.liked, rows)[column.codes[rows]]
            scores -= weights.disliked_values * _log_odds(column, self.disliked, rows)[column.codes[rows]]
        return scores

    def shared_values(self) -> tuple[Reason, ...]:
        """The values that most set the liked apart from the catalogue, at most 3, the most telling first.

        At least two of the likes, and half of all, have each of them. A single like has none: any of its values may be
        the reason for it.
        """
        every, liked = np.arange(len(self.items)), list(self.liked)
        gains: dict[Reason, float] = {}
        for name, column in self.items.columns.items():
            counts = np.bincount(column.codes[liked], minlength=len(column.vocabulary))
            found = counts * _log_odds(column, self.liked, every) * (counts >= max(2, len(liked) / 2))
            gains |= {Reason(name, column.vocabulary[code] or ""): found[code] for code in np.flatnonzero(found > 0)}
        named: list[Reason] = []
        for reason in sorted(gains, key=lambda reason: -gains[reason]):
            if not any(self._implies(finer, reason) for finer in named):
                named.append(reason)
        return tuple(named[:MAX_SHARED_VALUES])

    @cached_property
    def _kinds(self) -> npt.NDArray[np.int32]:
        """The kind of each product, as a code; one kind for all in a catalogue that does not say."""
        kind = self.items.roles.kind
        return self.items.columns[kind].codes if kind else np.zeros(len(self.items), dtype=np.int32)

    def _of_kind(self, kind: int) -> Likes:
        liked, disliked = (
            tuple(row for row in rows if self._kinds[row] == kind) for rows in (self.liked, self.disliked)
        )
        return replace(self, liked=liked, disliked=disliked)

    def _for_one(self, like: Vectors, k: int, where: Where | None) -> tuple[Rows, Vectors]:
        """The k best rows for one like [1, dim] as the query, and their cosines to it."""
        moved = rocchio(like, like, self._vectors(self.disliked))
        (rows,), (cosines,) = self.searcher.search(moved, max(CANDIDATES_FOR_LIKES, k) + len(self.judged), where)
        kept = ~np.isin(rows, self.judged)
        rows, cosines = rows[kept], cosines[kept]
        best = rows[np.argsort(-self.scores(rows, cosines), kind="stable")[:k]]
        return best, (self.searcher.vectors(best) @ like[0]).clip(-1, 1)

    def _implies(self, finer: Reason, coarser: Reason) -> bool:
        """Whether nearly all products that have the value of `finer` also have that of `coarser`."""
        return bool(self._has(coarser)[self._has(finer)].mean() >= IMPLIED_SHARE)

    def _has(self, reason: Reason) -> npt.NDArray[np.bool_]:
        column = self.items.columns[reason.attribute]
        return column.codes == column.vocabulary.index(reason.value)

    def _vectors(self, rows: Sequence[int]) -> Vectors:
        return self.searcher.vectors(np.array(rows, dtype=np.int64))


def _log_odds(column: Column, examples: Sequence[int], background: Rows) -> Numbers:
    """For each value, the log of its rate among the examples over that in the background; 0 for a missing value."""
    known = np.array([value is not None for value in column.vocabulary])
    base, seen = (
        np.bincount(column.codes[rows], minlength=len(known))[known]
        for rows in (background, np.array(examples, dtype=np.int64))
    )
    rate = (base + 0.5) / (base + 0.5).sum()
    weights = np.zeros(len(known))
    weights[known] = np.log((seen / rate + PRIOR_LIKES) / (seen.sum() + PRIOR_LIKES))
    return weights


def _in_turn(answers: Sequence[tuple[Rows, Vectors]]) -> Iterator[tuple[int, float]]:
    """The best row of each answer with its cosine, then the second of each …"""
    turns = zip_longest(*(zip(rows.tolist(), cosines.tolist(), strict=True) for rows, cosines in answers))
    return (found for found in chain.from_iterable(turns) if found is not None)
