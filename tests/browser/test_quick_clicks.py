"""Clicks that follow each other faster than the server answers."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.steps import (
    cards,
    choose,
    dialog,
    heading,
    ids,
    leave,
    like,
    look_closer,
    menu,
    press,
    status,
    tick,
    value_of,
)

LATENCY_MS = 400


def delay(page):
    """From now on, each request takes as long as one to a distant server."""
    conditions = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", conditions)


def hold(page, event):
    """From now on, the next request of this event waits until `release`."""
    page.evaluate(
        """event => {
            const send = window.fetch;
            let next = false;
            document.addEventListener("shop:acting", ({detail}) => (next ||= detail.event === event), {once: false});
            window.held = new Promise(done => (window.release = done));
            window.fetch = async (...given) => {
                if (next && String(given[0]).includes("queue/join")) {
                    next = false;
                    window.fetch = send;
                    await window.held;
                }
                return send(...given);
            };
        }""",
        event,
    )


def release(page):
    page.evaluate("window.release()")


def test_while_a_picture_is_sent_the_heading_is_not_that_of_the_products_before(page, photo, tmp_path):
    awaited = page.locator("#heading").get_by_text("Searching with your picture …")
    hold(page, "give")
    page.set_input_files("#picture input[type=file]", photo)
    expect(awaited).to_be_visible()
    expect(heading(page)).to_be_hidden()
    release(page)
    expect(heading(page)).to_have_text("Closest to your picture")
    expect(heading(page)).to_be_visible()
    expect(awaited).to_be_hidden()
    (tmp_path / "bad.jpg").write_text("no picture")
    hold(page, "give")
    page.set_input_files("#picture input[type=file]", tmp_path / "bad.jpg")
    expect(awaited).to_be_visible()
    release(page)
    expect(page.locator("#picture .problem")).to_contain_text("not a readable picture")
    expect(heading(page)).to_be_visible()
    expect(awaited).to_be_hidden()


def test_a_picture_that_is_removed_before_it_was_sent_leaves_the_page_as_it_was(page, photo):
    page.route("**/upload*", lambda route: None)
    page.set_input_files("#picture input[type=file]", photo)
    expect(heading(page)).to_be_hidden()
    unfold = page.get_by_role("button", name="Change", exact=True)
    if unfold.is_visible():
        unfold.click()
    press(page, "Remove the picture")
    expect(heading(page)).to_be_visible()
    expect(heading(page)).to_have_text("From the shop")
    expect(page.locator("#examples button").first).to_be_visible()
    expect(page.locator("#picture .sending")).to_be_hidden()
    expect(cards(page).first.locator("img").first).to_be_visible()


def test_nothing_moves_while_an_answer_is_awaited_where_less_motion_is_wished(visit):
    for motion in ("no-preference", "reduce"):
        page = visit("phone", reduced_motion=motion)
        hold(page, "pick")
        page.locator("#examples button").first.click()
        page.locator("#cards .pending").wait_for()
        page.wait_for_timeout(200)
        moving = page.evaluate(
            """() => document.getAnimations().filter(({playState, effect}) => playState === "running"
            && effect.getTiming().iterations === Infinity).map(({animationName}) => animationName)"""
        )
        assert moving == ([] if motion == "reduce" else ["sweep"])
        release(page)
        expect(heading(page)).to_have_text("Closest to your picture")


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


def test_the_second_click_of_a_double_click_on_a_heart_opens_no_product(visit):
    page = visit()
    like(page)
    picture = cards(page).first.locator(".front > a")
    picture.dispatch_event("click", {"detail": 2})
    page.wait_for_timeout(500)
    assert "product=" not in page.url and not dialog(page).count()
    picture.dispatch_event("click", {"detail": 1})
    expect(dialog(page)).to_be_visible()


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


def test_a_filter_that_is_answered_below_an_open_product_is_a_step_before_it(visit):
    page = visit()
    details = menu(page, "Gender")
    details.locator("summary").click()
    hold(page, "narrow")
    value_of(details, "Women").click()
    leave(page)
    look_closer(page)
    release(page)
    expect(status(page)).to_contain_text("of 30 products")
    expect(page).to_have_url(re.compile("is.gender=Women.*product="))
    press(dialog(page), "Close")
    expect(page).to_have_url(re.compile("is.gender=Women[^&]*(&index=[^&]*)?$"))
    expect(filters(page)).to_have_text(["For whom: Women"])
    page.go_back()
    expect(page.locator("#filters .active")).to_have_count(0)


def test_words_that_are_sent_after_a_click_on_a_product_keep_it_closed(visit):
    page = visit()
    hold(page, "open")
    cards(page).first.locator(".front > a").click()
    page.get_by_role("combobox").fill("red caps")
    page.get_by_role("combobox").press("Enter")
    expect(heading(page)).to_have_text("Products for “red caps”")
    release(page)
    page.wait_for_timeout(LATENCY_MS)
    expect(dialog(page)).to_have_count(0)


def test_a_product_that_was_left_does_not_come_back_as_another_one(visit):
    page = visit()
    look_closer(page)
    hold(page, "open")
    dialog(page).locator(".strip a").last.click()
    page.keyboard.press("Escape")
    release(page)
    page.wait_for_timeout(2 * LATENCY_MS)
    expect(dialog(page)).to_have_count(0)
    expect(page).not_to_have_url(re.compile("product="))


def test_a_picture_closes_the_product_that_lies_over_its_answer(visit, photo):
    page = visit()
    look_closer(page)
    page.set_input_files("#picture input[type=file]", photo)
    expect(heading(page)).to_have_text("Closest to your picture")
    expect(dialog(page)).to_have_count(0)
    page.go_back()
    expect(dialog(page)).to_be_visible()


def test_an_older_answer_takes_no_words_out_of_the_field(visit):
    page = visit()
    field = page.get_by_role("combobox")
    hold(page, "taste")
    cards(page).first.locator("[data-opinion=liked]").click()
    field.fill("red caps")
    field.press("Enter")
    release(page)
    expect(heading(page)).to_have_text("Products for “red caps”")
    expect(field).to_have_value("red caps")


def test_requests_that_overtake_each_other_are_answered_in_the_order_of_the_clicks(visit):
    page = visit()
    hold(page, "pick")
    page.locator("#examples button").nth(1).click()
    tick(page, "Gender", "Women")
    page.wait_for_timeout(2 * LATENCY_MS)
    release(page)
    expect(heading(page)).to_have_text("Closest to your picture")
    expect(page).to_have_url(re.compile("found=.*is.gender=Women"))
    expect(status(page)).to_contain_text("of 30 products")
    page.wait_for_timeout(LATENCY_MS)
    expect(status(page)).to_contain_text("of 30 products")


def test_a_sheet_that_is_closed_before_the_last_answer_keeps_all_that_was_ticked(visit):
    page = visit("phone")
    details = menu(page, "Gender")
    details.locator("summary").click()
    for value in ("Women", "Men"):
        hold(page, "narrow") if value == "Men" else None
        value_of(details, value).click()
        page.wait_for_timeout(LATENCY_MS)
    leave(page)
    page.wait_for_timeout(2 * LATENCY_MS)
    release(page)
    expect(filters(page)).to_have_text(["For whom: 2"])
    page.wait_for_timeout(LATENCY_MS)
    expect(filters(page)).to_have_text(["For whom: 2"])
    expect(page).to_have_url(re.compile("is.gender=Women.*is.gender=Men|is.gender=Men.*is.gender=Women"))


def test_back_right_after_the_sheet_was_closed_takes_the_filter_back(visit):
    page = visit("phone", "?text=caps")
    details = menu(page, "Gender")
    details.locator("summary").click()
    value_of(details, "Women").click()
    expect(page).to_have_url(re.compile("is.gender=Women"))
    page.keyboard.press("Escape")
    expect(page.locator("#filters details[open]")).to_have_count(0)
    page.keyboard.press("Escape")
    page.evaluate("history.forward()")
    page.wait_for_timeout(100)
    page.evaluate("history.back()")
    expect(page.locator("#filters .active")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("is.gender"))
    expect(page.locator(".sheet[open]")).to_have_count(0)
    page.wait_for_timeout(LATENCY_MS)
    expect(heading(page)).to_have_text("Products for “caps”")
    page.go_forward()
    expect(filters(page)).to_have_text(["For whom: Women"])
