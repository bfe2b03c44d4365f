"""The pictures of the products over HTTP."""

from __future__ import annotations

import pytest

from recsys.web.server import thumbnails
from testkit.fake_shop import Pictures, draw, encoded, fake_shop

RED_DRESS = draw("Dresses", "#b3262e")


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


class TestThumbnails:
    def test_a_picture_is_served_as_stored_and_cached_for_good(self, web, shop):
        for item_id, kind in (("p7", "image/jpeg"), ("p8", "image/png")):
            answer = web.get(thumbnails.url(shop, item_id))
            assert answer.content == shop.thumbnail(item_id)
            assert answer.headers["content-type"] == kind
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in answer.headers["content-security-policy"]

    def test_an_unchanged_picture_is_not_sent_again(self, web, shop):
        url = thumbnails.url(shop, "p7")
        tag = web.get(url).headers["etag"]
        again = web.get(url, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")

    def test_another_version_is_not_cached_for_good(self, web):
        for url in ("thumbs/p7", "thumbs/p7?v=older"):
            assert web.get(url).headers["cache-control"] == "no-cache"

    def test_an_id_may_hold_anything(self, web, shop):
        assert shop.items.ids[3] == "a/b ü?"
        assert web.get(thumbnails.url(shop, "a/b ü?")).content == shop.thumbnail("a/b ü?")

    @pytest.mark.parametrize("path", ["nope", "", "../app.py", "%2e%2e/%2e%2e/etc/passwd"])
    def test_an_unknown_item_is_not_found(self, web, path):
        assert web.get(f"thumbs/{path}").status_code == 404

    def test_bytes_that_are_no_picture_are_not_served(self, web, shop, monkeypatch):
        monkeypatch.setattr(shop, "assets", Pictures([b"<svg onload=alert(1)>"] * 60))
        assert web.get("thumbs/p7").status_code == 404

    @pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
    def test_a_type_is_known_by_its_first_bytes(self, format):
        assert thumbnails.media_type(encoded(RED_DRESS, format)) == f"image/{format.lower()}"
