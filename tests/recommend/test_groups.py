"""Rows of one product: found by any of its pictures, returned once, with its other rows as variants."""

import copy

import numpy as np
import pytest

from recsys.core.items import Items
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.state import PageOptions, Query
from testkit.fake_shop import fake_shop, set_items
from testkit.offers import with_groups


@pytest.fixture(scope="module")
def shop():
    shop = copy.copy(fake_shop())
    set_items(shop, with_groups(shop.items))
    return shop


def products(answer):
    return [match.item.group or match.item.id for match in answer]


def test_rows_know_their_product():
    items = Items(list("abcde"), [None] * 5, {}, groups=["x", None, "x", None, "y"])
    assert items.product_of.tolist() == [0, 1, 0, 3, 4]
    assert items.group_rows(2).tolist() == [0, 2] and items.group_rows(1).tolist() == [1]
    assert items[2].group == "x" and items[1].group is None
    assert Items(["a"], [None], {}).group_rows(0).tolist() == [0]


def test_a_product_is_found_once_by_its_best_picture(shop):
    picture = shop.thumbnail("p4")
    answer, rows = shop.recommend(picture, 12), fake_shop().recommend(picture, 60)
    best = {}
    for match in rows:
        item = shop.items[shop.items.row(match.item.id)]
        best.setdefault(item.group or item.id, match.item.id)
    assert [match.item.id for match in answer] == list(best.values())[:12]
    assert len(set(products(answer))) == 12
    first = answer[0]
    assert {item.id for item in first.variants} | {first.item.id} == {
        item.id for item in shop.items if (item.group or item.id) == products(answer)[0]
    }


def test_items_like_an_item_are_of_other_products(shop):
    answer = shop.similar("p4", 60)
    assert len(answer) == len(np.unique(shop.items.product_of)) - 1
    assert "group 1" not in products(answer)
    assert len(set(products(shop.for_you(["p4"], 10)))) == 10


def test_the_page_shows_the_other_rows_as_choices(shop):
    cards = PageHandlers(shop).search_similar("p5", PageOptions(), Query())[2]
    card = cards[cards.index('data-item="p0"') :] if 'data-item="p0"' in cards else cards
    assert 'aria-label="Also as"' in card
    assert {item.group for item in shop.variants.of("p0")} >= {"group 0"}
