"""The strip of similar products on a product page of another origin, with the snippet of docs/own-shop.md."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from recsys.build.strip import StripOptions, write_strip
from recsys.core.items import Items
from testkit.fake_shop import HOSTILE_NAME, fake_shop, set_items
from testkit.offers import with_offers

DOCS = Path(__file__).parents[2] / "docs" / "own-shop.md"
SNIPPET = re.search(r"```html\n(<script.*?</similar-products>)\n```", DOCS.read_text("utf-8"), re.DOTALL)[1]
(RULE,) = re.findall(r"`(similar-products \{.*?\})`", DOCS.read_text("utf-8"))
STYLE = f"body {{ font-family: sans-serif; margin: 1rem }} .dark {{ background: #111; color: #eee }} {RULE}"


class Files(SimpleHTTPRequestHandler):
    """Sends files to pages of any origin."""

    def end_headers(self):
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *args):
        pass


class Site(BaseHTTPRequestHandler):
    """A product page, `/?ID&lang&dir&class`, which allows its own style sheet and the files of the strip alone."""

    files = ""

    def do_GET(self):
        address = urlsplit(self.path)
        is_style = address.path == "/style.css"
        body, kind = (STYLE, "text/css") if is_style else (self.page(address.query), "text/html; charset=utf-8")
        policy = f"default-src 'none'; style-src 'self'; script-src {self.files}; connect-src {self.files};"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", f"{policy} img-src {self.files}")
        self.end_headers()
        self.wfile.write(body.encode())

    def page(self, query):
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        snippet = SNIPPET.replace("https://static.shop.example/similar", self.files).replace("00123", asked["id"])
        return (
            f'<!doctype html><html lang="{asked.get("lang", "en")}" dir="{asked.get("dir", "ltr")}"><head><title>A'
            f' product</title><link rel="stylesheet" href="/style.css"></head><body class="{asked.get("class", "")}">'
            f"<main><h1>A product</h1>{snippet}<p>Reviews</p></main></body></html>"
        )

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of a shop whose product pages have a strip from another origin."""
    shop, folder = fake_shop(), tmp_path_factory.mktemp("strip")
    first, *others = with_offers(shop.items)
    items = [replace(first, name=HOSTILE_NAME), *others]
    set_items(shop, Items.from_items(items, list(first.attributes)))
    write_strip(shop, folder, StripOptions(count=40, app="https://app.example"))
    handlers = partial(Files, directory=folder), Site
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for handler in handlers]
    Site.files, address = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield address
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def product_page(window, site):
    """Opens a product page. At the end nothing was logged, and only these servers were asked."""
    page, logged, asked = window("wide").new_page(), [], []
    page.on("console", lambda message: logged.append(message.text))
    page.on("pageerror", lambda error: logged.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    def open_page(query):
        page.goto(f"{site}/?{query}")
        return page

    open_page.logged = logged
    yield open_page
    assert not logged
    assert all(url.startswith((site, Site.files)) for url in asked)
    page.close()


def shifts(page):
    """The sum of all layout shifts so far."""
    observe = "new PerformanceObserver(list => done(list.getEntries().reduce((sum, each) => sum + each.value, 0)))"
    return page.evaluate(f"""() => new Promise(done => {{
        {observe}.observe({{ type: 'layout-shift', buffered: true }}); setTimeout(() => done(0), 300); }})""")


def test_a_product_page_of_another_origin_shows_similar_products(product_page):
    page = product_page("id=p30")
    cards = page.get_by_role("list").get_by_role("listitem")
    expect(cards).to_have_count(40)
    expect(page.get_by_role("heading", name="Similar products")).to_be_visible()
    reduced = page.get_by_role("link", name=HOSTILE_NAME)
    expect(reduced).to_have_attribute("href", "https://shop.example/p/0?a=1&b=2")
    expect(reduced.locator(".price")).to_have_text("€6€10")
    page.wait_for_function("document.querySelector('similar-products').shadowRoot.querySelector('img').naturalWidth")
    assert not Axe().run(page).response["violations"]


def test_a_product_without_a_strip_shows_nothing_and_takes_no_room(product_page):
    page = product_page("id=unknown")
    expect(page.locator("similar-products")).to_be_hidden()
    assert page.evaluate("document.querySelector('p').getBoundingClientRect().top") < 120
    assert product_page.logged == [
        "Failed to load resource: the server responded with a status of 404 (File not found)"
    ]
    product_page.logged.clear()


def test_the_strip_is_used_by_keyboard_and_moves_nothing_when_it_is_filled(product_page):
    page = product_page("id=p30")
    expect(page.get_by_role("listitem").first).to_be_visible()
    assert shifts(page) < 0.01
    page.keyboard.press("Tab")
    focused = page.locator("similar-products a:focus-visible")
    expect(focused).to_have_count(1)
    assert focused.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    for _ in range(20):
        page.keyboard.press("Tab")
    expect(page.locator("similar-products a:focus-visible")).to_be_in_viewport()


def test_only_pictures_that_come_into_view_are_loaded(product_page):
    page = product_page("id=p30")
    expect(page.get_by_role("listitem")).to_have_count(40)
    page.wait_for_timeout(500)
    loaded = "[...document.querySelector('similar-products').shadowRoot.querySelectorAll('img')]"
    assert 6 <= page.evaluate(f"{loaded}.filter(image => image.naturalWidth).length") < 40


def test_direction_language_and_colours_are_those_of_the_page(product_page):
    page = product_page("id=p30&lang=de&dir=rtl&class=dark")
    heading = page.get_by_role("heading", name="Ähnliche Produkte")
    expect(heading).to_have_css("color", "rgb(238, 238, 238)")
    first, second = (page.get_by_role("listitem").nth(place).bounding_box() for place in (0, 1))
    assert first["x"] > second["x"] and first["y"] == second["y"]
    expect(page.locator(".price", has_text="6\xa0€").first).to_be_visible()
    page.evaluate("document.querySelector('similar-products').setAttribute('product', 'p31')")
    expect(page.get_by_role("listitem").first.get_by_role("link")).not_to_have_attribute("href", re.compile("/p/31"))
