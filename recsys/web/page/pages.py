"""Which of the products a page shows, in words, and the ways to the rest."""

from __future__ import annotations

from dataclasses import dataclass

from recsys.recommend.recommender import MAX_K
from recsys.web.page.languages import number, say

VARIANTS = ", and {count} variants of them"


@dataclass(frozen=True)
class Page:
    """The products from `offset` on: up to `k` were asked for, and `shown` of `total` are shown, on `cards` cards.

    A card shows the variants of a product too. Pages have up to MAX_K products; the first one grows until then.
    """

    offset: int
    k: int
    shown: int
    cards: int
    total: int
    is_filtered: bool = False
    has_pages: bool = True

    @property
    def number(self) -> str:
        """How many of the products are shown."""
        which = " that match the filters" if self.is_filtered else ""
        if self.offset:
            places = {"first": number(self.first), "last": number(self.last), "total": number(self.total)}
            return say("Products {first} to {last} of {total}" + which, **places)
        if self.total == 1:
            return say("1 product that matches the filters" if self.is_filtered else "1 product")
        others = self.shown - self.cards
        text = say("{count} of {total} products" + which, count=number(self.cards), total=number(self.total))
        if not others:
            return text
        return text + (say(", and 1 variant of them") if others == 1 else say(VARIANTS, count=number(others)))

    @property
    def first(self) -> int:
        """The place of the first product, from 1."""
        return self.offset + 1

    @property
    def last(self) -> int:
        """The place of the last product."""
        return self.offset + self.shown

    @property
    def has_more(self) -> bool:
        """Whether this page can grow."""
        return self.shown == self.k < MAX_K and self.last < self.total

    @property
    def has_next(self) -> bool:
        """Whether there is a page after this one."""
        return self.has_pages and self.shown == self.k == MAX_K and self.last < self.total
