"""Splits a text into words, and gives the form in which words are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
POSSESSIVE = re.compile(r"['’]s?$")
MIN_STEMMED = 4
"""Shorter words are compared as they are."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text: its characters from `start` to `end`, and the form in which it is compared."""

    start: int
    end: int
    plain: str

    @property
    def stem(self) -> str:
        return stem(self.plain)

    def spelled(self, plain: str) -> Token:
        """The same place in the text with another word."""
        return replace(self, plain=plain)


def tokens(text: str) -> list[Token]:
    """The words of a text, in order."""
    return [Token(found.start(), found.end(), plain(found.group())) for found in WORD.finditer(text)]


def plain(word: str) -> str:
    """A word in small letters, without accents, apostrophes and a possessive 's."""
    text = POSSESSIVE.sub("", word)
    if not text.isascii():
        text = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return text.casefold().replace("'", "").replace("’", "")


def stem(word: str) -> str:
    """A plain word without the ending of a plural: "dresses" is "dress", and "hoodies" and "hoody" are "hoodi".

    It is not the Porter stemmer, for which leggings are a leg, earrings an ear and stockings a stock.
    """
    if len(word) < MIN_STEMMED or word.endswith(("ss", "us")):
        return word
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    singular = word[:-1] if word.endswith("s") else word
    return (
        f"{singular[:-2]}i" if singular.endswith("ie") else f"{singular[:-1]}i" if singular.endswith("y") else singular
    )


def key(words: Iterable[str]) -> str:
    """The form in which phrases are compared: the stems in one, so that "T-shirt" is "Tshirts"."""
    return "".join(map(stem, words))


def phrase_key(phrase: str) -> str:
    """The `key` of a whole text."""
    return key(token.plain for token in tokens(phrase))
