import json
import os
import re

import pytest

from recsys.build.strip import StripOptions, write_strip
from recsys.build.strip.folder import SCRIPT, address
from recsys.core.calibration import Calibration
from recsys.core.items import Items
from recsys.errors import StripError
from recsys.types import OUT_OF_STOCK
from testkit.fake_shop import HOSTILE_NAME, fake_shop, set_items
from testkit.offers import with_groups, with_offers

APP = StripOptions(app="https://app.example/")


@pytest.fixture
def shop():
    shop = fake_shop()
    set_items(shop, with_offers(shop.items))
    return shop


def strip(folder, item_id):
    """The products in the strip of a product, by their ids; empty without a strip."""
    file = folder / f"{address(item_id)}.json"
    return {each["id"]: each for each in json.loads(file.read_text("utf-8"))["similar"]} if file.exists() else {}


def test_a_strip_has_the_most_similar_products_with_name_picture_price_and_link(shop, tmp_path):
    write_strip(shop, tmp_path / "out")
    found = strip(tmp_path / "out", "p0")
    assert len(found) == 8 and "p0" not in found
    nearest = [match.item.id for match in shop.similar("p0", 60)]
    assert [item_id for item_id in nearest if item_id in found] == list(found)
    priced = found["p30"]  # 40 euros, reduced by 4
    assert priced["name"] == "Women Navy Blue Tshirt 30" and priced["link"] == "https://shop.example/p/30?a=1&b=2"
    assert (priced["price"], priced["before"], priced["currency"]) == (36.0, 40.0, "EUR")
    path, _, version = priced["picture"].partition("?v=")
    assert (tmp_path / "out" / path).read_bytes() == shop.thumbnail("p30") and version


