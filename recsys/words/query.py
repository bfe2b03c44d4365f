"""Reads the text of a query: which words mean values of the catalogue, prices or words of names, and which nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from recsys.core.filters import IN_STOCK, PRICE
from recsys.core.items import Items
from recsys.types import BY_LOOK, BY_NAME, BY_SPELLING, BY_VALUE, Understood, WordIndex, Words
from recsys.words.full_text import FullText
from recsys.words.meanings import MAX_PHRASE_WORDS, Meaning, Meanings
from recsys.words.prices import prices_in
from recsys.words.stop_words import ALSO_NEGATED, NEGATIONS, SIZE, STOP_WORDS
from recsys.words.synonyms import Synonyms
from recsys.words.text import MIN_STEMMED, Token, stem, tokens

MAX_TEXT_CHARACTERS = 300
MAX_TERMS = 12
"""Words beyond these are not understood, so that a long text costs no more than a short one."""
MIN_PRODUCTS_WITH_WORD = 3
"""A word that fewer names have may be a misspelling in them."""
MIN_SPELLED = 3
"""Shorter words are not corrected; those of this length only by a letter more, as "blu" to "blue"."""
MIN_AGREEMENT = 0.25
"""The share of the products with a synonym in their names that have the value which it stands for."""
LONG_WORD = 8
"""Words of this length may have two mistakes, shorter ones one."""


class QueryReader:
    """Reads texts for one catalogue. It holds the words of all its products: `full_text`, which is made if None.

    `look_words` are those whose look the text tower knows; they are the meaning of words that the catalogue lacks.
    """

    def __init__(
        self,
        items: Items,
        synonyms: Synonyms | None = None,
        look_words: Collection[str] = frozenset(),
        full_text: WordIndex | None = None,
    ):
        self.items, self._synonyms, self._look_words = items, synonyms or Synonyms.read(), look_words
        self.meanings = Meanings(items, self._synonyms)
        self.full_text = full_text or FullText.from_items(items)

    def read(self, text: str) -> Words:
        """What the words of a text mean. `loosened` is empty: no word has been left out yet."""
        prices = list(prices_in(text))
        known = [term for term in prices if self._is_offered(term)]
        ignored = [term.words for term in prices if term not in known]
        free = [token for token in tokens(text) if not any(term.start <= token.start < term.end for term in prices)]
        terms, unknown = self._read_words(text, free)
        if not (prices or free) and text.strip():
            unknown = [text.strip()]  # an emoji or punctuation alone
        ordered = sorted([*known, *terms], key=lambda term: term.start)
        return Words(text, tuple(ordered), (), (*ignored, *unknown))

    def _is_offered(self, term: Understood) -> bool:
        return self.items.has_prices if term.attribute == PRICE else IN_STOCK in self.items.filters

    def _read_words(self, text: str, words: Sequence[Token]) -> tuple[list[Understood], list[str]]:
        """The terms of these words, in order, and the words that are not understood."""
        spelled = [self._spelled(token) for token in words]
        terms: list[Understood] = []
        unknown: list[str] = []
        at, is_negated = 0, False
        while at < len(words):
            length, meaning = self._phrase_at(spelled, at)
            span = words[at : at + length]
            if meaning and len(terms) < MAX_TERMS:
                as_written = meaning.how == BY_LOOK or spelled[at : at + length] == span
                how = meaning.how if as_written else BY_SPELLING
                terms.append(_term(text, span, meaning, how, is_negated))
                is_negated = is_negated and _goes_on(words, at + length)
            elif spelled[at].plain in NEGATIONS:
                is_negated = True
            elif spelled[at].plain not in STOP_WORDS:
                unknown.append(text[span[0].start : span[-1].end])
            at += length
        return terms, unknown

    def _phrase_at(self, words: Sequence[Token], at: int) -> tuple[int, Meaning | None]:
        """The longest phrase from this word on that means something: its number of words, and its meaning."""
        for length in range(min(MAX_PHRASE_WORDS, len(words) - at), 1, -1):
            if meaning := self.meanings.meaning(words[at : at + length]):
                return length, meaning
        word = words[at]
        if word.plain in STOP_WORDS or word.plain in NEGATIONS:
            return 1, None
        meaning = self.meanings.meaning([word]) if self._may_be_value(words, at) else None
        if meaning and (meaning.how == BY_VALUE or self._is_so_in_names(word, meaning)):
            return 1, meaning
        names = () if _follows_size(words, at) else self._in_names(word)
        return 1, Meaning(None, names, BY_NAME) if names else meaning or self._by_look(word)

    def _by_look(self, word: Token) -> Meaning | None:
        known = word.plain if word.plain in self._look_words else self._look_by_stem.get(word.stem)
        return Meaning(None, (known,), BY_LOOK) if known else None

    def _may_be_value(self, words: Sequence[Token], at: int) -> bool:
        """Whether a single word can mean a value. A letter can only after "size", as in "size S"."""
        return len(words[at].plain) > 1 or _follows_size(words, at)

    def _is_so_in_names(self, word: Token, meaning: Meaning) -> bool:
        """Whether products with the word in their names have one of the values, or none has the word.

        Where few of them are of that kind, as of boots in a catalogue that has Booties, the word is better searched for
        in names.
        """
        if meaning.attribute not in self.items.roles.categories:
            return True
        named = self.full_text.rows(word.plain)
        fitting = self.items.passing({meaning.attribute or "": list(meaning.values)})
        return not len(named) or np.isin(named, fitting, assume_unique=True).mean() >= MIN_AGREEMENT

    def _in_names(self, word: Token) -> tuple[str, ...]:
        """The word, and its synonyms, as far as names have them."""
        known = (word.plain, *self.meanings.synonyms_of(word))
        return tuple(found for found in known if self.full_text.has(found))

    def _spelled(self, token: Token) -> Token:
        """The token with the word that is meant, where it is misspelled."""
        word = token.plain
        if len(word) < MIN_SPELLED or word.isdigit() or self._is_known(word):
            return token
        meant = list(self._likely_words(token))
        otherwise = token if word in self._look_words or not meant else meant[0]
        return next((one for one in meant if self._phrase_at([one], 0)[1]), otherwise)

    def _likely_words(self, token: Token) -> Iterator[Token]:
        """The likeliest word of values; of names, and of looks, unless the word as it is stands for a look."""
        word, is_look = token.plain, token.plain in self._look_words
        for candidates in (self._value_words, *([] if is_look else [self._name_words, self._sorted_look_words])):
            likely = [one for form in {word, stem(word)} for one in _alike(form, candidates)]
            if likely:
                yield token.spelled(min(likely, key=lambda one: self._unlikeliness(word, *one))[0])

    def _unlikeliness(self, word: str, meant: str, distance: float) -> tuple[float, bool, bool, int]:
        """Orders words that may be meant: by mistakes, the first letter, whether letters are missing, and frequency."""
        letters = iter(meant)
        has_all_letters = all(letter in letters for letter in word)
        return distance, meant[0] != word[0], not has_all_letters, -self.full_text.counts[meant]

    def _is_known(self, word: str) -> bool:
        is_function_word = word in STOP_WORDS or word in NEGATIONS
        is_in_names = self.full_text.counts[word] >= MIN_PRODUCTS_WITH_WORD
        return is_function_word or is_in_names or stem(word) in self._stems

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(map(stem, self.meanings.words))

    @cached_property
    def _look_by_stem(self) -> dict[str, str]:
        return {stem(word): word for word in sorted(self._look_words)}

    @cached_property
    def _sorted_look_words(self) -> list[str]:
        return sorted(word for word in self._look_words if len(word) >= MIN_STEMMED)

    @cached_property
    def _value_words(self) -> list[str]:
        words = {form for word in self.meanings.words for form in (word, stem(word))}
        return sorted(word for word in words if len(word) >= MIN_STEMMED)

    @cached_property
    def _name_words(self) -> list[str]:
        common = (word for word, count in self.full_text.counts.items() if count >= MIN_PRODUCTS_WITH_WORD)
        return sorted(word for word in common if len(word) >= MIN_STEMMED)


def _alike(word: str, candidates: Sequence[str]) -> list[tuple[str, float]]:
    """The candidates that are spelled like a word, each with the number of mistakes. Short words lack a letter."""
    most = 1 + (len(word) >= LONG_WORD)
    found = process.extract(word, candidates, scorer=OSA.distance, score_cutoff=most)
    return [(one, distance) for one, distance, _ in found if len(word) > MIN_SPELLED or len(one) > len(word)]


def _term(text: str, span: Sequence[Token], meaning: Meaning, how: str, is_negated: bool) -> Understood:
    start, end = span[0].start, span[-1].end
    words = text[start:end]
    return Understood(words, start, end, meaning.attribute, meaning.values, how, is_negated=is_negated)


def _follows_size(words: Sequence[Token], at: int) -> bool:
    return at > 0 and words[at - 1].plain in SIZE


def _goes_on(words: Sequence[Token], at: int) -> bool:
    """Whether a negation holds for the next word too, as in "not red or blue"."""
    return at < len(words) and words[at].plain in ALSO_NEGATED
