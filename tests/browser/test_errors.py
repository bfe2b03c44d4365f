"""What goes wrong is said where the visitor acted, and takes nothing away."""

from __future__ import annotations

import base64
import re

import pytest
from playwright.sync_api import expect

from testkit.fake_shop import draw, encoded
from tests.browser.steps import cards, choose, dialog, heading, ids, look_closer, press

RED_DRESS = encoded(draw("Dresses", "#b3262e"))
SPOKEN = "body > [role=status]"


def problem(page, place=""):
    return page.locator(f"{place} .problem:not(:empty)")


def expect_only(page, place, text):
    """Only this place says that something went wrong, in these words, and no notice lies in a corner."""
    expect(problem(page, place)).to_contain_text(text)
    expect(problem(page)).to_have_count(1)
    expect(problem(page)).to_have_attribute("role", "alert")
    expect(page.get_by_test_id("toast-body").filter(visible=True)).to_have_count(0)


def ring(page):
    """The outline of the part that has the focus."""
    return page.evaluate("getComputedStyle(document.activeElement).outlineStyle")


def break_once(monkeypatch, shop, method):
    """The shop fails the next time that this method is called."""
    monkeypatch.setattr(shop, method, lambda *_, **__: 1 / 0)


def test_an_error_stands_where_the_visitor_acted_until_the_next_action(visit, shop, monkeypatch, photo, tmp_path):
    (tmp_path / "bad.jpg").write_text("no picture")
    page = visit()
    choose(page, photo)
    found = ids(page)
    page.set_input_files("#picture input[type=file]", tmp_path / "bad.jpg")
    expect_only(page, "#picture", "not a readable picture")
    expect(heading(page)).to_have_text("Closest to your picture")
    expect(page.locator("#picture .shown img")).to_be_visible()
    assert ids(page) == found

    field = page.get_by_role("combobox")
    field.fill("http://127.0.0.1/x.jpg")
    field.press("Enter")
    expect_only(page, "#link", "not on the public internet")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("not on the public internet"))
    expect(field).to_be_focused()
    assert ids(page) == found

    with monkeypatch.context() as patch:
        break_once(patch, shop, "similar")
        card = cards(page).nth(2)
        card.locator(".front > a").click()
        expect_only(page, "#cards .card:nth-child(3)", "Something went wrong here")
        expect(field).not_to_have_attribute("aria-invalid", "true")
        expect(card.locator(".waiting")).to_have_count(0)
    look_closer(page, 2)
    expect(problem(page)).to_have_count(0)
    with monkeypatch.context() as patch:
        break_once(patch, shop, "similar")
        dialog(page).locator(".strip a").first.click()
        expect_only(page, "dialog", "Something went wrong here")
        break_once(patch, shop, "outfit")
        press(dialog(page), "Complete the look")
        expect_only(page, "#heading", "Something went wrong here")
        expect(heading(page)).to_have_text("Closest to your picture")
    page.wait_for_timeout(300)
    press(page, "Show more")
    expect(cards(page)).to_have_count(40)
    expect(problem(page)).to_have_count(0)


def test_a_bad_file_leaves_the_products_that_are_shown(visit, tmp_path):
    (tmp_path / "bad.jpg").write_text("no picture")
    page = visit("phone", "?item=p7")
    expect(heading(page)).to_contain_text("More like")
    found = ids(page)
    page.set_input_files("#picture input[type=file]", tmp_path / "bad.jpg")
    expect_only(page, "#picture", "not a readable picture")
    expect(heading(page)).to_contain_text("More like")
    expect(page.locator("#picture img")).to_have_count(0)
    assert ids(page) == found


@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_what_the_server_does_not_take_is_said_in_place_too(window, server, screen):
    page = window(screen).new_page()
    page.goto(server.local_url)
    expect(cards(page).first).to_be_visible()
    refusal = '{"error": "Too many requests. Try again in 3 seconds.", "title": "rate_limited"}'
    page.route("**/queue/join*", lambda route: route.fulfill(status=429, body=refusal))
    cards(page).first.locator(".front > a").click()
    expect_only(page, "#cards .card:nth-child(1)", "Try again in 3 seconds")
    expect(page.locator(".waiting")).to_have_count(0)
    busy = "The shop is busy. Please try again in 3 s."
    page.route(
        "**/upload*", lambda route: route.fulfill(status=503, body=busy, content_type="text/plain; charset=utf-8")
    )
    page.set_input_files("#picture input[type=file]", {"name": "a.png", "mimeType": "image/png", "buffer": RED_DRESS})
    expect_only(page, "#picture", busy)
    expect(heading(page)).to_have_text("From the shop")
    expect(heading(page)).to_be_visible()
    page.close()


def test_a_data_link_is_searched_as_the_picture_that_it_is(visit):
    page = visit()
    field = page.get_by_role("combobox")
    picture = base64.b64encode(encoded(draw("Dresses", "#b3262e"))).decode()
    field.fill(f"data:image/png;base64,{picture}")
    press(page, "Search")
    expect(heading(page)).to_have_text("Closest to your picture")
    expect(cards(page).first.locator(".facts")).to_contain_text("Dresses · Red")
    expect(field).to_have_value("")
    field.evaluate(
        """(field, text) => { const clipboardData = new DataTransfer(); clipboardData.setData("text/plain", text);
        field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true })); }""",
        "data:image/png;base64,AAAA",
    )
    expect_only(page, "#picture", "not a readable picture")
    expect(heading(page)).to_have_text("Closest to your picture")
    field.fill("data:image/png;base64,???")
    field.press("Enter")
    expect_only(page, "#link", "no picture in this link")


def test_after_a_picture_the_focus_is_on_the_answer_which_is_spoken(visit, photo):
    page = visit()
    page.locator("#examples button").first.press("Enter")
    expect(heading(page)).to_have_text("Closest to your picture")
    expect(page.locator("#heading .heading")).to_be_focused()
    assert ring(page) == "solid"
    expect(page.locator(SPOKEN)).to_have_text(re.compile("Closest to your picture. 20 of 60 products"))
    page.evaluate("speaker => (window.kept = document.querySelector(speaker))", SPOKEN)
    page.get_by_role("button", name="Choose a picture").focus()
    page.set_input_files("#picture input[type=file]", photo)
    expect(page.locator("#heading .heading")).to_be_focused()
    expect(cards(page).first.locator(".facts")).to_contain_text("Dresses · Red")
    assert page.evaluate("speaker => kept === document.querySelector(speaker)", SPOKEN)
    page.get_by_role("combobox").fill("red")
    page.get_by_role("combobox").press("Enter")
    expect(heading(page)).to_contain_text("“red”")
    expect(page.get_by_role("combobox")).to_be_focused()


def test_the_answer_to_a_picture_that_was_given_by_mouse_has_no_ring(visit, photo):
    page = visit()
    choose(page, photo)
    expect(page.locator("#heading .heading")).to_be_focused()
    assert ring(page) == "none"


def test_without_a_connection_every_action_says_so(visit):
    page = visit()
    page.context.set_offline(True)
    try:
        for number in (1, 2):
            card = cards(page).nth(number)
            card.locator(".front > a").click()
            expect_only(page, f"#cards .card:nth-child({number + 1})", "There is no connection.")
            expect(card.locator(".waiting")).to_have_count(0)
    finally:
        page.context.set_offline(False)
