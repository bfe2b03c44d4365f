"""Completing the look, of a product and of a picture."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.steps import cards, choose, dialog, heading, look_closer, press


def piece(page, slot):
    return page.locator("#cards .card", has=page.locator(f'[data-act=swap][data-slot="{slot}"]')).locator(".front > a")


def held(page, slot):
    return piece(page, slot).get_attribute("data-item")


def test_a_look_around_a_product_can_be_changed_piece_by_piece(page):
    cards(page).filter(has_text="Tshirts").first.locator(".front > a").click()
    name = dialog(page).locator("h2").inner_text()
    press(dialog(page), "Complete the look")
    expect(heading(page)).to_have_text(f"A look with {name}")
    expect(page.locator("#heading .heading")).to_be_focused()
    expect(heading(page)).to_be_in_viewport()
    expect(page.locator("#cards .missing")).to_contain_text("This catalogue has no shoes.")
    expect(page.locator("#filters")).to_be_hidden()
    bag, accessory = held(page, "bag"), held(page, "accessory")

    press(page, "Keep this bag")
    expect(page.get_by_role("button", name="Keep this bag")).to_have_attribute("aria-pressed", "true")
    press(page, "Swap this accessory")
    expect(piece(page, "accessory")).not_to_have_attribute("data-item", accessory)
    assert held(page, "bag") == bag
    swapped = held(page, "accessory")
    press(page, "Another look")
    expect(piece(page, "accessory")).not_to_have_attribute("data-item", swapped)
    assert held(page, "bag") == bag
    press(page, "Back to the products")
    expect(heading(page)).to_have_text(f"More like {name}")
    expect(page.locator("#filters")).to_be_visible()


def test_a_look_around_a_picture_comes_back_from_its_link(calibrated, visit, photo):
    page = visit()
    choose(page, photo)
    press(page.locator("#heading"), "Complete the look")
    expect(heading(page)).to_have_text("A look with your picture")
    expect(cards(page)).to_have_count(2)
    press(page, "Keep this bag")
    page.wait_for_url(re.compile("keep=bag"))
    bag = held(page, "bag")
    again = visit(path=page.url[page.url.index("?") :])
    expect(again.get_by_role("button", name="Keep this bag")).to_have_attribute("aria-pressed", "true")
    assert held(again, "bag") == bag
    press(page, "Back to your picture")
    expect(heading(page)).to_have_text("Closest to your picture")


def test_what_is_no_part_of_a_look_says_so(visit, shop, monkeypatch):
    page = visit()
    look_closer(page)
    monkeypatch.setattr(shop, "outfit", lambda *_, **__: 1 / 0)
    press(dialog(page), "Complete the look")
    expect(page.locator("#heading .problem")).to_contain_text("Something went wrong here")
    expect(heading(page)).to_have_text("From the shop")