def test_the_script_is_at_most_5_kb_and_has_no_html_of_data_and_no_eval(shop, tmp_path):
    write_strip(shop, tmp_path / "out")
    script = (tmp_path / "out" / SCRIPT).read_text("utf-8")
    assert len(script.encode()) <= 5_000
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|eval\(|new Function|document\.write|\.style\b", script)


def test_products_that_are_sold_out_or_have_no_page_are_in_no_strip_but_have_one(shop, tmp_path):
    report = write_strip(shop, tmp_path / "out")
    shown = {item_id for each in shop.items.ids for item_id in strip(tmp_path / "out", each)}
    offers = [shop.items[shop.items.row(item_id)].offer for item_id in shown]
    assert all(offer and offer.url and offer.availability != OUT_OF_STOCK for offer in offers)
    assert strip(tmp_path / "out", "p1") and strip(tmp_path / "out", "p6")  # sold out, and without an offer
    assert report.not_shown == {"sold out": 17, "no page to lead to, see --app": 8}


def test_products_without_a_page_in_the_shop_lead_to_the_app(tmp_path):
    shop = fake_shop()
    with pytest.raises(StripError, match="--app"):
        write_strip(shop, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    write_strip(shop, tmp_path / "out", APP)
    links = {each["link"] for item_id in shop.items.ids for each in strip(tmp_path / "out", item_id).values()}
    assert "https://app.example/?product=a%2Fb%20%C3%BC%3F" in links and len(links) > 50


def test_variants_of_a_product_are_not_similar_to_it_and_shown_once(tmp_path):
    shop = fake_shop()
    set_items(shop, with_groups(shop.items))  # p0 and p1 are one product, as are p3 and p4
    write_strip(shop, tmp_path / "out", StripOptions(count=50, app=APP.app))
    assert "p1" not in strip(tmp_path / "out", "p0")
    groups = [shop.items[shop.items.row(item_id)].group for item_id in strip(tmp_path / "out", "p0")]
    named = [group for group in groups if group]
    assert len(named) == len(set(named)) > 10


def test_what_is_not_close_is_not_called_similar(tmp_path):
    shop = fake_shop(calibration=Calibration("articleType", (0.0, 1.0), (0.0, 0.9), 0.995, 0.05, 60))
    report = write_strip(shop, tmp_path / "out", APP)
    for item_id in shop.items.ids:
        expected = [match.item.id for match in shop.similar(item_id, 60, min_similarity=0.995)]
        assert set(strip(tmp_path / "out", item_id)) <= set(expected)
    assert 0 < report.strips <= report.products


def test_any_id_is_a_safe_name_of_its_own(shop, tmp_path):
    ids = ["A1", "a1", "../../x", "a/b ü?", ".hidden", "con.", "x" * 200, "=41", "a=b", "ü", "x%2Fy"]
    paths = [address(item_id) for item_id in ids]
    assert len({path.lower() for path in paths}) == len(ids)
    assert all(re.fullmatch(r"products/[0-9a-f]{2}/[a-z0-9=-]{1,200}", path) for path in paths)
    assert address("x" * 201) is None
    write_strip(shop, tmp_path / "out")
    assert strip(tmp_path / "out", "a/b ü?")
    assert {file.parent.parent.name for file in tmp_path.rglob("*.json")} == {"products"}


def test_a_name_is_kept_as_text(tmp_path):
    write_strip(fake_shop(), tmp_path / "out", StripOptions(count=50, app=APP.app))
    assert strip(tmp_path / "out", "p31")["p1"]["name"] == HOSTILE_NAME
    assert strip(tmp_path / "out", "p32")["p2"]["name"] == "Navy Blue Trousers"  # it has no name


def test_an_update_writes_what_changed_and_deletes_what_is_gone(shop, tmp_path):
    out = tmp_path / "out"
    first = write_strip(shop, out)
    before = {file: file.stat().st_mtime_ns for file in out.rglob("*") if file.is_file()}
    assert first.written == len(before) and first.removed == 0
    again = write_strip(shop, out)
    assert (again.written, again.unchanged, again.removed) == (0, first.written, 0)
    (out / "products" / "00").mkdir(exist_ok=True)
    (out / "products" / "00" / ".99.new").write_text("an interrupted run left this")
    kept = [item for item in shop.items if item.id != "p30"]
    rows = [shop.items.row(item.id) for item in kept]
    shop.searcher.matrix = shop.searcher.matrix[rows]
    shop.assets.encoded = [shop.assets.encoded[row] for row in rows]
    set_items(shop, Items.from_items(kept, list(shop.items.all_columns)))
    for name in ("variants", "_steering", "_pictures"):
        shop.__dict__.pop(name, None)
    last = write_strip(shop, out)
    assert 0 < last.written < first.written and last.removed == 3  # strip and picture of the product, and the leftover
    assert not strip(out, "p30") and all("p30" not in strip(out, item_id) for item_id in shop.items.ids)
    same = [file for file, changed in before.items() if file.exists() and file.stat().st_mtime_ns == changed]
    assert len(same) == last.unchanged


def test_a_page_finds_each_picture_at_each_moment_of_an_update(shop, tmp_path, monkeypatch):
    """Whatever file is written next, each strip refers to pictures that are there."""
    replace = os.replace

    def check(new, file):
        replace(new, file)
        if file.suffix == ".json":
            pictures = [each["picture"].partition("?")[0] for each in json.loads(file.read_bytes())["similar"]]
            assert all((tmp_path / "out" / path).is_file() for path in pictures)

    monkeypatch.setattr(os, "replace", check)
    write_strip(shop, tmp_path / "out")


def test_a_folder_of_something_else_is_left_alone(shop, tmp_path):
    (tmp_path / "products").mkdir()
    (tmp_path / "products" / "mine.txt").write_text("mine")
    (tmp_path / "strip.js").write_text("mine too")
    with pytest.raises(StripError, match="something other than a strip"):
        write_strip(shop, tmp_path)
    assert (tmp_path / "products" / "mine.txt").read_text() == "mine"


def test_the_pictures_of_the_shop_are_taken_where_its_owner_names_them(shop, tmp_path):
    write_strip(shop, tmp_path / "out", StripOptions(pictures="https://cdn.example/small/{id}.jpg"))
    assert strip(tmp_path / "out", "p0")["p30"]["picture"] == "https://cdn.example/small/p30.jpg"
    assert not list(tmp_path.rglob("*.jpg")) and not list(tmp_path.rglob("*.png"))


@pytest.mark.parametrize("wrong", [{"count": 0}, {"app": "app.example"}, {"pictures": "https://cdn.example/1.jpg"}])
def test_an_option_of_another_form_is_named(wrong):
    with pytest.raises(StripError, match="got"):
        StripOptions(**wrong)
