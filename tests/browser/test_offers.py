"""What a visitor sees of prices: on cards, in filters, in the order, and on the way to the shop."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from recsys.core.storefront import Storefront
from testkit.fake_shop import fake_shop, set_items
from testkit.offers import with_offers
from tests.browser.steps import cards, dialog, heading, status
from tests.support.serving import serving


@pytest.fixture(scope="module")
def shop():
    shop = fake_shop()
    set_items(shop, with_offers(shop.items))
    shop.storefront = Storefront(title="Pia's pictures", utm_source="pictures")
    return shop


@pytest.fixture(scope="module")
def server(shop, tmp_path_factory):
    with serving(shop, tmp_path_factory.mktemp("uploads")) as page:
        yield page


def prices(page):
    texts = page.locator("#cards .price").all_inner_texts()
    return [float(text.removeprefix("€")) for text in texts]


def test_prices_are_filtered_sorted_kept_in_the_link_and_lead_to_the_shop(visit):
    page = visit("wide", path="?item=p43", reduced_motion="reduce")
    expect(page.locator("#header h1")).to_have_text("Pia's pictures")
    expect(heading(page)).to_contain_text("More like")
    page.locator("#filters summary", has_text="Price").click()
    page.get_by_label("Price to").fill("30")
    page.keyboard.press("Enter")
    expect(page.locator("#filters .active summary")).to_have_text("Price: –30")
    expect(status(page)).to_contain_text("products that match the filters")
    page.get_by_label("Order of the products").select_option("price")
    expect(cards(page).first.locator(".price")).to_have_text("€6")
    assert prices(page) == sorted(prices(page)) and prices(page)[-1] <= 30
    page.wait_for_url("**max.price=30*sort=price*")
    page.reload()
    expect(page.get_by_label("Order of the products")).to_have_value("price")
    expect(page.locator("#filters .active summary")).to_have_text("Price: –30")
    cards(page).first.locator(".front > a").click()
    link = dialog(page).get_by_role("link", name="View in shop")
    expect(link).to_have_attribute("href", "https://shop.example/p/0?a=1&b=2&utm_source=pictures")
    facts = json.loads(page.locator("head script[type='application/ld+json']").inner_text())
    assert (facts["sku"], facts["offers"]["price"]) == ("p0", 6)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#filters .active summary")).to_have_count(0)


def test_the_order_and_the_variety_stand_apart_on_a_phone(visit):
    page = visit("phone", path="?item=p43")
    order, variety = page.get_by_label("Order of the products"), page.locator("#variety input")
    expect(variety).to_be_visible()
    left, right = order.bounding_box(), variety.bounding_box()
    assert (
        left["y"] + left["height"] <= right["y"]
        or left["x"] + left["width"] <= page.locator("#variety").bounding_box()["x"]
    )


def test_the_order_says_closest_only_where_something_is_searched_for_and_is_chosen_by_keyboard(visit):
    page = visit("wide", reduced_motion="reduce")
    order = page.get_by_label("Order of the products")
    expect(order.locator("option:checked")).to_have_text("Featured")
    page.locator("#filters [data-more]").focus()
    page.keyboard.press("Tab")
    expect(order).to_be_focused()
    assert order.evaluate("select => getComputedStyle(select).outlineStyle") != "none"
    page.keyboard.press("l")
    expect(order).to_have_value("price")
    page.wait_for_url("**sort=price*")
    expect(order).to_be_focused()
    expect(cards(page).first.locator(".price")).to_have_text("€6")
    page.keyboard.press("Home")  # letters typed within a second are one word
    expect(order).to_have_value("closeness")
    page.wait_for_url("**/")
    page.goto(page.url + "?item=p43")
    expect(heading(page)).to_contain_text("More like")
    expect(order.locator("option:checked")).to_have_text("Closest first")
    page.go_back()
    expect(heading(page)).to_have_text("From the shop")
    expect(order.locator("option:checked")).to_have_text("Featured")
