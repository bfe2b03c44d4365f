"""What the page says about buying a product, and about the shop."""

import copy
import json
import re
from html import unescape

import pytest

from recsys.core.storefront import Storefront
from recsys.types import Item, Offer
from recsys.web.page import filters
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.offers import json_ld, money, offer_view
from recsys.web.page.state import PageOptions, Query
from recsys.web.page.templates import render
from testkit.fake_shop import HOSTILE_NAME, fake_shop, set_items
from testkit.offers import with_offers

HOSTILE_LINK = 'https://shop.example/"><script>alert(1)</script>?a=1&b=2'


@pytest.fixture(scope="module")
def handlers():
    shop = copy.copy(fake_shop())
    set_items(shop, with_offers(shop.items))
    shop.storefront = Storefront(utm_source="picture search")
    return PageHandlers(shop)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(12, "EUR", "€12"), (1234.5, "USD", "$1,234.50"), (9.9, "CHF", "CHF 9.90"), (5, None, "5"), (None, "EUR", "")],
)
def test_money_is_written_with_its_currency(amount, currency, text):
    assert money(amount, currency) == text


def test_an_offer_in_words():
    item = Item("a", None, {"size": ("S", "M"), "shoeSize": "38"}, Offer(20, 15, "EUR", "out of stock"))
    view = offer_view(item)
    assert (view.price, view.before, view.stock, view.is_available) == ("€15", "€20", "Out of stock", False)
    assert view.sizes == "S, M, 38" and view.link == ""
    assert offer_view(Item("a", None, {}, Offer(15, 20, "EUR"))).before == ""
    assert offer_view(Item("a", None, {})).price == ""
    assert offer_view(Item("a", None, {"Größe": ("36", "38"), "Taille": "T2", "season": "x"})).sizes == "36, 38, T2"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x.example/p", "https://x.example/p?utm_source=a+b"),
        ("https://x.example/p?a=1#top", "https://x.example/p?a=1&utm_source=a+b#top"),
        ("https://x.example/p?utm_source=own", "https://x.example/p?utm_source=own"),
    ],
)
def test_a_link_says_where_a_visit_began(url, shown):
    assert offer_view(Item("a", None, {}, Offer(url=url)), "a b").link == shown
    assert offer_view(Item("a", None, {}, Offer(url=url))).link == url


def test_a_card_shows_price_stock_and_sizes(handlers):
    cards = handlers.search_similar("p1", PageOptions(), Query())[2]
    assert re.search(
        r'<span class="price">€\d+</span><s title="The price before">€\d+</s><span class="stock">In stock', cards
    )
    assert "Sizes S, M" in cards


def test_the_dialog_leads_to_the_shop_and_to_cheaper_products(handlers):
    dialog = handlers.open_product("p43", PageOptions(), Query())
    link = 'href="https://shop.example/p/43?a=1&amp;b=2&amp;utm_source=picture+search" target="_blank" rel="noopener"'
    assert link in dialog
    assert "<dt>Brand</dt><dd>Brand 1</dd>" in dialog and "The product &lt;number&gt; 43." in dialog
    assert "Closest for less" in dialog
    assert "Closest for less" not in handlers.open_product("p6", PageOptions(), Query())
    product = json.loads(unescape(re.search(r'data-product="(.*?)"', dialog)[1]))
    assert (product["@type"], product["sku"], product["brand"]["name"]) == ("Product", "p43", "Brand 1")
    assert product["offers"] == {
        "@type": "Offer",
        "price": 53.0,
        "priceCurrency": "EUR",
        "availability": "https://schema.org/OutOfStock",
        "url": "https://shop.example/p/43?a=1&b=2",
    }


def test_hostile_texts_stay_texts(handlers):
    offer = Offer(
        5, url=HOSTILE_LINK.replace(" ", ""), brand=HOSTILE_NAME, description="</script><script>alert(1)</script>"
    )
    item = Item("x", HOSTILE_NAME, {"size": (HOSTILE_NAME,)}, offer)
    text = json_ld(item, HOSTILE_NAME, "x")
    assert json.loads(text)["description"] == offer.description
    card = render("gallery.html", cards=[handlers.results.views.card(item)], has_more=False)
    assert "<script" not in card and HOSTILE_NAME not in card


def test_prices_are_filtered_by_range_and_products_are_sorted(handlers):
    panels = filters.panels(handlers.items)
    assert 'data-range="price"' in panels and 'placeholder="6"' in panels and "EUR" in panels
    assert re.search(r'name="in_stock" value="True"><span>Yes</span>', panels)
    assert '<option value="price">Lowest price first</option>' in panels and "newest" not in panels
    assert "data-sort" not in filters.panels(fake_shop().items)
    narrow = {"where": {"price": {"max": 30}, "in_stock": ["True"]}, "sort": "price"}
    options = PageOptions.from_fields(narrow, 0, None, handlers.items)
    *_, cards, state = handlers.filters_changed(options, Query())
    prices = [int(price) for price in re.findall(r'class="price">€(\d+)<', cards)]
    assert prices == sorted(prices) and prices[-1] <= 30
    assert state["where"] == narrow["where"] and state["sort"] == "price"
    assert PageOptions.from_fields({"sort": "newest"}, 0, None, handlers.items).sort == "closeness"


def test_no_product_in_a_range_says_which_filter_to_remove(handlers):
    options = PageOptions({"price": {"min": 1000}, "gender": ["Men"]})
    assert "Without Price from 1000 (30)" in handlers.filters_changed(options, Query())[2]


def test_the_owner_says_what_stands_at_the_top():
    shop = Storefront(title="Pia's <Shop>", tagline="Snap it", name="Pia", logo="data:image/png;base64,iVBO")
    header = render("header.html", title="Find it by picture", shop=shop, origin="index")
    assert "<h1>Pia&#39;s &lt;Shop&gt;</h1>" in header and '<p class="tagline">Snap it</p>' in header
    assert '<img class="logo" src="data:image/png;base64,iVBO" alt="Pia">' in header and "Pia · index" in header
    plain = render("header.html", title="Find it by picture", shop=Storefront(), origin="index")
    assert "<h1>Find it by picture</h1>" in plain and "<img" not in plain and "tagline" not in plain
