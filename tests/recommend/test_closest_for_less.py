"""The frontier of similarity and price, against a comparison of all products."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from recsys.core.calibration import Calibration
from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.errors import QueryError
from recsys.recommend.closest_for_less import closest_for_less
from recsys.types import Offer
from testkit.fake_shop import ExactSearcher, fake_shop, set_items
from testkit.offers import with_offers

COUNT = 2000


@pytest.fixture(scope="module")
def priced():
    """Products of random prices, some without one, and each tenth with the picture of the one before."""
    rng = np.random.default_rng(5)
    vectors = unit(rng.normal(size=(COUNT, 8)))
    vectors[9::10] = vectors[8::10]
    offers = [Offer(price=float(price), currency="EUR") if price else None for price in rng.integers(0, 60, COUNT)]
    halves = [str(row % 2) for row in range(COUNT)]
    items = Items([str(row) for row in range(COUNT)], [None] * COUNT, {"half": halves}, offers=offers)
    return items, ExactSearcher(vectors, items)


def brute_force(items, vectors, query, k, where, below, least):
    """Every passing product that no other one dominates, the closest first."""
    rows = items.passing(where)
    prices, cosines = items.offers.amounts[rows], (vectors[rows] @ query[0])
    fit = ~np.isnan(prices) & (cosines >= least) & (prices < (np.inf if below is None else below))
    rows, prices, cosines = rows[fit], prices[fit], cosines[fit]
    closer, cheaper = cosines[None] >= cosines[:, None], prices[None] <= prices[:, None]
    equal = (cosines[None] == cosines[:, None]) & (prices[None] == prices[:, None])
    earlier = np.arange(len(rows))[None] < np.arange(len(rows))[:, None]
    kept = ~(closer & cheaper & (~equal | earlier)).any(axis=1)
    return rows[kept][np.argsort(-cosines[kept], kind="stable")][:k].tolist()


def test_it_is_what_a_comparison_of_all_products_finds(priced, monkeypatch):
    monkeypatch.setattr("recsys.recommend.closest_for_less.FIRST_SEARCHED", 16)
    items, searcher = priced
    rng = np.random.default_rng(6)
    settings = [
        ({}, None, -1.0),
        ({}, 30.0, -1.0),
        ({"half": "1"}, 20.0, 0.2),
        ({"price": {"min": 5, "max": 40}}, 35.0, 0.5),
    ]
    for number in range(60):
        query = searcher.vectors([number * 7]) if number % 3 else unit(rng.normal(size=(1, 8)))
        where, below, least = settings[number % 4]
        rows, cosines = closest_for_less(items, searcher, query, 5, where, below=below, least_cosine=least)
        assert rows.tolist() == brute_force(items, searcher.matrix, query, 5, where, below, least)
        assert (np.diff(cosines) <= 0).all() and (np.diff(items.offers.amounts[rows]) < 0).all()


def shop_with_offers(**options):
    shop = copy.copy(fake_shop(**options))
    set_items(shop, with_offers(shop.items))
    return shop


def test_products_that_cost_less_than_an_item_are_closest_first():
    shop = shop_with_offers()
    answer = shop.closest_for_less(item_id="p40", k=10)
    costs = [match.item.offer.amount for match in answer]
    assert costs[0] < shop.items.cost(40) and costs == sorted(costs, reverse=True)
    assert [match.similarity for match in answer] == sorted((match.similarity for match in answer), reverse=True)
    assert {
        match.item.attributes["gender"] for match in shop.closest_for_less(item_id="p40", where={"gender": "Men"})
    } == {"Men"}


def test_for_a_picture_they_start_with_the_closest_product():
    shop = shop_with_offers()
    picture = shop.thumbnail("p40")
    assert shop.closest_for_less(picture)[0].item == shop.recommend(picture, 1, where={"price": {"min": 0}})[0].item


def test_products_that_are_not_close_are_left_out_unless_asked_for():
    close = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), threshold=0.999, refused=0.05, queries=60)
    shop = shop_with_offers(calibration=close)
    assert len(shop.closest_for_less(item_id="p50")) < len(shop.closest_for_less(item_id="p50", min_similarity=-1))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "give image or item_id"),
        ({"image": b"x", "item_id": "p1"}, "PictureError|give image or item_id"),
        ({"item_id": "nope"}, "no item 'nope'"),
        ({"item_id": "p6"}, "Item 'p6' has no price"),
        ({"item_id": "p7", "k": 0}, "from 1 to 100"),
    ],
    ids=str,
)
def test_what_cannot_be_compared_is_refused(values, message):
    with pytest.raises(QueryError, match=message):
        shop_with_offers().closest_for_less(**values)


def test_without_prices_nothing_costs_less():
    with pytest.raises(QueryError, match="no prices"):
        fake_shop().closest_for_less(item_id="p7")


def test_products_are_sorted_by_price_or_year():
    shop = shop_with_offers()
    closest = shop.similar("p0", 10)
    by_price = shop.similar("p0", 10, sort="price")
    assert {match.item.id for match in by_price} == {match.item.id for match in closest}
    known = [match.item.offer.amount for match in by_price if match.item.offer]
    assert known == sorted(known) and all(match.item.offer is None for match in by_price[len(known) :])
    with pytest.raises(QueryError, match="no years to sort by"):
        shop.similar("p0", sort="newest")
    with pytest.raises(QueryError, match="sort is one of closeness, price, newest; got 'cheap'"):
        shop.similar("p0", sort="cheap")
    items = [
        replace(item, attributes={**item.attributes, "year": str(2000 + row % 7)})
        for row, item in enumerate(shop.items)
    ]
    set_items(shop, Items.from_items(items, list(items[0].attributes)))
    years = [match.item.attributes["year"] for match in shop.similar("p0", 10, sort="newest")]
    assert years == sorted(years, reverse=True)
