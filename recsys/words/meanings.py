"""What phrases mean in a catalogue: values of its attributes, as they are written, by a part or by a synonym."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recsys.core.filters import IN_STOCK
from recsys.core.items import Items
from recsys.types import BY_SYNONYM, BY_VALUE
from recsys.words.synonyms import Synonyms
from recsys.words.text import Token, key, phrase_key, tokens

PARTS = re.compile(r"\band\b|[&/,+]", re.IGNORECASE)
"""What separates the parts of a value such as "Kajal and Eyeliner", each of which stands for it too."""
NO_VALUES = frozenset({"na", "n/a", "none", "null", "unknown", "other", "others"})
MAX_PHRASE_WORDS = 5
MIN_SYNONYM_CHARACTERS = 3
"""Values are suggested for the beginning of a synonym from this many characters on."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Values of an attribute that a phrase stands for, or words of names if that is None; and how that is known."""

    attribute: str | None
    values: tuple[str, ...]
    how: str = BY_VALUE


class Meanings:
    """The values of a catalogue's attributes, by the phrases that stand for them.

    Where values of several attributes are written alike, the kind of product comes first, then colour, wearer and
    pattern.
    """

    def __init__(self, items: Items, synonyms: Synonyms):
        self._synonyms = synonyms
        self._attributes = _by_importance(items)
        self._whole: dict[str, dict[str, list[str]]] = {}
        self._parts: dict[str, dict[str, list[str]]] = {}
        self._heads: dict[str, dict[str, list[str]]] = {}
        self._beginnings: list[tuple[str, str, str, tuple[str, ...]]] = []
        self.words = set(synonyms.words)
        """Every word of a value or of a synonym."""
        for name in self._attributes:
            for value in items.filters[name].vocabulary:
                if value and value.casefold() not in NO_VALUES:
                    self._add(name, value)
        self._synonym_beginnings = [
            ("".join(token.plain for token in tokens(phrase)), meaning)
            for phrase in synonyms.all_phrases
            if (meaning := self._by_synonyms(phrase_key(phrase)))
        ]

    def meaning(self, phrase: Sequence[Token]) -> Meaning | None:
        """What a phrase means; None if it means no value."""
        sought = key(token.plain for token in phrase)
        found = self._values(sought) or self._by_synonyms(sought)
        return found or (self._by_head(sought) if len(phrase) == 1 else None)

    def beginning_with(self, partial: str) -> dict[str, list[str]]:
        """Attribute → the values that begin so, or of which a word does; else those of which a synonym does.

        `partial` has small letters and no spaces.
        """
        found: dict[str, list[str]] = {}
        for name, value, whole, words in self._beginnings:
            if whole.startswith(partial) or any(word.startswith(partial) for word in words):
                found.setdefault(name, []).append(value)
        return found or (self._synonyms_beginning_with(partial) if len(partial) >= MIN_SYNONYM_CHARACTERS else {})

    def _synonyms_beginning_with(self, partial: str) -> dict[str, list[str]]:
        found: dict[str, dict[str, None]] = {}
        for phrase, meaning in self._synonym_beginnings:
            if phrase.startswith(partial) and meaning.attribute:
                found.setdefault(meaning.attribute, {}).update(dict.fromkeys(meaning.values))
        return {name: list(values) for name, values in found.items()}

    def synonyms_of(self, token: Token) -> list[str]:
        """Other words that mean the same as a word, as they stand in names."""
        split = (tokens(phrase) for phrase in self._synonyms.of(key([token.plain])))
        return [words[0].plain for words in split if len(words) == 1]

    def _values(self, sought: str) -> Meaning | None:
        """The values that are written so; else those with a part that is, as "Perfume and Body Mist" for perfume."""
        for name in self._attributes:
            for phrases in (self._whole, self._parts):
                if values := phrases.get(sought, {}).get(name):
                    return Meaning(name, tuple(values))
        return None

    def _by_synonyms(self, sought: str) -> Meaning | None:
        found = [self._values(phrase_key(phrase)) for phrase in self._synonyms.of(sought)]
        by_attribute: dict[str | None, dict[str, None]] = {}
        for meaning in filter(None, found):
            by_attribute.setdefault(meaning.attribute, {}).update(dict.fromkeys(meaning.values))
        first = next((name for name in self._attributes if name in by_attribute), None)
        return Meaning(first, tuple(by_attribute[first]), BY_SYNONYM) if first else None

    def _by_head(self, sought: str) -> Meaning | None:
        """The values whose last word is this one: shoes are Casual Shoes and Sports Shoes, where no value is Shoes."""
        found = self._heads.get(sought, {})
        first = next((name for name in self._attributes if name in found), None)
        return Meaning(first, tuple(found[first]), BY_SYNONYM) if first else None

    def _add(self, name: str, value: str) -> None:
        words = tokens(value)
        if not 0 < len(words) <= MAX_PHRASE_WORDS:
            return
        plain = tuple(token.plain for token in words)
        self.words.update(plain)
        self._beginnings.append((name, value, "".join(plain), plain))
        self._whole.setdefault(phrase_key(value), {}).setdefault(name, []).append(value)
        for part in _parts(value):
            self._parts.setdefault(part, {}).setdefault(name, []).append(value)
        if len(words) > 1:
            self._heads.setdefault(words[-1].stem, {}).setdefault(name, []).append(value)


def _parts(value: str) -> Iterator[str]:
    parts = [phrase_key(part) for part in PARTS.split(value)]
    return (part for part in parts if part and len(parts) > 1)


def _by_importance(items: Items) -> list[str]:
    """The attributes whose values words can mean, in the order in which they are preferred."""
    roles, ranges = items.roles, items.ranges()
    first = (roles.kind, roles.colour, roles.wearer, roles.pattern, *roles.categories)
    names = dict.fromkeys(name for name in (*first, *items.filters) if name)
    return [name for name in names if name in items.filters and name not in ranges and name != IN_STOCK]
