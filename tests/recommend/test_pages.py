"""The rest of an answer, page by page."""

from __future__ import annotations

import pytest

from recsys.core.calibration import Calibration
from recsys.errors import QueryError
from recsys.recommend.options import SearchOptions
from testkit.fake_shop import draw, fake_shop

CALIBRATION = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), threshold=0.9, refused=0.05, queries=60)
RED_DRESS = draw("Dresses", "#b3262e")


@pytest.fixture(scope="module")
def shop():
    return fake_shop(calibration=CALIBRATION)


def ids(answer):
    return [match.item.id for match in answer]


def pages(search, k=7):
    found = []
    for offset in range(0, 70, k):
        found += ids(search(offset))
    return found


def test_the_pages_of_a_picture_are_the_whole_shop_in_the_order_of_one_answer(shop):
    found = pages(lambda offset: shop.recommend(RED_DRESS, k=7, offset=offset))
    assert found == ids(shop.recommend(RED_DRESS, k=60)) and len(found) == 60


def test_so_are_those_of_a_product_of_words_of_likes_and_under_a_filter(shop):
    women = {"gender": "Women"}
    assert len(set(pages(lambda offset: shop.similar("p7", k=7, offset=offset)))) == 59
    assert len(set(pages(lambda offset: shop.recommend(text="women", k=7, offset=offset)))) == 30
    assert len(set(pages(lambda offset: shop.recommend(RED_DRESS, k=7, text="women", offset=offset)))) == 30
    assert len(set(pages(lambda offset: shop.recommend(RED_DRESS, 7, women, offset=offset)))) == 30
    likes = ("p1", "p2")
    assert len(pages(lambda offset: shop.recommend(RED_DRESS, 7, liked=likes, offset=offset))) == 58


def test_behind_the_last_product_there_is_nothing(shop):
    assert ids(shop.recommend(RED_DRESS, offset=1_000_000)) == []


@pytest.mark.parametrize("offset", [-1, 1.5, True, "2"])
def test_an_offset_is_a_whole_number(offset):
    with pytest.raises(QueryError, match="offset is how many products to skip"):
        SearchOptions(offset=offset)


def test_varied_products_have_no_further_pages(shop):
    with pytest.raises(QueryError, match="no further pages"):
        shop.recommend(RED_DRESS, diversity=0.5, offset=5)
