"""The page in a language that is written from right to left, with longer words: a mirror image of the other one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from testkit.fake_shop import fake_shop
from tests.browser.conftest import SCREENS
from tests.browser.steps import cards, look_closer, menu
from tests.support.pseudo_language import speak_it
from tests.support.serving import serving

PAIRS = {
    "window": ["#header h1 | #header .origin", "#cards .card:nth-child(1) | #cards .card:nth-child(2)"],
    "answer": [
        "#heading h2 | [data-share]", "#cards .opinion[data-opinion=disliked] | #cards .opinion[data-opinion=liked]",
        "[data-camera] | [data-choose]", "#link input | #link button", "#filters summary | #variety",
        "[data-sheet] | #variety",
    ],
    "filters": ["details[open] input | details[open] li span", "details[open] li span | details[open] .count"],
    "product": ["[open] h2 | [open] .close", "[open] [data-opinion=disliked] | [open] [data-opinion=liked]"],
    "liked": ["dialog[open] .title | dialog[open] .close", "tbody th | tbody td"],
    "look": [".slot h3 | .slot [data-act=keep]", "[data-act=keep] | [data-act=swap]"],
}  # fmt: skip
"""In each state, which is before which."""
CENTRE = """selectors => selectors
    .map(selector => [...document.querySelectorAll(selector)].find(one => one.checkVisibility()))
    .map(element => element.getBoundingClientRect())
    .map(({ left, right, top, bottom }) => [(left + right) / 2, top, bottom])"""


def order(page, state):
    """For each pair of the state that stands side by side, whether the first is left of the second."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{state} scrolls sideways"
    found = {}
    for pair in PAIRS[state]:
        one, other = pair.split(" | ")
        if not all(page.locator(f"{selector}:visible").count() for selector in (one, other)):
            continue
        (x, top, bottom), (u, other_top, other_bottom) = page.evaluate(CENTRE, [one, other])
        if top < other_bottom and other_top < bottom:
            found[pair] = x < u
    return found


def walk(page, photo):
    """Go through the main states; in each one, what is left of what."""
    found = {"window": order(page, "window")}
    page.set_input_files("#picture input[type=file]", photo)
    expect(page.locator("#part .focus")).to_be_attached()
    expect(page.locator("#heading [data-kind=picture]")).to_be_visible()
    cards(page).first.locator("[data-opinion=liked]").click()
    expect(page.locator("#taste h2")).to_be_visible()
    found["answer"] = order(page, "answer")
    summary = page.locator("#heading .menu summary")
    summary.click()
    panel = page.locator("#heading .menu .panel").bounding_box()
    assert panel["x"] >= 0 and panel["x"] + panel["width"] <= page.viewport_size["width"]
    page.keyboard.press("Escape")
    menu(page, "Season").locator("summary").click()
    found["filters"] = order(page, "filters")
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('.sheet[open]')?.close()")
    page.locator("#heading [data-liked]").click()
    expect(page.locator(".sheet.liked[open]")).to_be_visible()
    found["liked"] = order(page, "liked")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("liked=1"))
    look_closer(page, 1)
    found["product"] = order(page, "product")
    page.locator("dialog[open] [data-look]").click()
    expect(page.locator("#cards .slot").first).to_be_visible()
    found["look"] = order(page, "look")
    return found


@pytest.fixture
def shop_of_the_language(monkeypatch, tmp_path):
    """A server that speaks English, and a language from right to left."""
    (tmp_path / "texts").mkdir()
    speak_it(monkeypatch, tmp_path / "texts")
    with serving(fake_shop(), tmp_path) as server:
        yield server


def test_each_state_is_mirrored_and_scrolls_nowhere_sideways(window, shop_of_the_language, photo):
    for screen in SCREENS:
        found = {}
        for locale in ("en-GB", "he-IL"):
            page = window(screen, locale=locale, reduced_motion="reduce").new_page()
            page.goto(shop_of_the_language.local_url)
            expect(cards(page).first).to_be_visible()
            assert page.evaluate("document.documentElement.dir") == ("rtl" if locale == "he-IL" else "")
            found[locale] = walk(page, photo)
            page.evaluate("localStorage.clear()")
            page.close()
        for state, pairs in found["en-GB"].items():
            both = {pair: isleft for pair, isleft in pairs.items() if pair in found["he-IL"][state]}
            assert both, state
            assert all(both.values()), (screen, state, both)
            assert not any(found["he-IL"][state][pair] for pair in both), (screen, state, found["he-IL"][state])
