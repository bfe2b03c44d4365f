"""Full-text search over the names and descriptions of products, by SQLite's FTS5."""

from __future__ import annotations

import re
import sqlite3
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from itertools import chain

import numpy as np

from recsys.core.items import Items
from recsys.types import Rows
from recsys.words.text import plain

TABLE = """
CREATE VIRTUAL TABLE products USING fts5(
    words, content='', columnsize=0, detail=none, prefix='2 3', tokenize='porter unicode61 remove_diacritics 2'
)
"""
PART = re.compile(r"[^\W_]+")


class FullText:
    """An index in memory of the words of each product's name and description. Any number of threads may search it."""

    def __init__(self, items: Items):
        texts = list(_texts(items))
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self._database.close)
        self._database.execute(TABLE)
        self._database.executemany("INSERT INTO products(rowid, words) VALUES (?, ?)", texts)
        self.counts = Counter(word for _, text in texts for word in set(PART.findall(plain(text))))
        """Word → the number of products that have it, in small letters and without accents."""

    def has(self, word: str) -> bool:
        """Whether any product has a plain word in any of its forms."""
        return self.counts[word] > 0 or bool(len(self.rows(word)))

    def rows(self, word: str, *, is_prefix: bool = False) -> Rows:
        """The rows of the products that have a plain word in any of its forms, or one that starts so, ascending."""
        wanted = f'"{word}"{"*" if is_prefix else ""}'
        with self._lock:
            found = self._database.execute("SELECT rowid FROM products WHERE products MATCH ?", (wanted,)).fetchall()
        return np.fromiter(chain.from_iterable(found), dtype=np.int64, count=len(found))


def _texts(items: Items) -> Iterator[tuple[int, str]]:
    """The row and the text of each product that has a name or a description."""
    descriptions = items.offers.description if items.offers else [None] * len(items)
    for row, texts in enumerate(zip(items.names, descriptions, strict=True)):
        if any(texts):
            yield row, " ".join(text for text in texts if text)
