"""The photos that a visitor may try: which shop shows them, and what becomes of them."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.types import Item
from recsys.web.page import photos
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.state import PageOptions, Query
from testkit.fake_shop import fake_shop, set_items


def shop_of(*kinds):
    shop = fake_shop()
    values = [kinds[row % len(kinds)] for row in range(len(shop.items))]
    set_items(shop, Items.from_items([Item(f"p{row}", None, {"category": kind}) for row, kind in enumerate(values)],
                                     ["category"]))  # fmt: skip
    return shop


EVERYTHING = ("Dresses", "Sneakers", "Bags", "T-Shirts", "Watches", "Jackets")


def test_a_shop_of_such_things_shows_the_photos():
    markup = PageHandlers(shop_of(*EVERYTHING)).examples()
    assert markup.count("data-photo") == 6 and "data-item" not in markup
    assert 'src="photos/dress-small.webp" data-large="photos/dress.webp"' in markup


def test_a_shop_of_other_things_shows_its_own_products():
    for shop in (shop_of("Lamps", "Chairs"), shop_of(*EVERYTHING[:4])):
        markup = PageHandlers(shop).examples()
        assert "data-photo" not in markup and markup.count("data-item") == 6


def test_a_photo_is_searched_with_as_it_is():
    shop = shop_of(*EVERYTHING)
    query, *_, picture, _ = PageHandlers(shop).search_photo("dress", PageOptions(), Query())
    photo = Image.open(io.BytesIO(photos.read("dress")))
    assert (query.picture == shop.choose_part(photo).embedding).all()
    assert "url" not in picture


def test_only_these_photos_can_be_had():
    client = TestClient(Starlette(routes=[photos.route()]))
    answer = client.get("/photos/dress.webp")
    assert answer.headers["content-type"] == "image/webp" and answer.content == photos.read("dress")
    small = client.get("/photos/dress-small.webp").content
    assert len(small) < 9_000 and Image.open(io.BytesIO(small)).size[0] == photos.SMALL_WIDTH_PX
    assert client.get("/photos/..%2Fstyle.webp").status_code == client.get("/photos/x-small.webp").status_code == 404
    with pytest.raises(QueryError, match="no photo '../style'"):
        photos.read("../style")


@pytest.mark.parametrize("photo", photos.PHOTOS)
def test_a_photo_is_small(photo):
    data = photos.read(photo.name)
    assert len(data) < 40_000 and Image.open(io.BytesIO(data)).size == (480, 640)
