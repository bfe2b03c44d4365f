"""For whom, for what and for when a product is: every piece of a look has to agree in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from recsys.types import Value

Aspect = frozenset[str] | None
"""The values that a product goes with; None where the catalogue does not say, which agrees with all."""

MEN, WOMEN, BOYS, GIRLS = "Men", "Women", "Boys", "Girls"
WORDS = {
    "men man mens male males gents gentlemen": (MEN,),
    "women woman womens female females ladies lady": (WOMEN,),
    "boy boys": (BOYS,),
    "girl girls": (GIRLS,),
    "unisex adult adults": (MEN, WOMEN),
    "kid kids child children childrens baby babies infant infants toddler toddlers junior juniors": (BOYS, GIRLS),
}
WEARERS = {word: for_whom for words, for_whom in WORDS.items() for word in words.split()}


class Theme(NamedTuple):
    """What the pieces of a look agree in; None where no product says."""

    wearer: Value
    usage: Value
    season: Value

    def __str__(self) -> str:
        return ", ".join(value for value in self if value is not None)


def wearers(gender: Value) -> Aspect:
    """For whom a product is. Unisex is for men and women alike; what is for children is for no adult."""
    if gender is None:
        return None
    named = {wearer for word in re.findall(r"[a-z]+", gender.lower()) for wearer in WEARERS.get(word, ())}
    return frozenset(named & {BOYS, GIRLS} or named or {gender})


def aspects(gender: Value, usage: Value, season: Value) -> tuple[Aspect, ...]:
    """The three aspects of a product. Usage and season agree only where they are equal."""
    return wearers(gender), *(None if value is None else frozenset({value}) for value in (usage, season))


def common(several: Sequence[tuple[Aspect, ...]]) -> tuple[Aspect, ...]:
    """What products agree in, aspect by aspect: None where all leave it open, empty where they disagree."""
    return tuple(_common([aspect for aspect in column if aspect is not None]) for column in zip(*several, strict=True))


def _common(known: Sequence[frozenset[str]]) -> Aspect:
    return frozenset.intersection(*known) if known else None
