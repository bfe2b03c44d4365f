"""The page about the shop: the index's card as HTML, and its plots."""

from dataclasses import replace

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from recsys.core.calibration import Calibration
from recsys.core.storefront import Storefront
from recsys.web.server.about import ShopFacts, page, routes
from testkit.fake_shop import Pictures, encoded, fake_shop, set_items
from testkit.offers import with_offers

PLOT = encoded(Image.new("RGB", (4, 4), "red"))
CARD = """---
license: mit
tags: [fashion]
---
# A fake shop

| file | holds |
| --- | --- |
| `items.parquet` | 60 products |

![Confidence](assets/confidence.png)

<img src=x onerror=alert(1)> <script>alert(2)</script>

[a link](javascript:alert(3)) and [another](https://example.com)

---

The end.
"""


@pytest.fixture(scope="module")
def web():
    shop = fake_shop()
    shop.assets = Pictures(shop.assets.encoded, CARD, {"confidence.png": PLOT})
    with TestClient(Starlette(routes=routes(shop, "Find it <by> picture"))) as client:
        yield client


def test_the_card_is_a_page(web):
    answer = web.get("/about")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert "<h1>A fake shop</h1>" in answer.text and "<td>60 products</td>" in answer.text
    assert "The end." in answer.text and '<a href="https://example.com">' in answer.text
    assert "<title>About · Find it &lt;by&gt; picture</title>" in answer.text


def test_the_front_matter_is_for_machines_and_a_rule_in_the_text_is_not(web):
    text = web.get("/about").text
    assert "license" not in text and "fashion" not in text and "<hr" in text


def test_a_wide_table_scrolls_by_itself(web):
    text = web.get("/about").text
    assert '<div class="scroll" tabindex="0"><table>' in text and "</table></div>" in text


def test_markup_in_a_card_stays_text(web):
    text = web.get("/about").text
    assert "<script" not in text and "<img src=x" not in text and 'href="javascript:' not in text
    assert "&lt;script&gt;" in text


def test_its_plots_are_served_beside_it(web):
    assert '<img src="about/confidence.png" alt="Confidence"' in web.get("/about").text
    answer = web.get("/about/confidence.png")
    assert (answer.content, answer.headers["content-type"]) == (PLOT, "image/png")


@pytest.mark.parametrize("path", ["/about/nope.png", "/about/..%2fitems.parquet", "/about/"])
def test_what_is_no_plot_is_not_found(web, path):
    answer = web.get(path, follow_redirects=False)
    assert answer.status_code == 404 or answer.headers["location"].endswith("/about")


def test_nothing_of_it_runs_and_nothing_is_asked_of_another_host(web):
    for path in ("/about", "/about/confidence.png", "/about/nope.png"):
        headers = web.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "img-src 'self'" in policy and "script-src" not in policy


def test_a_shop_without_a_card_has_a_page_all_the_same():
    assert "<main></main>" in page("", "Shop")


def test_shoppers_come_first():
    shop = fake_shop(calibration=Calibration("articleType", (0.0, 1.0), (0.0, 0.9), 0.9, refused=0.05, queries=60))
    text = page("# A card", "Shop", None, ShopFacts.of(shop))
    assert text.index("What happens to my picture?") < text.index("<details>") < text.index("<h1>A card</h1>")
    assert "the 60 products of tests/fake-products" in text and "View in shop" not in text
    assert "deletes the file 20 seconds later" in text
    assert "at least 80 % certain" in text and "with 60 pictures" in text and "of 5 % of such pictures" in text


def test_it_says_of_a_demo_and_of_a_shop_what_they_are():
    shop = fake_shop()
    shop.origin = replace(shop.origin, dataset="sample")
    assert "60 products are drawn by a program" in page("", "Shop", None, ShopFacts.of(shop))
    set_items(shop, with_offers(shop.items))
    shop.origin, shop.storefront = replace(shop.origin, dataset="x"), Storefront(name="<Pia>")
    text = page("", "Shop", None, ShopFacts.of(shop))
    assert "60 products of &lt;Pia&gt;" in text and "View in shop" in text and "certain" not in text
