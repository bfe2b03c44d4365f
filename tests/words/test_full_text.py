"""The words of a large catalogue are written by its build, and found in the file as in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsys.core.items import Items
from recsys.errors import IndexDamagedError
from recsys.types import Offer
from recsys.words.full_text import FullText, write_full_text

NAMES = ["Blue Crew-Neck Shirts", None, "Chemise à Carreaux", "blue shoes", "Shoe Tree", "", "Blueberry"]
WORDS = ["blue", "shirt", "carreaux", "shoe", "tree", "nothing", "linen"]


@pytest.fixture
def items() -> Items:
    offers = [Offer(description="of linen") if row % 3 == 0 else None for row in range(len(NAMES))]
    return Items([str(row) for row in range(len(NAMES))], NAMES, {}, offers=offers)


@pytest.fixture
def file(items: Items, tmp_path: Path) -> Path:
    write_full_text(tmp_path / "words.sqlite", items)
    return tmp_path / "words.sqlite"


def test_the_file_has_what_is_found_in_memory(items: Items, file: Path) -> None:
    written, in_memory = FullText.open(file, len(items)), FullText.from_items(items)
    assert written is not None and written.counts == in_memory.counts and written.counts["blue"] == 2
    for word in WORDS:
        assert written.has(word) == in_memory.has(word) == (word != "nothing")
        assert written.rows(word).tolist() == in_memory.rows(word).tolist()
        assert written.rows(word[:3], is_prefix=True).tolist() == in_memory.rows(word[:3], is_prefix=True).tolist()
    assert written.rows("blue").tolist() == [0, 3] and written.rows("shoes").tolist() == [3, 4]


def test_equal_products_give_equal_bytes_and_reading_changes_none(items: Items, file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    write_full_text(tmp_path / "again.sqlite", items)
    write_full_text(file, items)
    assert FullText.open(file, len(items)) is not None
    assert (tmp_path / "again.sqlite").read_bytes() == before == file.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.sqlite", "words.sqlite"]


def test_a_file_by_other_rules_is_not_read(items: Items, file: Path) -> None:
    _change(file, "PRAGMA user_version = 999")
    assert FullText.open(file, len(items)) is None


DAMAGE: dict[str, Callable[[Path], None]] = {
    "not a database": lambda file: _write(file, b"no database" * 100),
    "empty": lambda file: _write(file, b""),
    "cut": lambda file: _write(file, file.read_bytes()[:8192]),
    "a page of zeros": lambda file: _write(file, file.read_bytes()[:8192] + bytes(4096) + file.read_bytes()[12288:]),
    "a trigger": lambda file: _change(file, "CREATE TRIGGER x AFTER INSERT ON counts BEGIN SELECT 1; END"),
    "a view": lambda file: _change(file, "CREATE VIEW x AS SELECT * FROM counts"),
    "another table": lambda file: _change(file, "DROP TABLE counts", "CREATE TABLE counts(word, products)"),
    "other products": lambda file: _change(file, "UPDATE facts SET products = 8"),
    "no facts": lambda file: _change(file, "DELETE FROM facts"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_file_that_is_no_index_of_these_words_is_refused(items: Items, file: Path, damage: str) -> None:
    DAMAGE[damage](file)
    with pytest.raises(IndexDamagedError, match=r"words.sqlite does not hold the words of the products: .*rebuild"):
        FullText.open(file, len(items))


@pytest.mark.parametrize("row", [-1, 7, 2**40])
def test_rows_that_the_catalogue_does_not_have_are_refused(items: Items, file: Path, row: int) -> None:
    _change(file, f"INSERT INTO products(rowid, words) VALUES ({row}, 'strange blue')")
    found = FullText.open(file, len(items))
    assert found is not None and found.rows("shirt").tolist() == [0]
    with pytest.raises(IndexDamagedError, match="not those of 7 products"):
        found.rows("strange")


def test_words_that_cannot_be_read_are_said(items: Items, file: Path) -> None:
    _change(file, "UPDATE products_data SET block = x'ffffffffffffffff' WHERE id > 10")
    found = FullText.open(file, len(items))
    assert found is not None
    with pytest.raises(IndexDamagedError, match="cannot be read: .*rebuild it"):
        found.rows("blue")


def test_a_catalogue_without_names_has_no_words(tmp_path: Path) -> None:
    items = Items(["1", "2"], [None, None], {})
    write_full_text(tmp_path / "words.sqlite", items)
    found = FullText.open(tmp_path / "words.sqlite", 2)
    assert found is not None and not found.counts and not found.has("blue")
    np.testing.assert_array_equal(found.rows("blue"), [])


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def _change(file: Path, *statements: str) -> None:
    database = sqlite3.connect(file)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
