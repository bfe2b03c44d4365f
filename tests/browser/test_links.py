"""Addresses: they lead back to what is shown, and say what of it is gone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.steps import cards, choose, dialog, heading, ids, look_closer, press, tick


def test_an_address_can_name_an_item_and_names_are_only_text(visit):
    page = visit(path="?item=p1")
    expect(heading(page)).to_contain_text("More like <script>alert(1)</script> ${alert(1)} {{value}}")
    press(page, "Back to the shop")
    expect(heading(page)).to_have_text("From the shop")
    assert "?" not in page.url


def test_a_shared_answer_comes_back_with_its_settings(visit, photo):
    page = visit()
    choose(page, photo)
    tick(page, "Gender", "Women")
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("varied=0.25"))
    press(page, "Copy link")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url and "is.gender=Women" in link

    page.goto(link)
    expect(heading(page)).to_have_text("A result that was shared with you")
    expect(page.locator("#filters .active summary")).to_have_text(["For whom: Women"])
    expect(slider).to_have_value("0.25")
    expect(page.locator("#notice .notice")).to_have_count(0)
    name = look_closer(page)
    press(dialog(page), "More like this")
    expect(heading(page)).to_have_text(f"More like {name}")
    page.wait_for_url(re.compile("item="))
    shown = ids(page)
    page.reload()
    expect(heading(page)).to_have_text(f"More like {name}")
    assert ids(page) == shown


def test_a_link_of_another_index_says_so(visit):
    page = visit("phone", "?item=gone&is.gender=Women&index=0000000aaaa")
    notice = page.locator("#notice .notice")
    expect(notice).to_contain_text("index 0000000")
    expect(notice).to_contain_text("gone")
    expect(page.locator("#filters .active summary")).to_have_text(["For whom: Women"])


def test_a_card_with_a_key_held_opens_in_a_tab_of_its_own(visit):
    page = visit()
    with page.context.expect_page() as tab:
        cards(page).first.locator(".front > a").click(modifiers=["Control"])
    tab.value.wait_for_url(re.compile("item="))
    expect(heading(tab.value)).to_contain_text("More like", timeout=30_000)
    tab.value.close()
    expect(dialog(page)).to_have_count(0)


def test_the_shop_tells_of_itself(visit, server):
    page = visit("phone")
    page.get_by_role("link", name="About").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("About this shop")
    page.get_by_text("technical card").click()
    expect(page.get_by_role("heading", name="A fake shop")).to_be_visible()
    expect(page.get_by_role("img", name="Their colours")).to_have_js_property("naturalWidth", 240)
    page.get_by_role("link", name="Find it by picture").click()
    expect(cards(page).first).to_be_visible()
