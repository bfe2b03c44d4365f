"""Search options: filters, likes and dislikes, diversity, attribute overrides and minimum similarity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np

from recsys.core.filters import parse_filter
from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.types import Rows, Where
from recsys.words.query import MAX_TEXT_CHARACTERS

CLOSENESS, BY_PRICE, NEWEST = SORTS = ("closeness", "price", "newest")
"""The orders of an answer. The products are the closest ones in each of them."""
MAX_LIKES = 200
"""Liked ids, and disliked ids, that the page and the API accept in one request."""


class KeywordsBesideLiked(TypedDict, total=False):
    """The keywords of `Recommender.for_you`; see `SearchOptions`."""

    disliked: Sequence[str]
    diversity: float
    but: Mapping[str, str]
    min_similarity: float | None
    refine: bool
    sort: str
    offset: int
    text: str | None


class SearchKeywords(KeywordsBesideLiked, total=False):
    """The keywords of `Recommender.similar` and `recommend_batch`; see `SearchOptions`."""

    liked: Sequence[str]


@dataclass(frozen=True)
class SearchOptions:
    """How to search, whatever the query is. The API, the page and the library's keywords all become one of these.

    `where` filters: attribute → a value, a list of values, or a range; None is "not given". `liked` and `disliked` are
    item ids, the latest last. `diversity` runs from 0, the most similar products, to 1, the most varied ones. `but`
    maps attributes to a value to have in place of the query's own. Matches under the cosine `min_similarity` are left
    out.
    Without `refine`, a picture is searched as it is: the whole of it, and its matches in the order of their cosines.
    With `keep_liked`, liked products are not left out. They keep the places that they have without likes.
    `sort` orders the products that were found: by closeness, by price with the lowest first, or with the newest first.
    `text` says in words what is wanted, instead of a picture or beside it. `offset` skips as many of the best products,
    to get the rest of an answer page by page.

    Raises QueryError for a value of the wrong form or out of range, and for an id that is both liked and disliked.
    """

    where: Where = field(default_factory=dict)
    liked: Sequence[str] = ()
    disliked: Sequence[str] = ()
    diversity: float = 0.0
    but: Mapping[str, str] = field(default_factory=dict)
    min_similarity: float | None = None
    refine: bool = True
    sort: str = CLOSENESS
    text: str | None = None
    offset: int = 0
    keep_liked: bool = False

    def __post_init__(self) -> None:
        _check_number("diversity", self.diversity, 0)
        if self.min_similarity is not None:
            _check_number("min_similarity", self.min_similarity, -1)
        if not isinstance(self.refine, bool):
            raise QueryError(f"refine is true or false; got {self.refine!r:.50}.")
        if self.sort not in SORTS:
            raise QueryError(f"sort is one of {', '.join(SORTS)}; got {self.sort!r:.50}.")
        check_text(self.text)
        self._check_offset()
        check_ids("liked", self.liked)
        check_ids("disliked", self.disliked)
        both = next((item_id for item_id in self.liked if item_id in self.disliked), None)
        if both is not None:
            raise QueryError(f"Item {both!r} is both liked and disliked. Leave it in one of the two.")
        but = {} if self.but is None else self.but
        if not (isinstance(but, Mapping) and all(isinstance(text, str) for pair in but.items() for text in pair)):
            raise QueryError(
                f"but maps attributes to one value each, such as {{'baseColour': 'Blue'}}; got {self.but!r:.200}."
            )
        text = (self.text or "").strip() or None
        normalized = {"where": parse_filter(self.where), "liked": tuple(self.liked), "disliked": tuple(self.disliked)}
        for name, value in (normalized | {"diversity": float(self.diversity), "but": but, "text": text}).items():
            object.__setattr__(self, name, value)

    def _check_offset(self) -> None:
        if isinstance(self.offset, bool) or not isinstance(self.offset, int) or self.offset < 0:
            raise QueryError(f"offset is how many products to skip, a whole number from 0; got {self.offset!r:.50}.")
        if self.offset and self.diversity:
            raise QueryError("Varied products have no further pages: leave out diversity, or offset.")

    @property
    def filter(self) -> Where | None:
        """The filter to search with: an attribute in `but` replaces the filter on it. None if there is no filter."""
        return {**self.where, **self.but} or None

    def check(self, items: Items) -> None:
        """Raises QueryError for an id, an attribute or a value that the catalogue does not have."""
        items.passing(self.filter or {})
        several = next((name for name in self.but if name in items.lists), None)
        if several is not None:
            raise QueryError(
                f"A product has several values of {several!r}. Filter by it with where; but has no use for it."
            )
        for item_id in (*self.liked, *self.disliked):
            items.row(item_id)


def sorts_of(items: Items) -> list[str]:
    """The orders that the catalogue has the facts for."""
    has = {CLOSENESS: True, BY_PRICE: items.has_prices, NEWEST: items.added is not None or items.roles.year is not None}
    return [sort for sort in SORTS if has[sort]]


def sorted_places(items: Items, rows: Rows, sort: str) -> Rows:
    """The places of these rows in the order `sort`. Products that do not say what it needs come last.

    The newest are those that were added last, or of the latest year where no date is known. Raises QueryError if no
    product says what the order needs.
    """
    if sort == BY_PRICE and items.offers is not None and items.has_prices:
        return np.argsort(items.offers.amounts[rows], kind="stable")
    if sort == NEWEST and items.added is not None:
        days = items.added[rows].astype(np.int64)  # a missing date is the lowest number
        return np.argsort(-days.astype(np.float64), kind="stable")
    if sort == NEWEST and items.roles.year:
        year = items.columns[items.roles.year]
        return np.argsort(-year.numbers[year.codes[rows]], kind="stable")
    raise QueryError(f"This catalogue has no {'prices' if sort == BY_PRICE else 'years'} to sort by.")


def check_text(text: object) -> None:
    """Raises QueryError unless `text` is a text of at most MAX_TEXT_CHARACTERS characters, or None."""
    if text is not None and not isinstance(text, str):
        raise QueryError(f"text is a text, such as 'red dress'; got {text!r:.200}.")
    if text is not None and len(text) > MAX_TEXT_CHARACTERS:
        raise QueryError(
            f"text has at most {MAX_TEXT_CHARACTERS} characters; got {len(text):,}. Say it in fewer words."
        )


def check_ids(name: str, ids: object) -> None:
    """Raises QueryError unless `ids`, the argument of this name, is a list of texts."""
    several = isinstance(ids, Sequence) and not isinstance(ids, str)
    if not (several and all(isinstance(item_id, str) for item_id in ids)):  # type: ignore[attr-defined]
        raise QueryError(f"{name} is a list of item ids; got {ids!r:.200}.")


def _check_number(name: str, value: object, least: int) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and least <= value <= 1):  # type: ignore[operator]
        raise QueryError(f"{name} is a number from {least} to 1; got {value!r:.50}.")
