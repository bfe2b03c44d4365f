"""The icon of the page, and the preview of a link to it."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from recsys.core.storefront import Storefront
from recsys.serving.live import LiveRecommender
from recsys.web.page import head
from recsys.web.page.preload import LIST
from testkit.fake_shop import HOSTILE_NAME, fake_shop

GRADIOS = (
    '<html><head><meta charset="utf-8" /><base href="./" /><meta property="og:title" content="Gradio" />'
    '<meta\n name="twitter:image"\n content="" /><title>x</title></head></html>'
)


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


@pytest.fixture(scope="module")
def client(shop):
    live = LiveRecommender.ensure(shop)
    page = Route("/", lambda request: HTMLResponse(GRADIOS))
    app = Starlette(
        routes=[page, Route("/other", lambda request: HTMLResponse(GRADIOS)), head.route(live)],
        middleware=[Middleware(head.PageHead, shop=live, title="Find it by picture")],
    )
    return TestClient(app)


def facts(page):
    return dict(re.findall(r'<meta property="og:(\w+)" content="([^"]*)">', page))


def test_the_head_asks_for_the_scripts_and_style_sheets_of_gradio_that_are_there(client):
    from gradio import routes

    asked = re.findall(r'<link rel="(modulepreload|preload)"[^>]* href="./assets/([^"]+)">', client.get("/").text)
    listed = LIST.read_text("utf-8").split()
    assert [name for _, name in asked] == listed and len(listed) > 20
    assert all((kind == "modulepreload") == name.endswith(".js") for kind, name in asked)
    assert all((Path(routes.__file__).parent / "templates/frontend/assets" / name).is_file() for name in listed)


def test_a_link_to_the_page_is_previewed_with_its_title_and_products(client):
    page = client.get("/")
    assert page.headers["content-length"] == str(len(page.content)) and "Gradio" not in page.text
    assert facts(page.text) == {
        "type": "website", "title": "Find it by picture", "description": head.DESCRIPTION,
        "url": "http://testserver/", "image": "http://testserver/preview.jpg",
    }  # fmt: skip
    assert page.text.count('rel="icon"') == 1 and page.text.index("charset") < page.text.index('rel="icon"')
    assert "Gradio" in client.get("/other").text
    with Image.open(io.BytesIO(client.get("/preview.jpg").content)) as picture:
        assert picture.size == (1200, 630)


def test_a_link_to_a_product_is_previewed_as_the_product(client):
    found = facts(client.get("/?item=p7").text)
    assert found["title"] == "Men Red Dresse 7" and "/thumbs/p7?v=" in found["image"]
    hostile = client.get("/?item=p1").text
    assert facts(client.get("/?item=gone").text)["title"] == "Find it by picture"
    assert "<script>" not in hostile and hostile.count("<script") == 1
    described = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', hostile)[1])
    assert described["@type"] == "Product" and described["sku"] == "p1" and described["name"] == HOSTILE_NAME


def test_the_owner_has_the_last_word(shop, client, monkeypatch):
    owner = Storefront(title="Pia's", tagline="Snap it", logo="data:image/png;base64,iVBO", accent="#123456")
    monkeypatch.setattr(shop, "storefront", owner)
    page = client.get("/").text
    assert "--accent: #123456;" in page and "--accent" not in GRADIOS
    assert facts(page)["description"] == "Snap it" and 'rel="icon" href="data:image/png;base64,iVBO"' in page


@pytest.mark.parametrize("accent", ["red", "#fff", "#ffee00", "#12345g", "#123456;}"])
def test_an_accent_is_a_colour_that_words_can_have(accent):
    with pytest.raises(ValueError, match="dark enough for words on white"):
        Storefront(accent=accent)
