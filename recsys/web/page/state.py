"""What a visitor has on the page: the query and the search options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from hashlib import blake2b
from typing import Any, Literal, Self

from recsys.core.items import Items
from recsys.images.box import Box
from recsys.recommend.options import CLOSENESS, MAX_LIKES, SearchOptions, sorts_of
from recsys.recommend.picture_part import ChosenPart
from recsys.recommend.recommender import MAX_K
from recsys.types import Vectors

PAGE = 20
"""The number of products before "Show more"."""


@dataclass(frozen=True)
class LookState:
    """A look around the query: the product of each slot, the slots to keep, and the products not to show again."""

    pieces: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """The query of a visit.

    `picture` is the embedding [1, dim] of the part of the picture in `box`, `whole` that of the whole picture as it was
    uploaded, both by the encoder of `index` (a revision). Without a box they are the same. `shown` is the picture
    itself as a small JPEG, which is kept as long as the visit.
    `by_crops` and `size` are those of `ChosenPart`, and `things` the boxes of separate things in the picture.
    `found` are the products of a shared answer, `item` the product that was followed since. `but` are values to have
    in place of the query's own. `k` is how many are shown, after the first `offset`; `search` tells one search from
    the next.
    `text` is what is wanted in words, and `text_beside_item` what should be different from the item.
    `is_pointed` says that the visitor chose the part of the picture, and `is_restored` that the browser kept the
    picture over a reload. `choice` is the number of the visitor's choice that the answer is for. `kept_as` is the name
    under which the browser gave the picture back. `listed` are the products of the answer in their order, and `pins`
    the places of those that were liked or disliked there: they keep them until the next search. `recent` are the latest
    queries of the visit with a picture, one for each part that was searched with.
    """

    picture: Vectors | None = None
    whole: Vectors | None = None
    shown: bytes | None = None
    box: Box | None = None
    found: tuple[str, ...] = ()
    item: str | None = None
    but: Mapping[str, str] = field(default_factory=dict)
    look: LookState | None = None
    k: int = PAGE
    search: int = 0
    index: str | None = None
    by_crops: bool = False
    size: float = 1.0
    things: tuple[Box, ...] = ()
    offset: int = 0
    text: str = ""
    text_beside_item: str = ""

    @property
    def words(self) -> str:
        """The text to search with, alone or beside the item, the picture or the products of a link."""
        return self.text if self.item is None else self.text_beside_item

    is_pointed: bool = False
    is_restored: bool = False
    choice: int = 0
    kept_as: str = ""
    listed: tuple[str, ...] = ()
    pins: Mapping[str, int] = field(default_factory=dict)
    recent: tuple[Query, ...] = ()

    @property
    def picture_id(self) -> str:
        """A short name for the picture; "" without one. The browser keeps its preview under this name."""
        if self.shown is None:
            return ""
        return self.kept_as or blake2b(self.shown, digest_size=9).hexdigest()

    @property
    def part_name(self) -> str:
        """The part that the visitor chose: its edges, or "whole"; "" where it was chosen automatically."""
        if not self.is_pointed:
            return ""
        return " ".join(f"{edge:.4f}" for edge in astuple(self.box)) if self.box else "whole"

    @property
    def part(self) -> ChosenPart | None:
        """The part of the picture to search with; None without a picture."""
        if self.picture is None:
            return None
        whole = self.picture if self.whole is None else self.whole
        return ChosenPart(self.picture, whole, self.box, self.by_crops, self.size)

    @property
    def kind(self) -> Literal["item", "picture", "link", "words", "window"]:
        """What to search with: an item, the picture, the products of a link, words alone, or nothing (the window)."""
        if self.item is not None:
            return "item"
        if self.picture is not None:
            return "picture"
        return "link" if self.found else "words" if self.text else "window"


@dataclass(frozen=True)
class PageOptions(SearchOptions):
    """The search options that a visitor chose on the page.

    `index` is the revision whose filters the page shows, `choice` the number of the visitor's latest choice in them.
    With `likes_off` the likes are shown, and change no answer.
    """

    index: str | None = None
    choice: int = 0
    likes_off: bool = False

    @classmethod
    def from_fields(cls, narrow: Any, variety: Any, likes: Any, items: Items) -> Self:
        """From the values of the page's fields. Ignores likes of products that this shop does not have.

        An id that is both liked and disliked, as a file of likes can have it, counts as liked. Raises QueryError for
        something that is not a filter.
        """
        narrow = narrow if isinstance(narrow, dict) else {}
        diversity = float(min(1, max(0, variety))) if isinstance(variety, int | float) else 0.0
        liked, disliked = (_known(likes, side, items) for side in ("liked", "disliked"))
        disliked = tuple(item_id for item_id in disliked if item_id not in liked)
        where, index, choice = narrow.get("where"), narrow.get("index"), narrow.get("choice")
        index, choice = index if isinstance(index, str) and index else None, choice if isinstance(choice, int) else 0
        sort = narrow.get("sort") if narrow.get("sort") in sorts_of(items) else CLOSENESS
        off = isinstance(likes, dict) and likes.get("off") is True
        where = {} if where is None else where
        return cls(where, liked, disliked, diversity, sort=sort, index=index, choice=choice, likes_off=off)

    @property
    def judged(self) -> set[str]:
        """The products that are liked or disliked."""
        return {*self.liked, *self.disliked}

    def opinion(self, item_id: str) -> str:
        """What the visitor thinks of a product: "liked", "disliked", or ""."""
        return "liked" if item_id in self.liked else "disliked" if item_id in self.disliked else ""


def longer(k: int) -> int:
    """The number of products after "Show more"."""
    return min(MAX_K, k + PAGE)


def _known(likes: Any, side: str, items: Items) -> tuple[str, ...]:
    ids = likes.get(side) if isinstance(likes, dict) else None
    ids = ids if isinstance(ids, list) else []
    return tuple(item_id for item_id in ids if isinstance(item_id, str) and item_id in items)[-MAX_LIKES:]
