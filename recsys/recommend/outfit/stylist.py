"""Completes outfits around an item or a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

import numpy as np

from recsys.core.items import Items
from recsys.core.large import evenly, is_large
from recsys.errors import QueryError
from recsys.recommend.outfit.harmony import Tone, joins, relation, tone_of
from recsys.recommend.outfit.slots import PLURALS, SLOTS
from recsys.recommend.outfit.style import Style
from recsys.recommend.outfit.theme import Aspect, Theme, common
from recsys.recommend.outfit.wardrobe import Profile, Wardrobe
from recsys.types import Guess, Item, Rows, Searcher, Value, Vectors

MAX_COMPARED = 2_000
"""In a large catalogue, this many products are compared with the anchor for each slot."""
NOTHING_LOCKED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class PictureAnchor:
    """A picture to build an outfit around: its unit vector [1, dim] and its attribute values, None where unknown."""

    vector: Vectors
    attributes: Mapping[str, Value]

    @classmethod
    def from_guesses(cls, vector: Vectors, guesses: Mapping[str, Guess]) -> Self:
        """From the embedding [1, dim] of a picture and the guesses of its attributes."""
        return cls(vector, {name: guess.value for name, guess in guesses.items()})


@dataclass(frozen=True, slots=True)
class Piece:
    """A product of an outfit, and why it fits, in words: "Men", "Casual", "Red goes with White: a neutral"."""

    item: Item
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outfit:
    """An outfit around an item or a picture, the anchor, which itself fills `slots`.

    `pieces` has a product for each other slot, and `missing` the reason why a slot stays empty, both in the order of
    SLOTS. `theme` is what all pieces agree in.
    """

    slots: tuple[str, ...]
    theme: Theme
    pieces: Mapping[str, Piece]
    missing: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Anchor:
    name: str
    profile: Profile
    colour: Value
    departure: Vectors


class Stylist:
    """Completes outfits by rules: the pieces agree in wearer, usage and season, and their colours go together.

    Among the products that do, those with the fewest unknown attributes come first, and of these the one closest in
    style to the anchor. The slot with the least choice is filled first, because each piece narrows the colours of the
    next. See `theme`, `harmony` and `style` for the rules and their sources.
    """

    def __init__(self, items: Items, searcher: Searcher):
        self._items, self._searcher = items, searcher
        self._wardrobe = Wardrobe(items)
        self._style = Style(searcher, self._wardrobe.rows_by_slots(), len(items))
        colours = items.columns[self._wardrobe.colour] if self._wardrobe.colour else None
        self._tones: list[Tone] = [tone_of(value) for value in colours.vocabulary] if colours else [None]
        self._colour_codes = colours.codes if colours else np.zeros(len(items), dtype=np.int32)

    def slots(self, anchor: str | PictureAnchor) -> tuple[str, ...]:
        """The slots that an item or a picture fills; empty if no outfit can be built around it."""
        attributes = (
            anchor.attributes
            if isinstance(anchor, PictureAnchor)
            else self._items[self._items.row(anchor)].single_values
        )
        return self._wardrobe.profile(attributes).slots

    def has_looks(self, anchor: str | PictureAnchor) -> bool:
        """Whether there is anything to wear with an item or a picture."""
        if not self.slots(anchor):
            return False
        seen = self._anchor(anchor)
        eased = Theme(self._theme(seen, {}).wearer, None, None)
        return any(len(self._wardrobe.rows(slot, eased)) for slot in self._open(seen, {}))

    def as_given(self, pieces: Mapping[str, str]) -> Outfit:
        """These products as an outfit, whether they obey the rules or not. Raises QueryError for an unknown item."""
        items = {slot: self._items[self._items.row(item_id)] for slot, item_id in pieces.items() if slot in SLOTS}
        known = {slot: Piece(item, self._wardrobe.known_values(item.single_values)) for slot, item in items.items()}
        return Outfit((), Theme(None, None, None), {slot: known[slot] for slot in SLOTS if slot in known}, {})

    def outfit(
        self,
        anchor: str | PictureAnchor,
        *,
        locked: Mapping[str, str] = NOTHING_LOCKED,
        passed_over: Iterable[str] = (),
        is_strict: bool = True,
    ) -> Outfit:
        """An outfit around an anchor, an item's id or a picture: a product for each slot that the anchor leaves open.

        `locked` maps a slot to the id of the item to keep there. Products whose ids are in `passed_over` least often
        come first. So a slot is swapped by passing over its product while the other slots are locked, and a whole
        outfit is replaced by passing over all its products; after all have been passed over equally often, the first
        one comes again. The result depends on the arguments only.

        A slot for which the catalogue has nothing of this usage and season gets a product of another season or usage,
        which its reasons say. If it is not strict, locked items stay that do not agree with the anchor.

        Raises QueryError for an unknown item, an anchor that has no place in an outfit, a locked slot that this outfit
        does not have, and a locked item that does not belong in its slot.
        """
        seen = self._anchor(anchor)
        held = {slot: self._lock(seen, slot, item_id, is_strict) for slot, item_id in locked.items()}
        theme = self._theme(seen, held, is_strict)
        eased: dict[str, Theme] = {}
        passed = Counter(passed_over)
        worn = [tone_of(seen.colour), *(self._tone(row) for row in held.values())]
        missing: dict[str, str] = {}
        for slot in sorted(self._open(seen, held), key=lambda slot: len(self._wardrobe.rows(slot, theme))):
            eased[slot] = self._eased(slot, theme)
            row = self._choose(slot, eased[slot], worn, seen, passed)
            if row is None:
                missing[slot] = self._why_not(slot, theme)
            else:
                held[slot] = row
                worn.append(self._tone(row))
        notes = {slot: self._note(slot, theme) for slot in held if eased.get(slot, theme) != theme}
        pieces = {slot: self._piece(held[slot], seen, notes.get(slot)) for slot in SLOTS if slot in held}
        return Outfit(seen.profile.slots, theme, pieces, {slot: missing[slot] for slot in SLOTS if slot in missing})

    def _anchor(self, anchor: str | PictureAnchor) -> _Anchor:
        if isinstance(anchor, PictureAnchor):
            name, attributes, vector = "This picture", anchor.attributes, anchor.vector[0]
        else:
            row = self._items.row(anchor)
            item = self._items[row]
            name, attributes, vector = item.name or item.id, item.single_values, self._searcher.vectors([row])[0]
        profile = self._wardrobe.profile(attributes)
        if not profile.slots:
            places = ", ".join(PLURALS.values())
            raise QueryError(
                f"{name} is not known as part of a look. A look is made of {places}. Start from one of these."
            )
        colour = self._wardrobe.colour_of(attributes)
        return _Anchor(name, profile, colour, self._style.departure(vector, profile.slots))

    def _eased(self, slot: str, theme: Theme) -> Theme:
        """The theme, or where the slot has no product for it, one without its season, its usage, or both."""
        wearer, usage, season = theme
        easier = [theme, Theme(wearer, usage, None), Theme(wearer, None, season), Theme(wearer, None, None)]
        return next((other for other in easier if len(self._wardrobe.rows(slot, other))), theme)

    def _note(self, slot: str, theme: Theme) -> str:
        return f"the shop has no {PLURALS[slot]} for {theme}"

    def _lock(self, anchor: _Anchor, slot: str, item_id: str, is_strict: bool) -> int:
        row = self._items.row(item_id)
        if not is_strict:
            return row
        if slot not in SLOTS or slot in anchor.profile.slots:
            free = ", ".join(other for other in SLOTS if other not in anchor.profile.slots)
            raise QueryError(f"There is no slot {slot!r} to lock in this look. It has: {free}.")
        if self._profile(row).slots != (slot,):
            raise QueryError(f"Item {item_id!r} does not go into the slot {slot!r}. Lock another one there, or none.")
        return row

    def _theme(self, anchor: _Anchor, held: Mapping[str, int], is_strict: bool = True) -> Theme:
        own = self._wardrobe.theme(anchor.profile.aspects, self._open(anchor, {})) if held else None
        agreed = common([anchor.profile.aspects, *(self._aspects_of(slot, held[slot], own) for slot in held)])
        if frozenset() in agreed and not is_strict:
            agreed = tuple(aspect or mine for aspect, mine in zip(agreed, anchor.profile.aspects, strict=True))
        if frozenset() in agreed:
            raise QueryError(
                f"{anchor.name} and the locked items do not agree in gender, usage and season. Unlock some of them."
            )
        return self._wardrobe.theme(agreed, self._open(anchor, {}))

    def _aspects_of(self, slot: str, row: int, theme: Theme | None) -> tuple[Aspect, ...]:
        """What a locked product is for. Where its slot has nothing for the theme, any usage and season will do."""
        wearer, *others = self._profile(row).aspects
        is_eased = theme is not None and not len(self._wardrobe.rows(slot, theme))
        return (wearer, None, None) if is_eased else (wearer, *others)

    def _choose(self, slot: str, theme: Theme, worn: list[Tone], anchor: _Anchor, passed: Counter[str]) -> int | None:
        """The row of the product for this slot; None if no product fits."""
        rows = self._wardrobe.rows(slot, theme)
        rows = rows[np.array([joins(tone, worn) for tone in self._tones])[self._colour_codes[rows]]]
        if not len(rows):
            return None
        rows = self._fewest_unknown(rows)
        turns = np.array([passed[self._items.ids[row]] for row in rows] if passed else np.zeros(len(rows)))
        unknown = self._unknown(rows)
        closeness = self._style.closeness(rows, (slot,), anchor.departure)
        return int(rows[np.lexsort((rows, -closeness, unknown, turns))[0]])

    def _unknown(self, rows: Rows) -> Rows:
        """The number of unknown attributes of these products."""
        unknown_tones = np.array([tone is None for tone in self._tones])[self._colour_codes[rows]]
        return self._wardrobe.unknown_counts[self._wardrobe.codes[rows]] + unknown_tones

    def _fewest_unknown(self, rows: Rows) -> Rows:
        """In a large catalogue, some of those rows with the fewest unknown attributes; else all of them."""
        if not is_large(len(self._items)):
            return rows
        unknown = self._unknown(rows)
        return evenly(rows[unknown == unknown.min()], MAX_COMPARED)

    def _piece(self, row: int, anchor: _Anchor, note: str | None) -> Piece:
        item = self._items[row]
        reasons = self._wardrobe.known_values(item.single_values)
        colour = self._wardrobe.colour_of(item.single_values)
        why = relation(tone_of(anchor.colour), tone_of(colour))
        if why:
            reasons += (f"{colour} goes with {anchor.colour}: {why}",)
        if note:
            reasons += (note,)
        return Piece(item, reasons)

    def _why_not(self, slot: str, theme: Theme) -> str:
        if not len(self._wardrobe.rows(slot)):
            return f"This catalogue has no {PLURALS[slot]}."
        what = f"{PLURALS[slot]} for {theme}" if any(theme) else PLURALS[slot]
        if not len(self._wardrobe.rows(slot, theme)):
            return f"This catalogue has no {what}."
        return f"None of the {what} harmonises with the colours of this look."

    @staticmethod
    def _open(anchor: _Anchor, held: Mapping[str, int]) -> list[str]:
        return [slot for slot in SLOTS if slot not in anchor.profile.slots and slot not in held]

    def _profile(self, row: int) -> Profile:
        return self._wardrobe.profiles[self._wardrobe.codes[row]]

    def _tone(self, row: int) -> Tone:
        return self._tones[self._colour_codes[row]]
