"""Synonyms: phrases that visitors type, and the phrases of a catalogue that they stand for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from recsys.errors import RecsysError
from recsys.words.text import phrase_key, tokens

OWN_FILE = Path(__file__).with_name("synonyms.json")
MAX_FILE_BYTES = 1_000_000
FORM = (
    '{"groups": [["trainers", "sneakers"], …], "means": {"kids": ["boys", "girls"], …}}, where both parts are optional'
)


class Synonyms:
    """For each phrase, those that mean the same. The phrases of a group mean each other; `means` goes one way only."""

    def __init__(self, groups: Sequence[Sequence[str]] = (), means: Mapping[str, Sequence[str]] | None = None):
        self.phrases: dict[str, dict[str, None]] = {}
        self._standing: dict[str, dict[str, None]] = {}
        self.words: set[str] = set()
        self.all_phrases: list[str] = []
        for group in groups:
            for phrase in group:
                self._add(phrase, [other for other in group if other != phrase])
        for phrase, others in (means or {}).items():
            self._add(phrase, others)

    @classmethod
    def read(cls, owner: Path | None = None) -> Self:
        """The synonyms of this library, and those of an owner's file. Raises RecsysError if that cannot be read."""
        own = _parsed(OWN_FILE)
        if owner is None:
            return cls(*own)
        groups, means = _parsed(owner)
        return cls([*own[0], *groups], own[1] | means)

    def of(self, key: str) -> Sequence[str]:
        """The phrases that mean the same as the phrase with this key."""
        return tuple(self.phrases.get(key, ()))

    def standing_for(self, value: str) -> Sequence[str]:
        """The phrases that stand for a value of a catalogue."""
        return tuple(self._standing.get(phrase_key(value), ()))

    def _add(self, phrase: str, others: Sequence[str]) -> None:
        self.phrases.setdefault(phrase_key(phrase), {}).update(dict.fromkeys(others))
        for other in others:
            self._standing.setdefault(phrase_key(other), {})[phrase] = None
        self.words.update(token.plain for token in tokens(phrase))
        self.all_phrases.append(phrase)


@lru_cache(maxsize=8)
def _parsed(path: Path) -> tuple[list[list[str]], dict[str, list[str]]]:
    """The groups and the one-way meanings of a file of synonyms."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(MAX_FILE_BYTES))
    except (OSError, ValueError) as error:
        raise RecsysError(
            f"The synonyms in {path} cannot be read: {error}. The file is JSON such as {FORM}."
        ) from error
    groups: Any = found.get("groups", []) if isinstance(found, dict) else None
    means: Any = found.get("means", {}) if isinstance(found, dict) else None
    if not (isinstance(groups, list) and all(map(_are_texts, groups)) and _is_mapping(means)):
        raise RecsysError(f"The synonyms in {path} are not of the form {FORM}.")
    return groups, means


def _is_mapping(means: Any) -> bool:
    return isinstance(means, dict) and all(map(_are_texts, means.values()))


def _are_texts(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(text, str) for text in found)
