"""Turns texts into weighted features: words, pairs of words, and pieces of words for those that training never saw."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from recsys.types import Rows, Vectors

WORD = re.compile(r"[^\W_]+")
PIECE_LENGTHS = (3, 4)
PIECES_WEIGHT = 0.5
"""The weight of all pieces of a known word together. An unknown word has its pieces alone, with weight 1."""
MAX_WORDS = 64
"""The words of a text after these are not read."""
MAX_LETTERS = 40
CACHED_WORDS = 50_000

Keep = Callable[[], bool]
"""Whether a known word or pair is read as one; training leaves some to their pieces."""


class Bag(NamedTuple):
    """The features of n texts: `rows` and `weights` [features], and where each text begins in them, `starts` [n]."""

    rows: Rows
    weights: Vectors
    starts: Rows


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words and pairs of words that a tower knows, and the number of `buckets` that pieces are hashed into."""

    words: Sequence[str]
    buckets: int

    @property
    def size(self) -> int:
        """The number of different features."""
        return len(self.words) + self.buckets

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Word, or pair with a space in between → its row."""
        return {word: row for row, word in enumerate(self.words)}

    def bag(self, texts: Sequence[Sequence[str]], keep: Keep | None = None) -> Bag:
        """The features of texts that are given as lists of words. A text without a word has none."""
        rows: list[int] = []
        weights: list[float] = []
        starts = []
        for words in texts:
            starts.append(len(rows))
            self._add(words, rows, weights, keep)
        return Bag(np.array(rows, np.int64), np.array(weights, np.float32), np.array(starts, np.int64))

    def _add(self, words: Sequence[str], rows: list[int], weights: list[float], keep: Keep | None) -> None:
        for word in words:
            row, pieces = self.row_of.get(word), self._pieces(word)
            known = row is not None and (keep is None or keep())
            share = (PIECES_WEIGHT if known else 1.0) / len(pieces)
            rows += pieces
            weights += [share] * len(pieces)
            if row is not None and known:
                rows.append(row)
                weights.append(1.0)
        for pair in pairwise(words):
            row = self.row_of.get(" ".join(pair))
            if row is not None and (keep is None or keep()):
                rows.append(row)
                weights.append(1.0)

    @cached_property
    def _pieces(self) -> Callable[[str], list[int]]:
        first, buckets = len(self.words), self.buckets
        return lru_cache(CACHED_WORDS)(lambda word: [first + zlib.crc32(piece) % buckets for piece in pieces_of(word)])


def words_of_text(text: str) -> list[str]:
    """The words of a text in lower case without accents, at most 64 of them."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("’", ""))
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return [word[:MAX_LETTERS] for word in WORD.findall(bare)[:MAX_WORDS]]


def pieces_of(word: str) -> list[bytes]:
    """The runs of three and four letters of a word, with marks for its begin and end."""
    marked = f"<{word}>"
    runs = [marked[at : at + size] for size in PIECE_LENGTHS for at in range(len(marked) - size + 1)]
    return [run.encode() for run in runs]
