"""What the library answers to what is asked on the page: the products in their order, and the ways on from them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from PIL import Image

from recsys.recommend.options import SearchOptions, sorted_places, sorts_of
from recsys.recommend.outfit import PictureAnchor
from recsys.recommend.picture_part import ChosenPart
from recsys.recommend.recommender import Recommender
from recsys.types import Answer
from recsys.web.page.attribute_display import showcase
from testkit.walks.model import LONGEST, Asked, Likes, Look, Model

PREVIEW_SIDE_PX = 640
STEERED = ("colour", "wearer", "pattern")


@dataclass(frozen=True)
class Shown:
    """What an answer shows: the products of its cards.

    `listed` are the products of the cards and of their variants, `total` is how many there are of them; None in a look.
    """

    ids: tuple[str, ...]
    listed: tuple[str, ...] = ()
    total: int | None = None
    count: int = 0
    has_more: bool = False
    has_next: bool = False
    close: bool | None = None
    seen: tuple[tuple[str, str], ...] = ()
    words_left: tuple[str, ...] = ()


class Answers:
    """The answers of one shop. `pictures` are the pictures that the visitor has, by name."""

    def __init__(self, shop: Recommender, pictures: Mapping[str, Image.Image]):
        self.shop, self.items, self.pictures = shop, shop.items, pictures
        self._parts: dict[tuple[str, str], ChosenPart] = {}
        self._known: dict[Any, Shown] = {}

    def shown(self, model: Model) -> Shown:
        """What the page shows for the present answer of the model."""
        key = (model.asked, model.likes, tuple(model.pins.items()), model.length)
        if key not in self._known:
            self._known[key] = self._shown(model.asked, model.likes, model.pins, model.length)
        return self._known[key]

    @cached_property
    def sorts(self) -> list[str]:
        """The orders that the shop offers."""
        return sorts_of(self.items)

    @cached_property
    def steerable(self) -> dict[str, list[str]]:
        """The attributes and values of "Same but …"."""
        names = [name for role in STEERED if (name := getattr(self.items.roles, role))]
        return {name: [value for value in self.items.values(name) if value] for name in names}

    def names_kind(self, text: str) -> bool:
        """Whether the words say what kind of product is meant."""
        return self.shop.names_kind(text)

    def look(self, asked: Asked, look: Look) -> Look:
        """The look with its empty slots filled."""
        query = self._query(asked)
        around = query.embedding if isinstance(query, ChosenPart) else str(query)
        outfit = self.shop.outfit(around, locked=dict(look.pieces), passed_over=look.passed, is_strict=bool(asked.item))
        return replace(look, pieces=tuple((slot, piece.item.id) for slot, piece in outfit.pieces.items()))

    def has_looks(self, asked: Asked, item_id: str = "") -> bool:
        """Whether there is anything to wear with an item or the picture."""
        if item_id:
            return self.shop.stylist.has_looks(item_id)
        part = self._query(asked)
        assert isinstance(part, ChosenPart)
        answer = self.shop.search(part, 1, SearchOptions())
        return self.shop.stylist.has_looks(PictureAnchor.from_guesses(part.embedding, answer.seen))

    def part(self, picture: str, part: str = "") -> ChosenPart:
        """A part of a picture: a thing by its number, "whole", or the one that the library chooses."""
        if (picture, part) not in self._parts:
            self._parts[picture, part] = self._part(picture, part)
        return self._parts[picture, part]

    def _part(self, name: str, part: str) -> ChosenPart:
        chosen = self.shop.choose_part(self.pictures[name]) if not part else self.part(name)
        if not part:
            return chosen
        if part == "whole":
            return replace(chosen, embedding=chosen.whole, box=None, by_crops=False)
        box = chosen.things[int(part)]
        return replace(chosen, embedding=self.shop.embed(box.crop(_kept(self.pictures[name]))), box=box, by_crops=False)

    def _query(self, asked: Asked) -> ChosenPart | str | None:
        return asked.item or (self.part(asked.picture, asked.part) if asked.picture else None)

    def _shown(self, asked: Asked, likes: Likes, pins: Mapping[str, int], length: int) -> Shown:
        if asked.look is not None:
            own = (asked.item,) if asked.item else ()
            ids = (*own, *(item_id for _, item_id in asked.look.pieces))
            return Shown(ids, ids, count=len(ids))
        total = len(self.items.passing({**dict(asked.where), **dict(asked.but)}))
        if not total:
            return Shown((), total=0)
        if asked.kind == "window":
            return self._window(asked, total)
        return self._found(asked, likes, pins, length)

    def _window(self, asked: Asked, total: int) -> Shown:
        rows = self.items.passing(dict(asked.where))
        found = showcase(self.items, rows, asked.k, "window", asked.offset)
        ids = tuple(item.id for item in found)
        if asked.sort != "closeness":
            places = sorted_places(self.items, rows, asked.sort)[asked.offset : asked.offset + asked.k]
            ids = tuple(self.items.ids[row] for row in rows[places].tolist())
        return self._ways(Shown(ids, total=total, count=len(ids)), asked, len(ids))

    def _found(self, asked: Asked, likes: Likes, pins: Mapping[str, int], length: int) -> Shown:
        where, but, total = self._within_kind(asked)
        counted = Likes() if likes.off else likes
        options = SearchOptions(
            where, counted.liked, counted.disliked, asked.variety, but, sort=asked.sort,
            text=asked.words or None, offset=asked.offset, keep_liked=True,
        )  # fmt: skip
        answer = self.shop.search(self._query(asked), asked.k, options)
        if answer.words and answer.words.count is not None:
            total = answer.words.count
        listed = [match.item.id for match in answer if match.item.id not in pins]
        for item_id, place in sorted(pins.items(), key=lambda pin: pin[1]):
            listed.insert(place, item_id)
        listed = listed[: max(asked.k, length)]
        groups = self.shop.variants.group_rows([self.items.row(item_id) for item_id in listed])
        ids = tuple(listed[group[0]] for group in groups)
        kept_out = set() if likes.off else {*likes.disliked} & {*pins}
        count = sum(item_id not in kept_out for item_id in listed)
        shown = Shown(ids, tuple(listed), total, len(ids), close=answer.close, seen=_seen(answer, self.items))
        left = tuple(answer.words.without(term) for term in answer.words.understood) if answer.words else ()
        return self._ways(replace(shown, words_left=left), asked, count)

    def _within_kind(self, asked: Asked) -> tuple[dict[str, Any], dict[str, str], int]:
        """The filters and values to search with: where nothing of the kind has the value, the kind counts for more."""
        where, but, kind = dict(asked.where), dict(asked.but), self.items.roles.kind
        if but and kind and kind not in {*where, *but}:
            value = self._kind(asked, where)
            of_kind = {**where, kind: (value,)}
            if value and len(self.items.passing(of_kind)) and not len(self.items.passing({**of_kind, **but})):
                return of_kind, {}, len(self.items.passing(of_kind))
        return where, but, len(self.items.passing({**where, **but}))

    def _kind(self, asked: Asked, where: Mapping[str, Any]) -> str | None:
        kind = self.items.roles.kind or ""
        if asked.item:
            return self.items[self.items.row(asked.item)].single_values.get(kind)
        text = asked.words or None
        guess = self.shop.search(self._query(asked), 1, SearchOptions(where, text=text)).seen.get(kind)
        return guess.value if guess and guess.value in self.items.values(kind) else None

    def _ways(self, shown: Shown, asked: Asked, count: int) -> Shown:
        """With whether the page can grow, and whether there is another one after it."""
        rest = asked.offset + count < (shown.total or 0) and count == asked.k
        is_last, has_pages = asked.k == LONGEST, not asked.variety or asked.kind == "window"
        return replace(shown, has_more=rest and not is_last, has_next=rest and is_last and has_pages)


def _seen(answer: Answer, items: Any) -> tuple[tuple[str, str], ...]:
    names = [name for role in ("kind", "colour") if (name := getattr(items.roles, role))]
    guesses = [(name, answer.seen[name].value) for name in names if name in answer.seen]
    return tuple((name, value) for name, value in guesses if value in items.values(name) and value)


def _kept(picture: Image.Image) -> Image.Image:
    """The copy of a picture that the page keeps during a visit: a JPEG of at most 640 px."""
    small, out = picture.convert("RGB"), io.BytesIO()
    small.thumbnail((PREVIEW_SIDE_PX, PREVIEW_SIDE_PX))
    small.save(out, "JPEG", quality=88)
    return Image.open(io.BytesIO(out.getvalue()))
