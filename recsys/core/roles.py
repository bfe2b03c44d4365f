"""What the attributes of a catalogue tell, by the words of their names: each catalogue has its own."""

from __future__ import annotations

import re
from collections.abc import Iterable

COLOUR, GENDER, PATTERN = {"colour", "color"}, {"gender", "sex"}, {"pattern"}


def words_of(attribute: str) -> list[str]:
    """The words of an attribute's name: "baseColour" and "base_colour" are base, colour."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", attribute)]


def first_named(attributes: Iterable[str], words: set[str]) -> str | None:
    """The first attribute that has one of these words in its name; None where there is none."""
    return next((name for name in attributes if words.intersection(words_of(name))), None)
