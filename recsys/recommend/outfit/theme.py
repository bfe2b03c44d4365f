"""The theme of an outfit: wearer, usage and season, in which all its pieces have to agree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from recsys.types import Value

Aspect = frozenset[str] | None
"""The values of one part of a theme that a product goes with. None is unknown, and agrees with every value."""

MEN, WOMEN, BOYS, GIRLS = "Men", "Women", "Boys", "Girls"
WORDS = {
    "men man mens male males gents gentlemen": (MEN,),
    "women woman womens female females ladies lady": (WOMEN,),
    "boy boys": (BOYS,),
    "girl girls": (GIRLS,),
    "unisex adult adults": (MEN, WOMEN),
    "kid kids child children childrens baby babies infant infants toddler toddlers junior juniors": (BOYS, GIRLS),
}
WEARERS = {word: wearers for words, wearers in WORDS.items() for word in words.split()}


class Theme(NamedTuple):
    """The values that the pieces of an outfit agree in; None where no piece has a value."""

    wearer: Value
    usage: Value
    season: Value

    def __str__(self) -> str:
        return ", ".join(value for value in self if value is not None)


def wearers(gender: Value) -> Aspect:
    """The wearers of a product. Unisex products go with men and women; products for children go with children only."""
    if gender is None:
        return None
    named = {wearer for word in re.findall(r"[a-z]+", gender.lower()) for wearer in WEARERS.get(word, ())}
    return frozenset(named & {BOYS, GIRLS} or named or {gender})


def aspects(gender: Value, usage: Value, season: Value) -> tuple[Aspect, ...]:
    """Wearer, usage and season of a product, each as an `Aspect`. Usages and seasons agree only if equal."""
    return wearers(gender), *(None if value is None else frozenset({value}) for value in (usage, season))


def common(several: Sequence[tuple[Aspect, ...]]) -> tuple[Aspect, ...]:
    """The values that products have in common in each aspect: None if all are unknown, empty if they disagree."""
    columns = ([aspect for aspect in column if aspect is not None] for column in zip(*several, strict=True))
    return tuple(frozenset.intersection(*known) if known else None for known in columns)
