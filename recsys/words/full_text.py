"""Full-text search over the names and descriptions of products, by SQLite's FTS5."""

from __future__ import annotations

import re
import sqlite3
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from itertools import chain, repeat

import numpy as np

from recsys.core.items import Items
from recsys.core.large import is_large
from recsys.types import Rows
from recsys.words.text import plain

TABLE = """
CREATE VIRTUAL TABLE products USING fts5(
    words, content='', columnsize=0, detail=none, prefix='2 3', tokenize='porter unicode61 remove_diacritics 2'
)
"""
PART = re.compile(r"[^\W_]+")


class FullText:
    """An index of the words of each product's name and description. Any number of threads may search it.

    It is in memory; for a large catalogue, in a temporary file of SQLite, which deletes it.
    """

    def __init__(self, items: Items):
        self._lock = threading.Lock()
        self._database = sqlite3.connect("" if is_large(len(items)) else ":memory:", check_same_thread=False)
        weakref.finalize(self, self._database.close)
        self._database.execute(TABLE)
        self.counts: Counter[str] = Counter()
        """Word → the number of products that have it, in small letters and without accents."""
        self._database.executemany("INSERT INTO products(rowid, words) VALUES (?, ?)", self._counted(_texts(items)))

    def _counted(self, texts: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """The same texts, whose words are counted."""
        for row, text in texts:
            self.counts.update(set(PART.findall(plain(text))))
            yield row, text

    def has(self, word: str) -> bool:
        """Whether any product has a plain word in any of its forms."""
        return self.counts[word] > 0 or bool(len(self.rows(word)))

    def rows(self, word: str, *, is_prefix: bool = False) -> Rows:
        """The rows of the products that have a plain word in any of its forms, or one that starts so, ascending."""
        wanted = f'"{word}"{"*" if is_prefix else ""}'
        with self._lock:
            found = self._database.execute("SELECT rowid FROM products WHERE products MATCH ?", (wanted,))
            return np.fromiter(chain.from_iterable(found), dtype=np.int64)


def _texts(items: Items) -> Iterator[tuple[int, str]]:
    """The row and the text of each product that has a name or a description."""
    descriptions = items.offers.description if items.offers else repeat(None, len(items))
    for row, texts in enumerate(zip(items.names, descriptions, strict=True)):
        if any(texts):
            yield row, " ".join(text for text in texts if text)
