"""Going on from an answer: filters, variety, more of it, and one product looked at closely."""

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
    look_closer,
    menu,
    press,
    status,
    tick,
    value_of,
)


class TestOnEveryScreen:
    def test_filters_narrow_the_answer_at_once_and_more_of_it_can_be_shown(self, page, photo):
        choose(page, photo)
        press(page, "Show more")
        expect(cards(page)).to_have_count(40)
        expect(cards(page).nth(20).locator("a").first).to_be_focused()
        press(page, "Show more")
        expect(cards(page)).to_have_count(60)
        expect(page.get_by_role("button", name="Show more")).to_have_count(0)
        tick(page, "Gender", "Women")
        expect(status(page)).to_have_text("20 of 30 products that match the filters")
        tick(page, "Base colour", "Olive")
        expect(status(page)).to_have_text("6 of 6 products that match the filters")
        expect(page.locator("#filters .active summary")).to_have_text(["For whom: Women", "Colour: Olive"])
        press(page, "Clear filters")
        expect(cards(page)).to_have_count(20)

    def test_filters_count_what_they_would_leave_and_can_be_loosened(self, page):
        def option(attribute, value):
            return page.locator(f'#filters li:has(> label input[name="{attribute}"][value="{value}"])')

        def count(attribute, value):
            return option(attribute, value).locator("> label .count")

        tick(page, "Article type", "Watches")
        expect(count("gender", "Women")).to_have_text("5")
        expect(count("season", "Winter")).to_have_text("0")
        expect(option("season", "Winter")).to_have_class(re.compile("none"))
        expect(option("season", "Winter").locator("input")).to_be_disabled()
        expect(option("season", "Summer")).not_to_have_class(re.compile("none"))
        expect(count("articleType", "Caps")).to_have_text("10")
        expect(count("masterCategory", "Apparel")).to_have_text("30")
        page.goto(page.url + "&is.season=Winter")
        expect(page.locator("#cards")).to_contain_text("No product matches all these filters")
        press(page, "Without Season: Winter (10)")
        expect(cards(page)).to_have_count(10)
        expect(page.locator("#heading .heading")).to_be_focused()
        expect(page.locator("#filters .active summary")).to_have_text(["Kind: Watches"])

    def test_kinds_nest_and_what_is_chosen_can_be_taken_back(self, page):
        details = menu(page, "Kind")
        details.locator("summary").click()
        value_of(details, "Watches").click()
        expect(status(page)).to_contain_text("of 10 products")
        assert details.locator('input[value="Accessories"]').evaluate("box => box.indeterminate")
        value_of(details, "Apparel").click()
        expect(status(page)).to_contain_text("of 40 products")
        expect(details.locator("input:checked")).to_have_count(4)
        value_of(details, "Accessories").click()
        expect(status(page)).to_contain_text("of 60 products")
        value_of(details, "Apparel").click()
        expect(status(page)).to_contain_text("of 30 products")
        leave(page)
        press(page, "Remove the filter Caps")
        expect(status(page)).to_contain_text("of 20 products")
        press(page, "Clear filters")
        expect(page.locator("#filters .tokens")).to_be_hidden()

    def test_what_is_seen_is_a_filter_too(self, calibrated, page, photo):
        choose(page, photo)
        red = page.locator("#heading").get_by_role("button", name="Red", exact=True)
        red.click()
        expect(status(page)).to_have_text("12 of 12 products that match the filters")
        expect(red).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#filters .active summary")).to_have_text(["Colour: Red"])
        tick(page, "Base colour", "Olive")
        expect(status(page)).to_have_text("20 of 24 products that match the filters")
        red.click()
        expect(page.locator("#filters .active summary")).to_have_text(["Colour: Olive"])
        expect(red).to_have_attribute("aria-pressed", "false")
        press(page, "Clear filters")
        expect(status(page)).to_have_text("20 of 60 products")

    def test_a_product_tells_why_it_is_here_and_leads_on_and_back(self, calibrated, page, photo):
        choose(page, photo)
        card = cards(page).first
        expect(card.locator("mark")).to_have_text(["Men", "Dresses", "Red"])
        expect(card.locator(".closeness")).to_have_attribute("title", re.compile("^90 % sure .*; similarity 1.00$"))
        assert card.locator(".unseen").bounding_box()["width"] <= 1
        name = look_closer(page)
        expect(dialog(page).locator(".all dd")).to_contain_text(["Dresses", "Red"])
        expect(dialog(page).locator(".why mark")).to_have_text(["Men", "Dresses", "Red"])
        expect(dialog(page).locator(".why .closeness")).to_contain_text("Same kind")
        expect(dialog(page).locator(".why img")).to_have_count(2)
        dialog(page).locator(".strip a").last.click()
        expect(dialog(page).locator("h2")).not_to_have_text(name)
        name = dialog(page).locator("h2").inner_text()
        press(dialog(page), "More like this")
        expect(dialog(page)).to_have_count(0)
        expect(heading(page)).to_have_text(f"More like {name}")
        press(page, "Back to your picture")
        expect(heading(page)).to_have_text("Closest to your picture")
        expect(page.locator("#heading .heading")).to_be_focused()

    def test_the_same_but_otherwise_can_be_asked_for(self, page, photo):
        choose(page, photo)
        first, menu = cards(page).first.locator(".facts"), page.locator("#heading details.menu")
        menu.locator("summary").click()
        panel = menu.locator(".panel").bounding_box()
        assert panel["x"] >= 0 and panel["x"] + panel["width"] <= page.viewport_size["width"]
        press(menu, "Black")
        expect(first).to_contain_text("Black")
        expect(menu.locator("summary")).to_be_focused()
        press(page.locator("#heading"), "Undo: but Black")
        expect(first).to_contain_text("Dresses · Red")


