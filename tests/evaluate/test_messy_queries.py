import numpy as np
import pytest

from recsys.core.items import Items
from recsys.evaluate.messy_queries import messy_queries
from recsys.types import Item

KINDS, COLOURS = ("Tshirts", "Watches", "Trousers"), ("Navy Blue", "Grey", "Black")


@pytest.fixture(scope="module")
def items():
    products = [
        Item(f"{kind} {colour} {number}", None, {"articleType": kind, "baseColour": colour, "gender": "Women"})
        for kind in KINDS
        for colour in COLOURS
        for number in range(10)
    ]
    return Items.from_items(products, ["articleType", "baseColour", "gender"])


def test_the_right_products_have_the_values_that_were_meant(items):
    queries = messy_queries(items, 60, seed=1)
    assert len(queries.texts) == len(queries.right) == 60
    assert {len(rows) for rows in queries.right} == {10}
    for text, rows in zip(queries.texts, queries.right, strict=True):
        assert len({items.columns["baseColour"].codes[row] for row in rows}) == 1, text


def test_the_texts_are_messy_and_the_same_for_a_seed(items):
    texts = messy_queries(items, 60, seed=1).texts
    assert texts == messy_queries(items, 60, seed=1).texts != messy_queries(items, 60, seed=2).texts
    clean = {f"{colour} {kind}".lower() for kind in KINDS for colour in COLOURS}
    assert np.mean([text in clean for text in texts]) < 0.2
    assert any("tee" in text for text in texts) and any(len(text.split()) > 4 for text in texts)


def test_a_catalogue_without_colours_has_no_such_queries():
    with pytest.raises(ValueError, match="colour"):
        messy_queries(Items.from_items([Item("1", None, {"articleType": "Caps"})], ["articleType"]), 5)
