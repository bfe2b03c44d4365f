"""Words on the page: what is typed, the chips, and how words go together with pictures, items and filters."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from recsys.errors import QueryError
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.state import PageOptions, Query
from recsys.web.page.word_chips import as_link
from testkit.fake_shop import HOSTILE_NAME, draw, encoded, fake_shop, set_items
from testkit.offers import with_offers

RED_DRESS = encoded(draw("Dresses", "#b3262e"))


@pytest.fixture(scope="module")
def answers():
    return PageHandlers(fake_shop())


def type_in(answers, text, query=None, options=None):
    """Query, heading and cards after a text was typed."""
    return answers.search_typed({"text": text}, options or PageOptions(), query or Query())[:3]


def ids(found):
    return re.findall(r'<div class="front"><a [^>]*data-item="([^"]*)"', found)


def left(heading):
    """What each chip leaves of the text."""
    return re.findall(r'data-words-left="([^"]*)"', heading)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://a.b/x.jpg", "https://a.b/x.jpg"),
        ("HTTP://a.b", "HTTP://a.b"),
        ("www.zalando.de", "https://www.zalando.de"),
        ("cdn.shop.com:8080/x.jpg?w=1", "https://cdn.shop.com:8080/x.jpg?w=1"),
        ("red dress", ""),
        ("t.shirt", ""),
        ("see https://a.b/x.jpg", ""),
        ("black/white", ""),
    ],
)
def test_a_link_is_told_from_words_and_gets_its_scheme(text, link):
    assert as_link(text) == link


def test_a_typed_link_is_searched_with_and_its_picture_shown(answers, monkeypatch):
    seen = []
    monkeypatch.setattr("recsys.web.server.uploads.fetch", lambda link: (seen.append(link), RED_DRESS)[1])
    query, _, _, _, picture, _, field = answers.search_typed({"text": "a.b/x.jpg"}, PageOptions(), Query())
    assert (seen, query.kind, field) == (["https://a.b/x.jpg"], "picture", "") and picture["url"]


def test_words_alone_find_products_and_each_is_a_chip(answers):
    query, heading, found = type_in(answers, "red dres women xqzz")
    assert (query.kind, ids(found)) == ("words", ["p37"])
    assert left(heading) == ["dres women xqzz", "red women xqzz", "red dres xqzz"]
    assert "<s>xqzz</s>" in heading and ">1 product<" in heading and "Dresses" in heading
    assert 'data-words="red dres women xqzz"' in heading and "text=red+dres+women+xqzz" in heading
    _, heading, found, _ = answers.search_words("red dres xqzz", PageOptions(), query)
    assert set(ids(found)) == {"p7", "p37"} and left(heading) == ["dres xqzz", "red xqzz"]


def test_what_no_product_has_together_is_struck_through(answers):
    _, heading, found = type_in(answers, "red caps", options=PageOptions({"baseColour": ["Olive"]}))
    assert "No product is all of “red caps”" in heading and "<s>Red</s>" in heading and ids(found)


def test_without_words_the_window_comes_back(answers):
    query, _, _ = type_in(answers, "red caps")
    query, heading, found = type_in(answers, " ", query)
    assert query.kind == "window" and "From the shop" in heading and len(ids(found)) == 20


def test_a_picture_keeps_the_words_and_words_keep_the_picture(answers):
    query, _, _ = type_in(answers, "for women")
    query, heading, found, *_ = answers.search_example("p7", PageOptions(), query)
    assert query.kind == "picture" and "picture: “for women”" in heading and ids(found)[0] == "p37"
    query, heading, found = type_in(answers, "black", query)
    assert query.kind == "picture" and ids(found)[0] in ("p19", "p49")
    query, heading, *_ = answers.picture_cleared(PageOptions(), query)
    assert query.kind == "words" and "Products for “black”" in heading


def test_words_change_an_item_unless_they_name_a_kind(answers):
    query, _, _ = type_in(answers, "caps")
    query, *_ = answers.search_similar("p7", PageOptions(), query)
    query, heading, found = type_in(answers, "but olive", query)
    assert query.item == "p7" and ids(found)[0] == "p13" and ": “but olive”" in heading
    assert "Back to “caps”" in heading
    query, heading, found, _ = answers.go_back(PageOptions(), query)
    assert query.kind == "words" and "Products for “caps”" in heading
    query, *_ = answers.search_similar("p7", PageOptions(), query)
    query, _, found = type_in(answers, "olive watches", query)
    assert query.kind == "words" and ids(found)[0] == "p16"


def test_a_link_brings_the_words_back(answers):
    _, heading, found = type_in(answers, "red dress women")
    address = re.search(r'data-link="([^"]*)"', heading)[1].replace("&amp;", "&")
    again, heading, found_again, *_ = answers.open_link(address, PageOptions(), Query())
    assert (again.text, ids(found_again)) == ("red dress women", ids(found)) and len(left(heading)) == 3


def test_filters_more_and_likes_go_with_words(answers):
    query, _, found = type_in(answers, "not black")
    assert "data-longer" in found
    _, _, longer, _ = answers.show_more(PageOptions(), query)
    assert len(ids(longer)) > len(ids(found))
    _, heading, women, _ = answers.filters_changed(PageOptions({"gender": ["Women"]}), query)
    assert "of 24 products that match the filters" in heading and set(ids(women)) <= {
        f"p{row}" for row in range(30, 60)
    }
    assert ids(answers.likes_changed(PageOptions(liked=("p5",)), query)[2])[0] == "p5"
    assert "p5" not in ids(answers.likes_changed(PageOptions(disliked=("p5",)), replace(query, listed=()))[2])


def test_typed_text_is_escaped(answers):
    _, heading, _ = type_in(answers, f"red {HOSTILE_NAME}")
    assert "<script>" not in heading and "&lt;script&gt;" in heading


@pytest.mark.parametrize("field", [None, {}, {"text": 5}, "red"])
def test_a_field_that_cannot_be_read_is_refused_in_a_sentence(answers, field):
    with pytest.raises(QueryError, match="Reload the page"):
        answers.search_typed(field, PageOptions(), Query())


def test_a_long_text_is_refused_in_a_sentence(answers):
    with pytest.raises(QueryError, match="Your words have 399 characters; at most 300 characters can be"):
        answers.search_typed({"text": "red " * 100}, PageOptions(), Query())


@pytest.fixture(scope="module")
def priced():
    shop = fake_shop()
    set_items(shop, with_offers(shop.items))
    return PageHandlers(shop)


@pytest.mark.parametrize(
    ("text", "chip"),
    [
        ("caps under 30", "up to 30 EUR"),
        ("caps between 20 and 30 euros", "20 to 30 EUR"),
        ("cheap caps", "lowest price first"),
        ("caps in stock", "in stock"),
        ("caps not in red", "not Red"),
    ],
)
def test_prices_stock_and_negations_are_chips(priced, text, chip):
    _, heading, found = type_in(priced, text)
    assert chip in heading and ids(found)


def test_cheaper_beside_a_picture_is_below_the_price_of_the_nearest_product(priced):
    query, *_ = priced.search_example("p37", PageOptions(), Query())
    nearest = ids(priced.results.show(PageOptions(), query)[2])[0]
    _, heading, found = type_in(priced, "cheaper", query)
    bound = priced.items.cost(priced.items.row(nearest))
    assert "up to" in heading and ids(found)
    assert all(priced.items.cost(priced.items.row(item_id)) < bound for item_id in ids(found))


def test_a_shop_without_prices_says_so_of_a_price(answers):
    _, heading, _ = type_in(answers, "red dress under 50 zzzzzz")
    assert re.search(r"This shop gives no prices:\s*<s>under 50</s>", heading)
    assert re.search(r"Not understood:\s*<s>zzzzzz</s>", heading)


def test_words_of_which_none_is_understood_are_said_to_be_so(answers):
    _, heading, found = type_in(answers, "xqzz blarg")
    assert "<h2>No word of “xqzz blarg” was understood</h2>" in heading and ids(found)
    assert "<h2>Products for “red xqzz”</h2>" in type_in(answers, "red xqzz")[1]
