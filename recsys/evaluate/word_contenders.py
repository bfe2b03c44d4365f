"""What takes part in the task "words": the text tower, full text, and random products."""

from __future__ import annotations

import re
import sqlite3
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from recsys.evaluate.search_task import nearest
from recsys.types import Item, Rows, Vectors
from recsys.words.tower import TextTower

WORD = re.compile(r"[^\W_]+")
TABLE = "CREATE VIRTUAL TABLE products USING fts5(words, tokenize='porter unicode61 remove_diacritics 2')"
FIND = "SELECT rowid FROM products WHERE products MATCH ? ORDER BY rank LIMIT ?"


class WordContender(Protocol):
    """Finds products by a text. `name` is what the report calls it."""

    @property
    def name(self) -> str: ...

    def find(self, texts: Sequence[str], gallery: Rows, k: int) -> list[Rows]:
        """The first k products of the gallery for each text, best first; fewer where it finds fewer."""
        ...


@dataclass(frozen=True, eq=False)
class TowerAlone:
    """The pictures that are nearest to the text in the space of the encoder: no name and no label is read."""

    tower: TextTower
    vectors: Vectors
    name: str = "text tower alone"

    def find(self, texts: Sequence[str], gallery: Rows, k: int) -> list[Rows]:
        nowhere, pictures = np.full(len(texts), -1), self.vectors[gallery]
        return list(gallery[nearest(self.tower.encode(texts), [pictures], min(k, len(gallery)), nowhere)[0]])


class FullTextAlone:
    """SQLite's FTS5 over the names and values of the products: all words have to occur, the best by BM25 come first."""

    name = "full text (FTS5) alone"

    def __init__(self, items: Sequence[Item]):
        self._database = sqlite3.connect(":memory:")
        weakref.finalize(self, self._database.close)
        self._database.execute(TABLE)
        texts = (" ".join(filter(None, (item.name, *item.single_values.values()))) for item in items)
        self._database.executemany("INSERT INTO products(rowid, words) VALUES (?, ?)", enumerate(texts))

    def find(self, texts: Sequence[str], gallery: Rows, k: int) -> list[Rows]:
        allowed = set(gallery.tolist())
        limit = k if len(gallery) == self._count else self._count
        return [np.array([row for row in self._rows(text, limit) if row in allowed][:k], np.int64) for text in texts]

    @property
    def _count(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM products").fetchone()[0])

    def _rows(self, text: str, limit: int) -> list[int]:
        words = " ".join(f'"{word}"' for word in WORD.findall(text))
        return [row for (row,) in self._database.execute(FIND, (words, limit))] if words else []


@dataclass(frozen=True)
class RandomProducts:
    """Products of the gallery in random order."""

    name: str = "random products"

    def find(self, texts: Sequence[str], gallery: Rows, k: int) -> list[Rows]:
        random = np.random.default_rng(0)
        return [random.permutation(gallery)[:k] for _ in texts]
