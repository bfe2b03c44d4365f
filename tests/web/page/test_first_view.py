"""What a visitor sees before the scripts of the page have arrived."""

from __future__ import annotations

import re

import httpx
import pytest

from testkit.fake_shop import fake_shop


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


def first_view(server, query="", **headers):
    page = httpx.get(f"{server.local_url}{query}", headers=headers).text
    return "".join(re.findall(r'<div id="first-view">.*(?=<gradio-app)', page, re.DOTALL))


def test_the_page_comes_with_its_title_and_the_first_products(server):
    view = first_view(server)
    assert "<h1>Find it by picture</h1>" in view and "<h2>From the shop</h2>" in view
    assert len(re.findall(r'<a href="\?product=[^"]+"><span class="tile"><img src="thumbs/[^"]+"', view)) == 8
    assert "<script" not in view


def test_it_is_in_the_language_of_the_visitor(server):
    view = first_view(server, **{"Accept-Language": "de"})
    assert "From the shop" not in view and "<h1>Find it by picture</h1>" not in view and view.count("?product=") == 8


def test_an_address_of_something_else_does_not_begin_with_the_shop(server):
    assert first_view(server, "?item=p1&__theme=light") == ""
    assert first_view(server, "?__theme=light&__sign=x") and first_view(server, "?utm_source=mail")
