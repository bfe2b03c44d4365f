"""A model of the page, as a visitor understands it: what is asked for, what lies open, what is liked, and the history.

It is written from what the page promises (docs, DESIGN.md) and shares no code with the page. What the products of an
answer are, it asks the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

PAGE, LONGEST = 20, 100
Filters = tuple[tuple[str, tuple[str | None, ...]], ...]
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Look:
    """The products of a look by slot, the slots to keep, and the products that were replaced."""

    pieces: Pairs = ()
    kept: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()

    def without(self, slots: set[str]) -> Look:
        """The look with these slots emptied; what was in them is passed over."""
        passed = tuple(item_id for slot, item_id in self.pieces if slot in slots)
        rest = tuple(piece for piece in self.pieces if piece[0] not in slots)
        return Look(rest, tuple(slot for slot in self.kept if slot not in slots), (*self.passed, *passed))


@dataclass(frozen=True)
class Asked:
    """What an answer is for. `part` is the number of a thing in the picture, "whole", or "" where the page chose it.

    `text` are the words alone or beside the picture, `beside` those beside the item. `where` has ticked values only.
    """

    picture: str = ""
    part: str = ""
    item: str = ""
    text: str = ""
    beside: str = ""
    but: Pairs = ()
    look: Look | None = None
    where: Filters = ()
    sort: str = "closeness"
    variety: float = 0.0
    offset: int = 0
    k: int = PAGE

    @property
    def kind(self) -> str:
        """What is searched with."""
        return "item" if self.item else "picture" if self.picture else "words" if self.text else "window"

    @property
    def words(self) -> str:
        """The words of the search."""
        return self.beside if self.item else self.text

    def next_search(self, **changes: object) -> Asked:
        """Another search with the same picture, filters, order and variety."""
        fresh = replace(self, item="", beside="", but=(), look=None, offset=0, k=PAGE)
        return replace(fresh, **changes)  # type: ignore[arg-type]

    def changed(self, **changes: object) -> Asked:
        """The same search with something changed, from its first page."""
        return replace(self, **{"look": None, "offset": 0, "k": PAGE, **changes})  # type: ignore[arg-type]

    def toggled(self, attribute: str, value: str | None) -> Asked:
        """With a value of a filter ticked, or not ticked any more."""
        ticked = dict(self.where)
        values = ticked.pop(attribute, ())
        values = tuple(v for v in values if v != value) if value in values else (*values, value)
        return self.filtered({**ticked, attribute: values} if values else ticked)

    def filtered(self, where: Mapping[str, tuple[str | None, ...]]) -> Asked:
        """With these filters."""
        ordered = sorted((name, tuple(sorted(values, key=str))) for name, values in where.items())
        return self.changed(where=tuple(ordered))

    @property
    def key(self) -> Asked:
        """What tells one step of the history from another: all but the length, and the past of a look."""
        return replace(self, k=PAGE, look=self.look and replace(self.look, passed=()))


@dataclass(frozen=True)
class Likes:
    """The likes of a visitor. With `off` they change no answer."""

    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    off: bool = False

    def toggled(self, opinion: str, item_id: str) -> Likes:
        """After a press on the heart of a product, or on "Not for me"."""
        had = item_id in getattr(self, opinion)
        sides = {
            side: tuple(other for other in getattr(self, side) if other != item_id) for side in ("liked", "disliked")
        }
        if not had:
            sides[opinion] = (*sides[opinion], item_id)
        return replace(self, **sides)  # type: ignore[arg-type]


class Entry(NamedTuple):
    """A step of the browser's history. `is_sure` says that its answer had come before the visitor went on."""

    asked: Asked
    overlay: str = ""
    is_sure: bool = True


