"""The products of a catalogue by slot and theme, as the outfit rules look them up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from recsys.core.columns import combined
from recsys.core.items import Items
from recsys.core.large import index_type, numbered
from recsys.recommend.outfit.slots import SLOTS, category_attributes, slots_of
from recsys.recommend.outfit.theme import Aspect, Theme, aspects
from recsys.types import Rows, Value

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Profile:
    """Slots, wearer, usage and season of a product: what all rules but those of colour and style need."""

    slots: tuple[str, ...]
    aspects: tuple[Aspect, ...]


class Wardrobe:
    """Finds the products of a slot that agree with a theme. Many products share a profile, so it compares profiles."""

    def __init__(self, items: Items):
        self._items = items
        self._categories = category_attributes(items)
        self._aspects = (items.roles.wearer, items.roles.usage, items.roles.season)
        self.colour = items.roles.colour
        self.profiles, self.codes = self._read()
        self.unknown_counts = np.array([profile.aspects.count(None) for profile in self.profiles])
        self._sizes = np.bincount(self.codes, minlength=len(self.profiles))
        self._fills = {slot: np.array([p.slots == (slot,) for p in self.profiles], dtype=bool) for slot in SLOTS}
        self._allows = [self._allowing(place) for place in range(len(self._aspects))]

    def profile(self, attributes: Mapping[str, Value]) -> Profile:
        """The profile of a product, or a picture, with these attributes."""
        values = (attributes.get(name) if name else None for name in self._aspects)
        return Profile(slots_of([attributes.get(name) for name in self._categories]), aspects(*values))

    def colour_of(self, attributes: Mapping[str, Value]) -> Value:
        """The name of the colour of a product with these attributes."""
        return attributes.get(self.colour) if self.colour else None

    def known_values(self, attributes: Mapping[str, Value]) -> tuple[str, ...]:
        """Wearer, usage and season of a product in the catalogue's own words, those that it has."""
        values = (attributes.get(name) for name in self._aspects if name)
        return tuple(value for value in values if value is not None)

    def rows(self, slot: str, theme: Theme | None = None) -> Rows:
        """The rows of products that fill this slot alone and agree with the theme, ascending."""
        fitting = self._fills[slot] if theme is None else self._fills[slot] & self._agreeing(theme)
        return np.flatnonzero(fitting[self.codes])

    def rows_by_slots(self) -> dict[tuple[str, ...], Rows]:
        """The rows of all products that fill a slot, by the combination of slots that they fill."""
        every = {profile.slots for profile in self.profiles if profile.slots}
        return {
            slots: np.flatnonzero(np.array([p.slots == slots for p in self.profiles])[self.codes]) for slots in every
        }

    def theme(self, known: Sequence[Aspect], slots: Iterable[str]) -> Theme:
        """The theme for which the catalogue can fill most of `slots`; among equals, the one with most products.

        `known` restricts it: for wearer, usage and season, the values to choose from.
        """
        options = [
            sorted(allows if aspect is None else aspect) or (None,)
            for aspect, allows in zip(known, self._allows, strict=True)
        ]
        themes = [Theme(*values) for values in product(*options)]
        wanted = tuple(slots)
        return max(themes, key=lambda theme: self._choice(theme, wanted)) if len(themes) > 1 else themes[0]

    def _choice(self, theme: Theme, slots: Sequence[str]) -> tuple[int, int]:
        counts = self._sizes * self._agreeing(theme)
        of_slots = [int(counts[self._fills[slot]].sum()) for slot in slots]
        return sum(count > 0 for count in of_slots), sum(of_slots)

    def _agreeing(self, theme: Theme) -> Flags:
        agreeing = np.ones(len(self.profiles), dtype=bool)
        for place, (value, allows) in enumerate(zip(theme, self._allows, strict=True)):
            if value is not None:
                agreeing &= allows[value] if value in allows else self._unknown(place)
        return agreeing

    def _allowing(self, place: int) -> dict[str, Flags]:
        """For each value of one aspect (0 wearer, 1 usage, 2 season), whether each profile agrees with it."""
        known = [profile.aspects[place] for profile in self.profiles]
        values = sorted({value for aspect in known for value in aspect or ()})
        return {value: np.array([aspect is None or value in aspect for aspect in known]) for value in values}

    def _unknown(self, place: int) -> Flags:
        return np.array([profile.aspects[place] is None for profile in self.profiles], dtype=bool)

    def _read(self) -> tuple[list[Profile], npt.NDArray[np.signedinteger]]:
        """The different profiles of the catalogue, and the number of its profile for each product."""
        used = [self._items.columns[name] for name in (*self._categories, *self._aspects) if name]
        firsts, combination, _ = numbered(combined(used, len(self._items)))
        read = [self.profile(self._items[int(row)].single_values) for row in firsts]
        codes = {profile: code for code, profile in enumerate(dict.fromkeys(read))}
        numbers = np.array([codes[profile] for profile in read], dtype=index_type(len(self._items)))
        return list(codes), numbers[combination]
