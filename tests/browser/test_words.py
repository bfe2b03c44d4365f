"""Words in the browser: suggestions while typing, chips, a picture beside them, and a link to it all."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.steps import cards, dialog, heading, ids, press


@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_words_are_suggested_understood_taken_off_joined_by_a_picture_and_shared(visit, photo, screen):
    page = visit(screen)
    field = page.get_by_role("combobox")
    field.press_sequentially("women red dr")
    expect(page.get_by_role("option")).to_have_count(2)  # a value, and a product of such a name
    expect(page.get_by_role("option").first).to_have_text("women red Dressesarticle type · 1")
    field.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "suggestion-0")
    field.press("Enter")
    expect(heading(page)).to_have_text("Products for “women red Dresses”")
    expect(field).to_have_value("women red Dresses")
    assert ids(page) == ["p37"]
    press(page, "Without Women")
    expect(heading(page)).to_have_text("Products for “red Dresses”")
    expect(field).to_have_value("red Dresses")
    press(page, "Without Dresses")
    expect(cards(page)).to_have_count(12)
    page.set_input_files("#picture input[type=file]", photo)
    expect(heading(page)).to_have_text("Closest to your picture: “red”")
    assert ids(page)[0] == "p7"
    other = visit(screen, page.url.removeprefix(page.url.split("?")[0]))
    expect(other.get_by_role("button", name="Without Red")).to_be_visible()
    expect(other.get_by_role("combobox")).to_have_value("red")


def test_a_suggested_product_opens_and_what_is_not_understood_is_struck_through(visit):
    page = visit()
    field = page.get_by_role("combobox")
    field.press_sequentially("mustard wat")
    page.get_by_role("option", name="Men Mustard Watche 28").click()
    expect(dialog(page).locator("h2")).to_have_text("Men Mustard Watche 28")
    press(dialog(page), "Close")
    field.fill("xqzz caps")
    press(page, "Search")
    expect(page.locator("#heading .tools s")).to_have_text("xqzz")
    expect(page.get_by_role("option")).to_have_count(0)
