"""Colour harmony: rules on the colour circle for which colours go together.

Hues are places on the twelve-part circle of Itten (*The Art of Color*, 1961): red 0, orange 2, yellow 4, green 6, blue
8, violet 10. Two hues go together if they are the same, neighbours on the circle, or opposite: the harmonies of
analogous and of contrasting colours of Chevreul (*De la loi du contraste simultané des couleurs*, 1839). Neutral
colours go with every colour: black, white and grey, and also browns, metals and navy, which fashion treats as neutral.
A mixture of colours goes with neutral colours only. An outfit has at most two pieces of one hue.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from recsys.types import Value

Tone = int | Literal["neutral", "mixed"] | None
"""A hue, as a place on the circle from 0 to 11, or a colour that has none. None is an unknown colour."""

CIRCLE = 12
MAX_PIECES_OF_A_HUE = 2
RELATIONS = {0: "the same hue", 1: "neighbours on the colour circle", 6: "opposite on the colour circle"}

NEUTRALS = """black white grey gray charcoal silver steel metallic gold golden bronze copper gunmetal platinum ivory
cream ecru beige nude skin tan camel sand stone khaki taupe brown coffee chocolate mushroom navy midnight"""
MIXTURES = "multi multicolour multicolor multicoloured multicolored rainbow assorted colourblock"
HUES = {
    0: "red maroon burgundy crimson scarlet wine rose cherry ruby",
    1: "rust coral vermilion brick terracotta",
    2: "orange peach apricot tangerine",
    3: "mustard amber ochre saffron",
    4: "yellow lemon",
    5: "lime olive chartreuse fluorescent",
    6: "green emerald mint sage",
    7: "teal turquoise cyan aqua aquamarine sea",
    8: "blue azure cobalt denim indigo sky",
    9: "periwinkle ultramarine",
    10: "purple violet lavender lilac mauve plum",
    11: "pink magenta fuchsia",
}
TONES: dict[str, Tone] = {
    **dict.fromkeys(NEUTRALS.split(), "neutral"),
    **dict.fromkeys(MIXTURES.split(), "mixed"),
    **{word: place for place, words in HUES.items() for word in words.split()},
}


def tone_of(colour: Value) -> Tone:
    """The tone of a colour, by the first known word of its name: "Turquoise Blue" is turquoise."""
    words = re.findall(r"[^\W\d_]+", (colour or "").lower())
    return next((TONES[word] for word in words if word in TONES), None)


def relation(one: Tone, other: Tone) -> str | None:
    """The reason why two tones go together, in words. "" if one is unknown, None if they do not go together."""
    if one is None or other is None:
        return ""
    if "neutral" in (one, other):
        return "a neutral"
    if isinstance(one, str) or isinstance(other, str):
        return None
    return RELATIONS.get(distance(one, other))


def distance(one: int, other: int) -> int:
    """The places between two hues on the circle, the shorter way round."""
    apart = abs(one - other)
    return min(apart, CIRCLE - apart)


def joins(tone: Tone, worn: Sequence[Tone]) -> bool:
    """Whether a piece of this tone goes with all the pieces that an outfit already has."""
    repeated = isinstance(tone, int) and worn.count(tone) >= MAX_PIECES_OF_A_HUE
    return not repeated and all(relation(tone, other) is not None for other in worn)