class TestOnOneScreen:
    def test_a_product_can_be_opened_and_left_by_keys_and_again(self, visit):
        page = visit()
        link = cards(page).nth(1).locator(".front > a")
        for key in ("Escape", "Enter"):
            link.focus()
            page.keyboard.press("Enter")
            expect(dialog(page)).to_be_visible()
            expect(dialog(page).get_by_role("button", name="Close")).to_be_focused()
            page.keyboard.press(key)
            expect(dialog(page)).to_have_count(0)
            expect(link).to_be_focused()
        page.keyboard.press("Enter")
        name = dialog(page).locator("h2").inner_text()
        dialog(page).locator(".strip a").last.press("Enter")
        expect(dialog(page).locator("h2")).not_to_have_text(name)
        page.keyboard.press("Escape")
        expect(link).to_be_focused()
        look_closer(page, 2)
        page.mouse.click(5, 5)
        expect(dialog(page)).to_have_count(0)

    def test_a_closed_product_takes_no_focus_that_has_gone_on(self, visit):
        page = visit()
        look_closer(page)
        page.evaluate(
            "document.querySelector('#product dialog').close(), document.querySelector('#filters summary').focus()"
        )
        expect(page.locator("#product dialog")).to_have_count(0)
        expect(page.locator("#filters summary").first).to_be_focused()

    def test_an_answer_can_be_more_varied(self, visit, photo):
        page = visit()
        choose(page, photo)
        similar = ids(page)
        slider = page.get_by_role("slider")
        slider.focus()
        page.keyboard.press("End")
        page.wait_for_url(re.compile("varied=1"))
        assert set(ids(page)) != set(similar)
        page.keyboard.press("Home")
        page.wait_for_url(re.compile("^((?!varied).)*$"))
        assert ids(page) == similar

    def test_a_panel_of_filters_stays_within_the_window_and_can_be_left_by_a_key(self, visit):
        page = visit()
        page.set_viewport_size({"width": 1000, "height": 700})
        press(page, "More filters")
        for summary in page.locator("#filters summary").all():
            summary.click()
            panel = page.locator("#filters details[open] .panel")
            expect(panel).to_have_count(1)
            box = panel.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 1000
        page.keyboard.press("Escape")
        expect(page.locator("#filters details[open]")).to_have_count(0)
        expect(summary).to_be_focused()

    def test_small_pictures_are_shown_at_twice_their_size_at_most(self, visit):
        page = visit()
        tick(page, "Base colour", "Red")
        expect(cards(page)).to_have_count(12)
        cards(page).last.scroll_into_view_if_needed()
        small = page.locator('#cards a[data-item="p9"] img')
        expect(small).to_have_js_property("complete", True)
        assert small.bounding_box()["width"] <= 120
