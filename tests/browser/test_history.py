"""The browser's history: Back and Forward work everywhere, and a reload keeps what was shown."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

from testkit.fake_shop import draw
from tests.browser.steps import cards, choose, dialog, heading, ids, look_closer, menu, press, status, tick, value_of

SHOWN = "JSON.stringify([...document.querySelectorAll('#cards .front > a')].map(link => link.dataset.item))"


def wait_for(page, found):
    """Wait until these products are shown, in this order."""
    page.wait_for_function(
        f"found => {SHOWN} === found", arg=json.dumps(found, separators=(",", ":"), ensure_ascii=False)
    )


def test_back_undoes_each_step_and_forward_makes_it_again(page, photo):
    shop_window = page.url
    choose(page, photo)
    found = ids(page)
    tick(page, "Gender", "Women")
    expect(cards(page).first.locator(".facts")).to_contain_text("Women")
    women = ids(page)
    name = look_closer(page, 1)
    expect(page).to_have_url(re.compile("is.gender=Women.*&product="))
    press(dialog(page), "More like this")
    expect(heading(page)).to_have_text(f"More like {name}")

    page.go_back()
    expect(dialog(page).locator("h2")).to_have_text(name)
    page.go_back()
    expect(dialog(page)).to_have_count(0)
    wait_for(page, women)
    page.go_back()
    expect(page.locator("#filters .active")).to_have_count(0)
    expect(heading(page)).to_have_text("Closest to your picture")
    wait_for(page, found)
    page.go_back()
    expect(heading(page)).to_have_text("From the shop")
    expect(page).to_have_url(shop_window)
    expect(page.locator("#picture img")).to_have_count(0)

    page.go_forward()
    expect(heading(page)).to_have_text("Closest to your picture")
    expect(page.locator("#picture img")).to_be_visible()
    assert ids(page)[0] == found[0]
    page.go_forward()
    expect(page.locator("#filters .active summary")).to_have_text(["For whom: Women"])
    page.go_forward()
    expect(dialog(page).locator("h2")).to_have_text(name)
    page.go_forward()
    expect(heading(page)).to_have_text(f"More like {name}")
    expect(dialog(page)).to_have_count(0)


def test_back_closes_a_product_and_its_button_leaves_no_step_behind(visit):
    page = visit()
    first = look_closer(page)
    expect(page).to_have_url(re.compile(r"\?product="))
    dialog(page).locator(".strip a").first.click()
    expect(dialog(page).locator("h2")).not_to_have_text(first)
    page.go_back()
    expect(dialog(page).locator("h2")).to_have_text(first)
    page.go_forward()
    expect(dialog(page).locator("h2")).not_to_have_text(first)
    press(dialog(page), "Close")
    expect(dialog(page)).to_have_count(0)
    expect(page).not_to_have_url(re.compile("product="))
    assert page.evaluate("history.state.shop.depth") == 0


def test_a_product_has_an_address_that_opens_it(visit):
    page = visit(path="?product=p7")
    expect(dialog(page)).to_have_attribute("data-id", "p7")
    press(dialog(page), "Close")
    expect(page).not_to_have_url(re.compile("product="))
    expect(heading(page)).to_have_text("From the shop")


def test_a_reload_keeps_the_picture_and_what_was_chosen(visit, pair):
    page = visit()
    page.set_input_files("#picture input[type=file]", pair)
    page.locator("#part [data-box]").nth(1).click()
    expect(cards(page).first.locator(".facts")).to_contain_text("Handbags")
    tick(page, "Gender", "Women")
    page.wait_for_url(re.compile("is.gender=Women"))
    found = ids(page)
    page.reload()
    expect(heading(page)).to_have_text("Your last search")
    expect(page.locator("#picture img")).to_be_visible()
    expect(page.locator(".veil i")).to_be_visible()
    expect(page.locator("#filters .active summary")).to_have_text(["For whom: Women"])
    assert ids(page)[:3] == found[:3]


def test_a_reload_keeps_words_that_were_not_answered(visit):
    page = visit(path="?text=caps")
    field = page.locator("#link input")
    expect(field).to_have_value("caps")
    field.fill("red dres")
    page.reload()
    expect(heading(page)).to_have_text("Products for “caps”")
    expect(field).to_have_value("red dres")
    press(page, "Search")
    expect(heading(page)).to_have_text("Products for “red dres”")
    page.reload()
    expect(heading(page)).to_have_text("Products for “red dres”")
    expect(field).to_have_value("red dres")


def test_two_pictures_come_back_each_with_its_answer(visit, photo, tmp_path):
    page = visit()
    choose(page, photo)
    expect(cards(page).first.locator(".facts")).to_contain_text("Dresses · Red")
    page.wait_for_timeout(300)
    draw("Watches", "#222222").resize((600, 800)).save(tmp_path / "watch.jpg")
    page.set_input_files("#picture input[type=file]", tmp_path / "watch.jpg")
    expect(cards(page).first.locator(".facts")).to_contain_text("Watches")
    page.go_back()
    expect(cards(page).first.locator(".facts")).to_contain_text("Dresses · Red")
    page.go_forward()
    expect(cards(page).first.locator(".facts")).to_contain_text("Watches")


def test_gradios_own_parameters_stay_in_the_address(visit, photo):
    page = visit(path="?__theme=dark")
    choose(page, photo)
    expect(page).to_have_url(re.compile(r"\?found=.*&__theme=dark$"))


def test_the_parameters_of_others_stay_in_the_address_and_the_api_panel_has_one(window, server, photo):
    page = window("wide").new_page()
    page.goto(f"{server.local_url}?utm_source=letter&view=api&__sign=abc")
    expect(page.get_by_text(re.compile("(API|MCP) documentation"))).to_be_visible()
    choose(page, photo)
    expect(page).to_have_url(re.compile(r"\?found=.*&utm_source=letter&__sign=abc&view=api$"))
    page.close()


def test_a_page_around_it_hears_of_the_address(visit):
    page = visit()
    page.evaluate(
        """() => { window.heard = [];
        window.postMessage = (data, origin) => data.queryString !== undefined && heard.push([data.queryString, origin]);
        document.body.append(Object.assign(document.createElement("iframe"), { src: "?item=p7", id: "inner" })) }"""
    )
    expect(page.frame_locator("#inner").locator("#heading h2")).to_contain_text("More like")
    page.wait_for_function("heard.some(([query]) => query.startsWith('item=p7'))")
    assert {origin for _, origin in page.evaluate("heard")} == {"https://huggingface.co"}


def test_likes_are_no_step_of_the_history(visit, photo):
    page = visit()
    choose(page, photo)
    steps = page.evaluate("history.length")
    cards(page).nth(4).locator("[data-opinion=liked]").click()
    expect(page.locator("#heading .moved")).to_be_visible()
    look_closer(page, 0)
    dialog(page).locator("[data-opinion=liked]").click()
    expect(page.locator("#taste .hint")).to_contain_text("2 liked")
    press(dialog(page), "Close")
    page.wait_for_url(re.compile("^((?!product=).)*$"))
    assert page.evaluate("history.length") == steps + 1
    page.go_back()
    expect(heading(page)).to_have_text("From the shop")


def test_the_sheet_of_filters_is_closed_by_back_and_what_was_ticked_stays(visit):
    page = visit("phone")
    details = menu(page, "Gender")
    details.locator("summary").click()
    value_of(details, "Women").click()
    expect(status(page)).to_contain_text("of 30 products")
    page.go_back()
    expect(page.locator(".sheet[open]")).to_have_count(0)
    expect(page.locator("#filters .token")).to_have_text(["Women"])
    expect(page).to_have_url(re.compile("is.gender=Women"))
    page.go_back()
    expect(page.locator("#filters .tokens")).to_be_hidden()
    expect(status(page)).to_contain_text("of 60 products")


def test_back_brings_the_very_answer_of_an_earlier_picture(visit, pair, photo):
    page = visit()
    page.set_input_files("#picture input[type=file]", pair)
    page.locator("#part [data-box]").nth(1).click()
    page.wait_for_function("history.state.shop?.part")
    found = ids(page)
    page.evaluate("sessionStorage.clear()")
    choose(page, photo)
    expect(cards(page).first.locator(".facts")).to_contain_text("Dresses")
    page.wait_for_timeout(300)
    page.go_back()
    expect(page.locator(".veil i")).to_be_visible()
    wait_for(page, found)
    page.go_back()
    expect(page.locator(".veil i")).to_be_hidden()


def test_the_words_before_an_item_are_known_after_back_and_forward(visit):
    page = visit(path="?text=red+caps")
    look_closer(page)
    press(dialog(page), "More like this")
    expect(page.locator("#heading [data-back]")).to_have_text("Back to “red caps”")
    page.go_back()
    page.go_back()
    expect(heading(page)).to_have_text("Products for “red caps”")
    page.go_forward()
    page.go_forward()
    expect(page.locator("#heading [data-back]")).to_have_text("Back to “red caps”")


def test_the_field_follows_back_although_it_has_the_focus(visit):
    page = visit()
    field = page.get_by_role("combobox")
    for text in ("red caps", "olive watches"):
        field.fill(text)
        field.press("Enter")
        expect(heading(page)).to_have_text(f"Products for “{text}”")
    for text in ("red caps", ""):
        page.go_back()
        expect(field).to_have_value(text)


def test_what_comes_right_after_a_closed_chain_of_products_leaves_none_of_them(visit):
    page = visit()
    first = look_closer(page)
    dialog(page).locator(".strip a").first.click()
    expect(dialog(page).locator("h2")).not_to_have_text(first)
    press(dialog(page), "Close")
    page.locator("#examples button").nth(1).click()
    expect(heading(page)).to_have_text("Closest to your picture")
    page.wait_for_timeout(500)
    page.go_back()
    expect(heading(page)).to_have_text("From the shop")
    expect(dialog(page)).to_have_count(0)
