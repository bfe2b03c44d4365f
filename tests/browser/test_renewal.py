"""A browser that has the page of one index open while the shop gets another."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from recsys.core.items import Items
from recsys.serving.live import LiveRecommender
from recsys.types import Item
from testkit.fake_shop import fake_shop
from tests.browser.steps import cards, choose, heading, press, status, tick
from tests.support.serving import serving


@pytest.fixture(scope="module")
def shop():
    return LiveRecommender(fake_shop())


@pytest.fixture(scope="module")
def server(shop, tmp_path_factory):
    with serving(shop, tmp_path_factory.mktemp("uploads")) as page:
        yield page


@pytest.fixture
def renew(shop):
    """Put an index in the place of the first, with other attributes; the products keep their ids."""

    def come():
        newer = fake_shop()
        brands = ["Ours", "Theirs", "Old"]
        told = [
            Item(item.id, item.name, {"brand": brands[row % 3], "gender": item.attributes["gender"]})
            for row, item in enumerate(newer.items)
        ]
        newer.items = newer.searcher.items = Items.from_items(told, ["brand", "gender"])
        newer.origin = replace(newer.origin, revision="fedcba9876543210")
        shop.swap(newer)

    shop.swap(fake_shop())
    return come


def filters(page):
    return page.locator("#filters summary")


def test_an_open_page_goes_on_and_gets_the_new_filters(visit, renew, photo):
    page = visit()
    choose(page, photo)
    tick(page, "Gender", "Women")
    expect(status(page)).to_contain_text("20 of 30 products")
    renew()
    press(page, "Show more")
    expect(cards(page)).to_have_count(30)
    expect(filters(page)).to_have_text(["For whom: Women", "Brand"])
    expect(heading(page)).to_have_text("Closest to your picture")
    tick(page, "Brand", "Theirs")
    expect(status(page)).to_have_text("10 of 10 products that match the filters")
    expect(filters(page)).to_have_text(["For whom: Women", "Brand: Theirs"])
    page.locator("#filters summary", has_text="For whom").click()
    expect(page.locator("#filters details[open] .count").first).to_have_text("10")
    page.keyboard.press("Escape")
    expect(page.locator("#filters details[open]")).to_have_count(0)
    press(page, "Clear filters")
    expect(status(page)).to_have_text("20 of 60 products")


def test_a_filter_that_is_gone_is_said_and_can_be_taken_back(visit, renew):
    page = visit()
    tick(page, "Season", "Summer")
    expect(status(page)).to_contain_text("of 20 products")
    renew()
    tick(page, "Gender", "Women")
    expect(
        page.get_by_text("There is no attribute 'season' to filter by. This catalogue has: brand, gender.")
    ).to_be_visible()
    press(page, "Clear filters")
    expect(filters(page)).to_have_text(["For whom", "Brand"])
    expect(status(page)).to_contain_text("of 60 products")


def test_a_fresh_visit_has_the_new_index_from_its_first_byte(visit, renew):
    renew()
    page = visit()
    expect(page.locator("#header .origin a")).to_have_attribute("title", re.compile("@ fedcba9 · 60 products"))
    expect(filters(page)).to_have_text(["For whom", "Brand"])
