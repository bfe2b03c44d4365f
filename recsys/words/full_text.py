"""Full-text search over the names and descriptions of products, by SQLite's FTS5."""

from __future__ import annotations

import re
import sqlite3
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import chain, repeat
from pathlib import Path
from typing import Self

import numpy as np

from recsys.core.items import Items
from recsys.core.large import is_large
from recsys.errors import IndexDamagedError
from recsys.types import Rows
from recsys.words.text import plain

RULES = 1
"""Raise it when other words are found, or others are counted. A file of other rules is not read."""
TABLES = {
    "products": "CREATE VIRTUAL TABLE products USING fts5(words, content='', columnsize=0, detail=none, prefix='2 3',"
    " tokenize='porter unicode61 remove_diacritics 2')",
    "counts": "CREATE TABLE counts(word TEXT NOT NULL, products INTEGER NOT NULL)",
    "facts": "CREATE TABLE facts(products INTEGER NOT NULL)",
}
SHADOWS = {f"products_{part}" for part in ("config", "data", "idx")}
"""The tables in which FTS5 keeps its index."""
PART = re.compile(r"[^\W_]+")
REMEDY = "Download the index again, or rebuild it with build_index.py."


class FullText:
    """An index of the words of each product's name and description. Any number of threads may search it.

    It is in memory; for a large catalogue, in a file of the index, or else in a temporary file of SQLite.
    """

    def __init__(self, database: sqlite3.Connection):
        self._database, self._lock = database, threading.Lock()
        weakref.finalize(self, database.close)
        self._count = int(database.execute("SELECT products FROM facts").fetchone()[0])

    @classmethod
    def from_items(cls, items: Items) -> Self:
        """The words of these products."""
        database = sqlite3.connect("" if is_large(len(items)) else ":memory:", check_same_thread=False)
        _fill(database, items)
        return cls(database)

    @classmethod
    def open(cls, file: Path, count: int) -> Self | None:
        """The words of `count` products in a file that `write_full_text` wrote; None if it was by other rules.

        Raises IndexDamagedError if the file is not one that it wrote for as many products.
        """
        address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
        database = sqlite3.connect(address, uri=True, check_same_thread=False)
        try:
            _check(database, count)
            rules = database.execute("PRAGMA user_version").fetchone()[0]
            if rules == RULES:
                return cls(database)
        except (sqlite3.Error, ValueError) as error:
            database.close()
            raise IndexDamagedError(
                f"{file.name} does not hold the words of the products: {error}. {REMEDY}"
            ) from error
        database.close()
        return None

    @cached_property
    def counts(self) -> Counter[str]:
        """Word → the number of products that have it, in small letters and without accents."""
        with self._lock:
            return Counter(dict(self._database.execute("SELECT word, products FROM counts")))

    def has(self, word: str) -> bool:
        """Whether any product has a plain word in any of its forms."""
        return self.counts[word] > 0 or bool(len(self.rows(word)))

    def rows(self, word: str, *, is_prefix: bool = False) -> Rows:
        """The rows of the products that have a plain word in any of its forms, or one that starts so, ascending.

        Raises IndexDamagedError for rows that the catalogue does not have.
        """
        wanted = f'"{word}"{"*" if is_prefix else ""}'
        try:
            with self._lock:
                found = self._database.execute("SELECT rowid FROM products WHERE products MATCH ?", (wanted,))
                rows = np.fromiter(chain.from_iterable(found), dtype=np.int64)
        except sqlite3.DatabaseError as error:
            raise IndexDamagedError(f"The words of the products cannot be read: {error}. {REMEDY}") from error
        if len(rows) and not (rows[0] >= 0 and rows[-1] < self._count and (np.diff(rows) > 0).all()):
            raise IndexDamagedError(f"The words are not those of {self._count:,} products. {REMEDY}")
        return rows


def write_full_text(file: Path, items: Items) -> None:
    """Write the words of these products to a new file. Equal products give equal bytes."""
    file.unlink(missing_ok=True)
    database = sqlite3.connect(file)
    database.execute("PRAGMA journal_mode=OFF")
    _fill(database, items)
    database.execute("INSERT INTO products(products) VALUES ('optimize')")
    database.commit()
    database.execute("VACUUM")
    database.close()


def _fill(database: sqlite3.Connection, items: Items) -> None:
    """Make the tables, and put in the words of these products."""
    for statement in TABLES.values():
        database.execute(statement)
    counts: Counter[str] = Counter()
    database.executemany("INSERT INTO products(rowid, words) VALUES (?, ?)", _counted(_texts(items), counts))
    database.executemany("INSERT INTO counts VALUES (?, ?)", sorted(counts.items()))
    database.execute("INSERT INTO facts VALUES (?)", (len(items),))
    database.execute(f"PRAGMA user_version = {RULES}")
    database.commit()


def _check(database: sqlite3.Connection, count: int) -> None:
    """Raise ValueError or sqlite3.Error unless the database is whole, has only our tables, and has `count` products."""
    database.execute("PRAGMA trusted_schema = OFF")
    found = database.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    own = {name: sql for kind, name, sql in found if kind == "table" and name not in SHADOWS}
    if own != TABLES or len(found) != len(TABLES) + len(SHADOWS):
        raise ValueError("it has other tables")
    problem = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise ValueError(problem.splitlines()[-1])
    products = [products for (products,) in database.execute("SELECT products FROM facts")]
    if products != [count]:
        raise ValueError(f"it has those of {products}, not of {count:,}")


def _counted(texts: Iterator[tuple[int, str]], counts: Counter[str]) -> Iterator[tuple[int, str]]:
    """The same texts, whose words are counted."""
    for row, text in texts:
        counts.update(set(PART.findall(plain(text))))
        yield row, text


def _texts(items: Items) -> Iterator[tuple[int, str]]:
    """The row and the text of each product that has a name or a description."""
    descriptions = items.offers.description if items.offers else repeat(None, len(items))
    for row, texts in enumerate(zip(items.names, descriptions, strict=True)):
        if any(texts):
            yield row, " ".join(text for text in texts if text)
