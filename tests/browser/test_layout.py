"""Where things are: they stay in reach, are large enough, and what cannot be pressed does not look so."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from recsys.core.items import Items
from recsys.types import Item
from recsys.words.synonyms import Synonyms
from testkit.fake_shop import fake_shop, set_items
from tests.browser.steps import cards, choose, dialog, look_closer
from tests.support.serving import serving

STYLE = "(element, name) => getComputedStyle(element)[name]"


def test_a_product_can_be_left_wherever_its_dialog_is_scrolled_to(visit, calibrated, photo):
    """D14. The page behind the dialog stays where it is."""
    page = visit("phone", has_touch=True)
    choose(page, photo)
    look_closer(page, 2)
    before = page.evaluate("scrollY")
    box = dialog(page).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(12):
        page.mouse.wheel(0, 400)
    page.wait_for_function("document.querySelector('dialog[open]').scrollTop > 200")
    close = dialog(page).get_by_role("button", name="Close")
    expect(close).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollY") == before
    close.click()
    expect(dialog(page)).to_have_count(0)


def test_the_parts_that_counted_are_bright_on_a_dark_picture(visit, calibrated, photo):
    """D12. Heat that was multiplied on dark things was not seen."""
    page = visit()
    choose(page, photo)
    look_closer(page)
    below, heat = dialog(page).locator(".why img:not(.heat)"), dialog(page).locator(".why img.heat")
    assert float(below.evaluate(STYLE, "filter").split("brightness(")[1].split(")")[0]) <= 0.5
    assert heat.evaluate(STYLE, "filter") == "none" and heat.evaluate(STYLE, "mixBlendMode") == "normal"
    assert heat.evaluate(STYLE, "maskImage").startswith("url(")
    assert heat.get_attribute("alt") and heat.bounding_box()["width"] >= 200
    assert heat.evaluate("heat => heat.currentSrc") == below.evaluate("below => below.currentSrc")


def test_variety_is_offered_where_it_changes_something(visit, photo):
    """D25."""
    page = visit()
    slider = page.locator("#variety input")
    expect(slider).to_be_hidden()
    choose(page, photo)
    expect(slider).to_be_visible()


def test_what_is_seen_and_filters_nothing_does_not_look_like_a_button(visit, shop, calibrated, monkeypatch, photo):
    """D35. The shop has no such pattern, so that it is no filter."""
    monkeypatch.setattr(shop.encoder, "sees", {**shop.encoder.sees, "pattern": {"Checked": 1.0}})
    page = visit()
    choose(page, photo)
    inert, active = page.locator("#heading span.chip"), page.locator("#heading button.chip").first
    expect(inert).to_have_text("Checked")
    for name, plain in [("borderTopWidth", "0px"), ("backgroundColor", "rgba(0, 0, 0, 0)"), ("cursor", "auto")]:
        assert inert.evaluate(STYLE, name) == plain != active.evaluate(STYLE, name), name
    assert inert.evaluate("chip => chip.tabIndex") == -1


def test_narrow_windows_have_as_many_columns_as_fit(visit):
    """D26. At 768 px, and at 200 % zoom, two columns were of blurred pictures."""
    page, columns = visit(), {768: 4, 640: 3, 560: 2, 390: 2}
    found = {}
    for width in columns:
        page.set_viewport_size({"width": width, "height": 800})
        tops = cards(page).evaluate_all("cards => cards.map(card => card.getBoundingClientRect().top)")
        found[width] = tops.count(tops[0])
        assert cards(page).first.locator(".tile").bounding_box()["width"] <= 260, width
    assert found == columns


@pytest.fixture
def many_kinds(tmp_path):
    """A shop of twenty kinds, whose owner calls the ninth gadgets."""
    file = tmp_path / "synonyms.json"
    file.write_text('{"groups": [["Kind 9", "gadget"]]}')
    shop = fake_shop()
    shop.synonyms = Synonyms.read(file)
    kinds = ["Tshirts", "Sweaters", *(f"Kind {number}" for number in range(18))]
    items = [Item(f"p{number}", None, {"articleType": kinds[number % 20]}) for number in range(60)]
    set_items(shop, Items.from_items(items, ["articleType"]))
    return shop


def test_a_value_is_found_by_other_words_for_it(window, many_kinds, tmp_path):
    with serving(many_kinds, tmp_path) as server:
        page = window("wide").new_page()
        page.goto(server.local_url)
        page.locator("#filters summary").first.click()
        found = page.locator("#filters details[open] li:not([hidden]) label > span:not(.count)")
        expect(found).to_have_count(20)
        for text, values in [
            ("gadgets", ["Kind 9"]), ("tee", ["Tshirts"]), ("jumper", ["Sweaters"]), ("kind 1", 9), ("zzz", []),
        ]:  # fmt: skip
            page.locator("#filters details[open] input[type=search]").fill(text)
            expect(found).to_have_count(values) if isinstance(values, int) else expect(found).to_have_text(values)
        expect(page.locator("#filters details[open] .none-found")).to_be_visible()
        page.close()
