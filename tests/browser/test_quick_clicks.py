"""Clicks that follow each other faster than the server answers."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.steps import cards, choose, dialog, heading, ids, look_closer, menu, press, status, tick, value_of

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


def test_all_three_changes_of_a_look_are_made(visit):
    page = visit(path="?item=p6&look=1")
    expect(heading(page)).to_contain_text("A look with")
    slots = [button.get_attribute("data-slot") for button in page.locator("#cards [data-act=keep]").all()]
    delay(page)
    for slot in slots:
        page.locator(f"#cards [data-act=keep][data-slot={slot}]").click()
    assert len(slots) == 3
    expect(page.locator("#cards [data-act=keep][aria-pressed=true]")).to_have_count(3)


def test_a_filter_that_is_chosen_before_the_answer_of_a_link_adds_to_its_filters(visit):
    page = visit(path="?__theme=light")
    delay(page)
    page.goto(page.url.split("?")[0] + "?item=p7&is.gender=Women", wait_until="commit")
    tick(page, "Base colour", "Red")
    expect(heading(page)).to_contain_text("More like")
    expect(status(page)).to_have_text("6 of 6 products that match the filters")
    expect(filters(page)).to_have_text(["For whom: Women", "Colour: Red"])
    page.wait_for_url("**is.gender=Women*is.baseColour=Red*")


def test_back_before_an_answer_has_come_takes_that_search_back(visit):
    page = visit()
    page.locator("#examples button").nth(1).click()
    expect(heading(page)).to_have_text("Closest to your picture")
    name = look_closer(page, 2)
    delay(page)
    press(dialog(page), "More like this")
    page.wait_for_timeout(LATENCY_MS / 2)
    page.go_back()
    expect(heading(page)).to_have_text("Closest to your picture")
    page.wait_for_timeout(4 * LATENCY_MS)
    expect(heading(page)).to_have_text("Closest to your picture")
    assert name not in heading(page).inner_text() and "item=" not in page.url


def test_what_was_opened_and_left_at_once_does_not_come_back(visit):
    page = visit()
    delay(page)
    look_closer(page)
    dialog(page).locator(".strip a").last.click()
    page.go_back()
    expect(dialog(page)).to_have_count(0)
    page.wait_for_timeout(4 * LATENCY_MS)
    expect(dialog(page)).to_have_count(0)


def test_a_waiting_click_is_seen_at_once(visit):
    page = visit()
    delay(page)
    product = cards(page).nth(1).locator(".front > a")
    product.click()
    expect(product).to_have_class("waiting", timeout=100)
    expect(dialog(page)).to_be_visible()
    expect(product).not_to_have_class("waiting")
