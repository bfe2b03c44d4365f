"""What a visitor likes, from the first like on: a query that moves, and values of the liked that count for more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Self

import numpy as np
import numpy.typing as npt

from recsys.core.items import Column, Items
from recsys.errors import QueryError
from recsys.types import Reason, Rows, Searcher, Vectors, Where

QUERY, LIKED, DISLIKED = 1.0, 3.0, 0.5
"""Rocchio's weights of the query, of the mean of the liked and of the mean of the disliked."""
LABELS_LIKED, LABELS_DISLIKED = 0.5, 0.25
"""How many standard deviations of the candidates' cosines a log-odds of one is worth."""
PRIOR = 1.0
"""How many likes the base rate of a value counts as."""
POOL = 1000
STARTS = 10
NAMED = 3
IMPLIED = 0.97

Numbers = npt.NDArray[np.float64]


def rocchio(query: Vectors, liked: Vectors, disliked: Vectors) -> Vectors:
    """The query moved towards the liked and away from the disliked: unit [1, dim], by Rocchio (1971).

    `query` is a unit vector [1, dim]; `liked` and `disliked` are unit rows [n, dim], of which there may be none.
    """
    parts = [(QUERY, query), (LIKED, liked), (-DISLIKED, disliked)]
    total = np.sum([weight * part.mean(0, keepdims=True) for weight, part in parts if len(part)], axis=0)
    return np.asarray(total / max(np.linalg.norm(total), 1e-12), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Likes:
    """What a visitor likes of a catalogue and what not: row numbers, in the order he said so."""

    items: Items
    searcher: Searcher
    liked: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()

    @classmethod
    def from_ids(cls, items: Items, searcher: Searcher, liked: Sequence[str], disliked: Sequence[str] = ()) -> Self:
        """From ids. Raises QueryError for one that is unknown."""
        rows = [tuple(items.row(item_id) for item_id in dict.fromkeys(ids)) for ids in (liked, disliked)]
        return cls(items, searcher, *rows)

    def nearest(
        self, query: Vectors, k: int, where: Where | None = None, without: Collection[int] = ()
    ) -> tuple[Rows, Vectors]:
        """The k best rows for a query [1, dim] and this taste, best first, with their cosines: [m] and [m].

        The order is that of `scores` among the 1,000 nearest to the moved query that pass `where`; the cosines are
        those to the query as it was asked. The liked, the disliked and the rows in `without` stay out. Raises
        QueryError for a filter that the catalogue does not know.
        """
        liked, disliked = self._vectors(self.liked), self._vectors(self.disliked)
        return self._ranked(query, rocchio(query, liked, disliked), k, where, without)

    def for_you(self, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        """The k best rows for the likes alone, as `nearest` gives them; a cosine is that to the like it comes by.

        The latest 10 likes take turns as the query: between two interests, their mean can miss one of them (Pal et al.
        2020, PinnerSage). Raises QueryError where nothing is liked, or for a filter that the catalogue does not know.
        """
        if not self.liked:
            raise QueryError("Nothing is liked yet, so there is no taste to go by. Name at least one liked item.")
        latest, disliked = self._vectors(self.liked[::-1][:STARTS]), self._vectors(self.disliked)
        answers = [self._ranked(like, rocchio(like, like, disliked), k, where) for like in latest[:, None]]
        best: dict[int, float] = {}
        for row, cosine in _in_turn(answers):
            best.setdefault(row, cosine)
        return np.array([*best][:k], dtype=np.int64), np.array([*best.values()][:k], dtype=np.float32)

    def scores(self, rows: Rows, cosines: Vectors) -> Numbers:
        """How well candidates [n] fit, given their cosines [n] to the moved query: [n], higher is better.

        The cosine in standard deviations and, for each attribute, the log of how much more often the liked have the
        candidate's value than the candidates do: relevance weights (Robertson & Spärck Jones 1976), smoothed by the
        base rate and added up as by a naive Bayes classifier. The disliked count in the same way, against. A value
        that all candidates share tells nothing, nor does a missing one.
        """
        if not len(rows):
            return np.empty(0)
        scores = (cosines - cosines.mean()).astype(np.float64) / max(float(cosines.std()), 1e-6)
        for column in self.items.columns.values():
            for weight, examples in ((LABELS_LIKED, self.liked), (-LABELS_DISLIKED, self.disliked)):
                scores += weight * _log_odds(column, examples, rows)[column.codes[rows]]
        return scores

    def likes(self) -> tuple[Reason, ...]:
        """The values that most tell the liked from the catalogue, at most 3, the most telling first.

        Two of the likes, and half of all, have each. From a single like there is none: it may be liked for anything.
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
        return tuple(named[:NAMED])

    def _implies(self, finer: Reason, coarser: Reason) -> bool:
        has_finer, has_coarser = (
            column.codes == column.vocabulary.index(reason.value)
            for reason in (finer, coarser)
            for column in [self.items.columns[reason.attribute]]
        )
        return bool(has_coarser[has_finer].mean() >= IMPLIED)

    def _vectors(self, rows: Sequence[int]) -> Vectors:
        return self.searcher.vectors(np.array(rows, dtype=np.int64))

    def _ranked(
        self, query: Vectors, towards: Vectors, k: int, where: Where | None, without: Collection[int] = ()
    ) -> tuple[Rows, Vectors]:
        out = [*self.liked, *self.disliked, *without]
        (rows,), (cosines,) = self.searcher.search(towards, max(POOL, k) + len(out), where)
        kept = ~np.isin(rows, out)
        rows, cosines = rows[kept], cosines[kept]
        best = rows[np.argsort(-self.scores(rows, cosines), kind="stable")[:k]]
        return best, (self.searcher.vectors(best) @ query[0]).clip(-1, 1)


def _log_odds(column: Column, examples: Sequence[int], background: Rows) -> Numbers:
    """For each value, the log of its rate among the examples over that in the background; 0 for a missing value."""
    known = np.array([value is not None for value in column.vocabulary])
    base, seen = (
        np.bincount(column.codes[rows], minlength=len(known))[known]
        for rows in (background, np.array(examples, dtype=np.int64))
    )
    rate = (base + 0.5) / (base + 0.5).sum()
    weights = np.zeros(len(known))
    weights[known] = np.log((seen / rate + PRIOR) / (seen.sum() + PRIOR))
    return weights


def _in_turn(answers: Sequence[tuple[Rows, Vectors]]) -> Iterator[tuple[int, float]]:
    """The best row of each answer with its cosine, then the second of each …"""
    turns = zip_longest(*(zip(rows.tolist(), cosines.tolist(), strict=True) for rows, cosines in answers))
    return (found for found in chain.from_iterable(turns) if found is not None)
