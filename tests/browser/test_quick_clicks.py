"""Clicks that follow each other faster than the server answers."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.steps import cards, choose, dialog, heading, ids, menu, press, status, value_of

LATENCY_MS = 400


def delay(page):
    """From now on, each request takes as long as one to a distant server."""
    conditions = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", conditions)


def filters(page):
    return page.locator("#filters .active summary")


def test_the_product_that_was_clicked_last_opens(visit):
    page = visit()
    delay(page)
    names = cards(page).locator(".name")
    last = names.nth(3).get_attribute("title")
    for place in (0, 1, 3):
        cards(page).nth(place).locator(".front > a").click()
        page.wait_for_timeout(100)
    expect(dialog(page).locator("h2")).to_have_text(last)
    page.wait_for_timeout(3 * LATENCY_MS)
    expect(dialog(page).locator("h2")).to_have_text(last)


def test_every_chip_that_was_pressed_filters(calibrated, visit, photo):
    page = visit()
    choose(page, photo)
    delay(page)
    for name in ("Dresses", "Red"):
        press(page.locator("#heading"), name)
        page.wait_for_timeout(150)
    expect(filters(page)).to_have_text(["Kind: Dresses", "Colour: Red"])
    expect(status(page)).to_have_text("2 of 2 products that match the filters")
    for name in ("Dresses", "Red"):
        expect(page.locator("#heading").get_by_role("button", name=name, exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )


def test_every_value_that_was_ticked_filters(visit):
    page = visit()
    delay(page)
    details = menu(page, "Kind")
    details.locator("summary").click()
    for value in ("Dresses", "Caps", "Watches", "Handbags"):
        value_of(details, value).click()
        page.wait_for_timeout(150)
    expect(filters(page)).to_have_text(["Kind: 4"])
    expect(status(page)).to_contain_text("of 40 products")
    page.wait_for_timeout(3 * LATENCY_MS)
    expect(page.locator("#filters details[open] input:checked")).to_have_count(4)


def test_the_example_that_was_clicked_last_is_searched_with(visit):
    page = visit()
    last = page.locator("#examples button").nth(4).get_attribute("data-item")
    delay(page)
    for place in (0, 4):
        page.locator("#examples button").nth(place).click()
        page.wait_for_timeout(100)
    expect(heading(page)).to_have_text("Closest to your picture")
    expect(page.locator(f'#cards .front > a[data-item="{last}"]')).to_have_count(1)
    page.wait_for_timeout(4 * LATENCY_MS)
    assert last in ids(page)[:2]


def test_both_changes_of_a_look_are_made(visit):
    page = visit(path="?item=p6&look=1")
    expect(heading(page)).to_contain_text("A look with")
    bag, bottom = (page.locator(f"#cards [data-act=keep][data-slot={slot}]") for slot in ("bag", "bottom"))
    delay(page)
    for button in (bag, bottom):
        button.click()
        page.wait_for_timeout(100)
    for button in (bag, bottom):
        expect(button).to_have_attribute("aria-pressed", "true")