@dataclass
class Model:
    """The page. `entries` are the steps of the history, and `at` is the present one.

    `pins` are the places of the products that were liked or disliked in the present answer, which `length` products
    had. They keep them until the next search.
    """

    entries: list[Entry] = field(default_factory=lambda: [Entry(Asked())])
    at: int = 0
    likes: Likes = field(default_factory=Likes)
    past: list[Likes] = field(default_factory=list)
    pins: dict[str, int] = field(default_factory=dict)
    length: int = 0

    @property
    def asked(self) -> Asked:
        """What the answer on the page is for."""
        return self.entries[self.at].asked

    @property
    def overlay(self) -> str:
        """What lies open over the page: "product=ID", "liked", "filters" or ""."""
        return self.entries[self.at].overlay

    def ask(self, asked: Asked) -> None:
        """Another answer: a step of the history, if it is another one than that on the page."""
        self.pins, self.length = {}, 0
        self._become(asked)

    def lengthen(self, asked: Asked) -> None:
        """More of the same answer. What was liked in it stays where it is."""
        self._become(asked)

    def _become(self, asked: Asked) -> None:
        here = self.entries[self.at]
        if here.overlay == "filters":
            self.entries[self.at :] = [Entry(asked, is_sure=False), Entry(asked, "filters", is_sure=False)]
            self.at += 1
        elif asked.key == here.asked.key and not here.overlay:
            self.entries[self.at] = here._replace(asked=asked)
        else:
            self._push(Entry(asked, is_sure=False))

    def settle(self) -> None:
        """The answers are here."""
        self.entries[self.at] = self.entries[self.at]._replace(is_sure=True)

    def merged(self) -> Model | None:
        """The model if the browser knows none of the steps since the last sure one, which is the same as this one."""
        last = self.at - 1
        while last > 0 and not self.entries[last].is_sure:
            last -= 1
        here = self.entries[self.at]
        below = self.entries[max(0, last)]
        if here.is_sure or last >= self.at - 1 or (here.asked.key, here.overlay) != (below.asked.key, below.overlay):
            return None
        entries = [*self.entries[:last], here._replace(is_sure=True)]
        return replace(self, entries=entries, at=last, past=[*self.past], pins={**self.pins})

    def open(self, overlay: str) -> None:
        """Something opens over the page."""
        if overlay != self.overlay:
            self._push(Entry(self.asked, overlay, is_sure=False))

    def close(self) -> None:
        """It closes by its button: back to what is below."""
        overlay, at = self.overlay, self.at
        while at and self.entries[at].overlay.split("=")[0] == overlay.split("=")[0]:
            at -= 1
        self.at = at

    def _push(self, entry: Entry) -> None:
        self.entries[self.at + 1 :] = [entry]
        self.at += 1

    def judge(self, likes: Likes, listed: tuple[str, ...]) -> None:
        """Other likes. What is liked or disliked of the products `listed` stays where it is."""
        judged = {*likes.liked, *likes.disliked}
        self.likes = likes
        self.pins = {item_id: place for place, item_id in enumerate(listed) if item_id in judged}
        self.length = len(listed)

    def steps(self, by: int) -> list[int]:
        """The places where Back (-1) or Forward (1) can lead: past the steps that the browser may not know."""
        found, at = [], self.at + by
        while 0 <= at < len(self.entries):
            found.append(at)
            if self.entries[at].is_sure:
                break
            at += by
        return found

    def go(self, at: int) -> None:
        """To a step of the history. Its answer is asked for again, unless it is the one on the page."""
        before = self.asked
        skipped = slice(at + 1, self.at) if at < self.at else slice(self.at + 1, at)
        gone = len(self.entries[skipped])
        del self.entries[skipped]
        self.at = at if skipped.start == at + 1 else at - gone
        if self.asked.key == before.key:
            self.entries[self.at] = self.entries[self.at]._replace(asked=before)
        else:
            self.pins, self.length = {}, 0
            look = self.asked.look and replace(self.asked.look, passed=())
            self.entries[self.at] = self.entries[self.at]._replace(asked=replace(self.asked, look=look))
