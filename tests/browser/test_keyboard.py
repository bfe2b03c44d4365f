"""Everything that the page does, by keyboard alone. The focus is seen, and is never lost."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.steps import cards, dialog, heading

AT = "selector => document.activeElement.matches(selector)"
IS_SEEN = """() => { const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    const around = document.activeElement.closest("#link form, .import");
    const isSeen = outlineStyle !== "none" && outlineWidth !== "0px";
    return isSeen || (around && getComputedStyle(around).outlineStyle !== "none") }"""


class Keys:
    """A visitor without a pointer."""

    def __init__(self, page):
        self.page, self.press = page, page.keyboard.press

    def go(self, selector, key="Tab", most=150):
        """Press Tab until something of this kind has the focus."""
        for _ in range(most):
            self.press(key)
            if self.page.evaluate(AT, selector):
                assert self.page.evaluate(IS_SEEN), f"the focus on {selector} is not seen"
                return
        raise AssertionError(f"no way to {selector}")

    def back(self, selector):
        self.go(selector, "Shift+Tab")

    def use(self, selector, key="Enter", back=False):
        """Go to a control and press a key on it."""
        self.go(selector, "Shift+Tab" if back else "Tab")
        self.press(key)

    def expect_at(self, selector):
        expect(self.page.locator(selector).first).to_be_focused()


def test_every_feature_works_by_keyboard_alone(visit, calibrated):
    page = visit()
    page.wait_for_timeout(500)  # Gradio still makes parts of the page
    keys = Keys(page)
    keys.press("Tab")
    keys.expect_at(".skip")
    keys.press("Enter")
    keys.expect_at("#cards .front > a")
    keys.use("[data-longer]")
    expect(cards(page)).to_have_count(40)
    keys.expect_at("#cards .card:nth-child(21) .front > a")

    keys.use("#examples button", back=True)
    expect(heading(page)).to_have_text("Closest to your picture")
    keys.expect_at("#heading .heading")

    keys.use("[data-frame-part]", back=True)
    keys.expect_at(".veil i")
    for key in ("Shift+ArrowLeft", "ArrowRight", "ArrowDown", "Enter"):
        keys.press(key)
    expect(page.locator("#part")).to_contain_text("part in the frame")
    keys.expect_at(".veil i")
    keys.use("[data-whole]")
    expect(page.locator("#part")).to_contain_text("the whole picture")
    expect(page.locator("body")).not_to_be_focused()

    keys.use(".menu summary")
    keys.use("[data-but]:not([disabled])")
    expect(page.locator(".chip.chosen")).to_be_visible()
    keys.expect_at(".menu summary")
    keys.use(".chip.chosen")
    expect(page.locator(".chip.chosen")).to_have_count(0)
    expect(page.locator("body")).not_to_be_focused()

    keys.use("#heading [data-attribute]")
    expect(page.locator("#heading [aria-pressed=true]")).to_have_count(1)
    expect(page.locator("body")).not_to_be_focused()
    keys.use("#filters [data-token]")
    expect(page.locator("#filters [data-token]")).to_have_count(0)
    expect(page.locator("body")).not_to_be_focused()
    keys.use("[data-more]", back=page.evaluate(AT, "#heading *"))
    keys.use("[data-name=Season] summary", back=True)
    keys.use("details[open] input", "Space")
    expect(page.locator("#filters .active")).to_have_count(1)
    keys.press("Escape")
    keys.expect_at("[data-name=Season] summary")
    keys.use("[data-clear]")
    expect(page.locator("#filters .active")).to_have_count(0)
    keys.expect_at("#heading .heading")
    keys.use("#variety input", "ArrowRight")
    page.wait_for_url(re.compile("varied=0.25"))
    keys.press("ArrowLeft")
    page.wait_for_url(re.compile("^((?!varied).)*$"))

    keys.use("#cards .front > a")
    expect(dialog(page)).to_be_visible()
    keys.use("dialog[open] [data-opinion=liked]", "Space")
    expect(dialog(page).locator("[data-opinion=liked]")).to_have_attribute("aria-pressed", "true")
    keys.press("Escape")
    expect(dialog(page)).to_have_count(0)
    keys.expect_at("#cards .front > a")
    keys.use("#cards .card:nth-child(2) [data-opinion=liked]", "Space")
    expect(page.locator("#taste")).to_contain_text("Liked (2)")
    keys.expect_at("#cards .card:nth-child(2) [data-opinion=liked]")
    keys.use("#heading [data-liked]", back=True)
    expect(page.locator(".sheet.liked[open]")).to_be_visible()
    keys.use(".sheet.liked [data-opinion=liked]")
    expect(page.locator(".sheet.liked .title")).to_have_text("Liked (1)")
    keys.expect_at("#liked-name")
    keys.press("Escape")
    expect(dialog(page)).to_have_count(0)
    expect(page).not_to_have_url(re.compile("liked=1"))
    keys.expect_at("#heading [data-liked]")

    keys.use("#cards .front > a")
    keys.use("[data-similar]")
    expect(heading(page)).to_contain_text("More like")
    keys.expect_at("#heading .heading")
    keys.use("#cards .front > a")
    keys.use("[data-look]")
    expect(heading(page)).to_contain_text("A look with")
    keys.expect_at("#heading .heading")
    keys.use("[data-act=keep]")
    expect(page.locator("[data-act=keep][aria-pressed=true]")).to_have_count(1)
    keys.expect_at("[data-act=keep]")
    keys.use("[data-act=keep][aria-pressed=false] + [data-act=swap]")
    expect(page.locator("body")).not_to_be_focused()
    keys.use("[data-back]", back=True)
    expect(heading(page)).to_contain_text("More like")
    keys.expect_at("#heading .heading")

    keys.back("#link input")
    page.keyboard.type("women red wat")
    expect(page.get_by_role("option").first).to_be_visible()
    keys.press("ArrowDown")
    expect(page.locator("#link input")).to_have_attribute("aria-activedescendant", "suggestion-0")
    keys.press("Enter")
    expect(heading(page)).to_contain_text("women red Watches")
    keys.expect_at("#link input")
    keys.use("#heading [data-words-left]")
    expect(heading(page)).to_contain_text("red Watches")
    keys.expect_at("#heading .heading")
    keys.use("#picture [data-remove]", back=True)
    expect(page.locator("#picture .shown")).to_be_hidden()
    expect(page.locator("body")).not_to_be_focused()
    page.go_back()
    expect(page.locator("#picture .shown")).to_be_visible()
