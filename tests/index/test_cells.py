"""The items of a table in blocks are those of the whole, however they are read."""

import pytest

from recsys.core.columns import Column
from recsys.core.items import Items
from recsys.core.row_index import RowIndex
from recsys.index import items_table
from recsys.index.folder import IndexFolder


@pytest.mark.parametrize("rows", [1, 7, 10_000])
def test_blocks_of_any_size_give_the_same_items(built, monkeypatch, rows):
    whole = IndexFolder.open(built).items
    monkeypatch.setattr(items_table, "BLOCK_ROWS", rows)
    items = IndexFolder.open(built).items
    assert list(items) == list(whole) and items.facets() == whole.facets()
    assert [items.row(item.id) for item in whole] == list(range(len(whole)))
    assert items.ids == list(whole.ids) and items.ids != list(whole.ids)[1:] and items.ids[-3:] == list(whole.ids)[-3:]
    assert whole.ids[-1] == list(whole.ids)[-1] and "no such id" not in whole
    with pytest.raises(IndexError):
        items.names[len(items)]


def test_a_column_of_codes_is_that_of_its_values():
    values = ["red", None, "blue", "blue", "", None, "blue"]
    column = Column.from_codes(["red", None, "green", "blue", ""], [0, 1, 3, 3, 4, 1, 3])
    assert (column.counts, column.vocabulary) == (Column(values).counts, Column(values).vocabulary)
    assert column.codes.tolist() == Column(values).codes.tolist() and len(column) == 7


def test_ids_with_one_hash_are_told_apart(monkeypatch):
    class Hashed(str):
        def __hash__(self):
            return 7

    ids = [Hashed("a"), Hashed("b"), Hashed("c")]
    assert [RowIndex(ids).find(Hashed(text)) for text in "abcd"] == [0, 1, 2, None]
    assert not RowIndex(ids).has_repeats and RowIndex([*ids, Hashed("b")]).has_repeats
    with pytest.raises(ValueError, match="unique ids"):
        Items(["a", "a"], [None, None], {})
