"""Browsing beyond the first hundred products, with and without a query."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.recommend.recommender import MAX_K, Recommender
from recsys.types import Item
from recsys.web.page import permalink
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.pages import Page
from recsys.web.page.state import PageOptions, Query
from testkit.fake_shop import ExactSearcher, Pictures, fake_shop


@pytest.fixture(scope="module")
def answers():
    """The handlers of a shop of 360 products: the sixty, six times."""
    sixty = fake_shop()
    items = [Item(f"p{row}", None, sixty.items[row % 60].attributes) for row in range(360)]
    columns = Items.from_items(items, list(items[0].attributes))
    random = np.random.default_rng(0)
    vectors = unit(np.tile(sixty.searcher.vectors(range(60)), (6, 1)) + random.normal(0, 0.02, (360, 192)))
    searcher, pictures = ExactSearcher(vectors.astype(np.float32), columns), Pictures(sixty.assets.encoded * 6)
    return PageHandlers(Recommender(sixty.encoder, searcher, columns, pictures, sixty.origin))


def test_a_single_product_is_counted_in_the_singular():
    assert Page(0, 20, 1, 1, 1).number == "1 product"
    assert Page(0, 20, 1, 1, 1, is_filtered=True).number == "1 product that matches the filters"
    assert Page(100, 100, 1, 1, 101).number == "Products 101 to 101 of 101"


def ids(found):
    return re.findall(r'<div class="front"><a [^>]*data-item="([^"]*)"', found)


def walk(answers, query, options):
    """The products of all pages from here on, and the words on each."""
    products, words = [], []
    while True:
        query, heading, found, _ = answers.turn_page("next", options, query)
        products += ids(found)
        words.append(re.search(r'role="status">([^<]*)', heading)[1])
        if 'data-page="next"' not in found:
            return query, products, words


@pytest.mark.parametrize("options", [PageOptions(), PageOptions({"gender": ["Women", "Men"]})], ids=["all", "filtered"])
@pytest.mark.parametrize("item", [None, "p7"], ids=["window", "query"])
def test_one_can_browse_to_the_last_product_and_back(answers, item, options):
    first = replace(Query(item=item), k=MAX_K)
    query, _, found, _ = answers.results.show(options, first)
    assert 'data-page="next"' in found and 'data-page="previous"' not in found
    last, products, words = walk(answers, query, options)
    assert len({*ids(found), *products}) >= (360 if item is None else 300)
    assert words[0].startswith("Products 101 to 200 of 360") and last.offset == 300
    again, _, back, _ = answers.turn_page("previous", options, replace(last, offset=100))
    assert again.offset == 0 and ids(back) == ids(found)


def test_a_page_has_an_address_and_another_filter_leads_to_the_first(answers):
    query = answers.turn_page("next", PageOptions(), replace(Query(item="p7"), k=MAX_K))[0]
    link = permalink.link(query, PageOptions(), [], "1")
    visit = permalink.read(link, answers.items)
    assert "offset=100" in link and (visit.query.offset, visit.query.k) == (100, 100)
    assert permalink.read("?offset=99999999", answers.items).query.offset == 99999900
    assert answers.results.show(PageOptions(), visit.query)[0].offset == 100
    assert answers.results.show(PageOptions(), replace(visit.query, offset=99999900))[0].offset == 300
    assert answers.filters_changed(PageOptions(), visit.query)[0].offset == 0
    assert answers.results.show(PageOptions(diversity=0.5), visit.query)[0].offset == 0


def test_the_number_of_products_is_that_of_the_cards():
    assert Page(0, 20, 20, 20, 480).number == "20 of 480 products"
    assert Page(0, 20, 20, 17, 480).number == "17 of 480 products, and 3 variants of them"
    assert Page(0, 20, 20, 19, 480, is_filtered=True).number == (
        "19 of 480 products that match the filters, and 1 variant of them"
    )
    assert Page(40_600, 100, 80, 80, 40_680).number == "Products 40,601 to 40,680 of 40,680"
