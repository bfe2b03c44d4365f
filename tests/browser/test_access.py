"""For everyone: by keyboard, by touch, in the dark, without motion, and by the rules that axe-core checks."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from playwright.sync_api import expect

from tests.browser.steps import cards, choose, dialog, heading, leave, like, look_closer, menu, press, tick, unfold

NARROW = [{"width": 640, "height": 400}, {"width": 320, "height": 568}]
"""A window of 1280 px at 200 % and at 400 %."""
GRADIOS_OWN = [[".toast-wrap"]]
"""Its notices are buttons with a button inside, in an empty page of Gradio too; their words are ours, and plain."""
CHECK = """([rules, without]) => axe.run({exclude: without}, {...rules, resultTypes: ["violations"]}).then(
    ({violations}) => violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 200)}`)))"""
OUTSIDE = """() => [...document.querySelectorAll("button, a, input, select, summary, h1, h2, h3, p")]
    .filter((part) => part.checkVisibility() && !part.closest(".unseen, .skip, .sheet table"))
    .filter((part) => { const { left, right, width } = part.getBoundingClientRect();
        return width > 1 && (left < -1 || right > innerWidth + 1) }).map((part) => part.outerHTML.slice(0, 200))"""
UNSEEN = """() => {
    const shown = [...document.querySelectorAll("*")].filter((part) => part.checkVisibility());
    const style = (part, pseudo) => getComputedStyle(part, pseudo);
    const hearts = shown.filter((part) => part.matches(".opinion")
        && style(part, "::before").backgroundColor !== "rgb(0, 0, 0)");
    const pressed = shown.filter((part) => part.matches("[aria-pressed=true], .chip.chosen, .facet.active summary")
        && style(part).outlineStyle !== "solid");
    const ticks = shown.filter((part) => part.matches("#filters input[type=checkbox]:checked")
        && style(part, "::after").backgroundColor !== "rgb(0, 0, 0)");
    const parts = shown.filter((part) => part.matches(".tile, .chip:not(span), .pill, .row > .menus summary, form")
        && style(part).borderTopWidth === "0px");
    return [...hearts, ...pressed, ...ticks, ...parts].map((part) => part.outerHTML.slice(0, 200)) }"""
"""What is not seen in forced colours, where black is the colour of text."""


def wrong(page):
    """What is wrong with what is shown, by all rules of axe-core, in the dark, at 400 %, and in forced colours."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(CHECK, [{}, GRADIOS_OWN])
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.body.classList.add('dark')")
    found += [f"dark {wrong}" for wrong in page.evaluate(CHECK, [{"runOnly": ["color-contrast"]}, GRADIOS_OWN])]
    page.emulate_media(color_scheme="light", forced_colors="active")
    page.evaluate("document.body.classList.remove('dark')")
    found += [f"forced colours {wrong}" for wrong in page.evaluate(UNSEEN)]
    page.emulate_media(forced_colors="none")
    return found + [f"narrow {wrong}" for wrong in outside(page)]


def outside(page):
    """What lies outside of a narrow window, which is that of a visitor who zooms in."""
    before, found = page.viewport_size, []
    for size in NARROW:
        page.set_viewport_size(size)
        found += page.evaluate(OUTSIDE)
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            found.append(f"it scrolls sideways at {size}")
    page.set_viewport_size(before)
    return found


@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_no_state_of_the_page_breaks_the_rules(visit, calibrated, pair, screen):
    page = visit(screen, "?index=0000000", reduced_motion="reduce")
    expect(page.locator("#notice .notice")).to_be_visible()
    found = {"window": wrong(page)}
    page.locator("#link input").press_sequentially("women xqzz re")
    expect(page.get_by_role("option").first).to_be_visible()
    found["suggestions"] = wrong(page)
    page.locator("#link input").fill("women xqzz watch in red and summer")
    press(page, "Search")
    expect(page.locator("#heading [data-words-left]").first).to_be_visible()
    found["words"] = wrong(page)
    page.locator("#link input").fill("")
    press(page, "Search")
    expect(heading(page)).to_have_text("From the shop")
    page.set_input_files("#picture input[type=file]", pair)
    unfold(page)
    page.locator("#part [data-box]").first.click()
    unfold(page)
    expect(page.locator(".veil i")).to_be_visible()
    page.locator("#heading .menu summary").click()
    found["answer with its menu open"] = wrong(page)
    page.keyboard.press("Escape")
    tick(page, "Article type", "Watches")
    menu(page, "Season").locator("summary").click()
    expect(page.locator("#filters details[open] .none").first).to_be_visible()
    found["filters open"] = wrong(page)
    leave(page)
    empty = visit(screen, "?is.articleType=Watches&is.season=Winter", cards=".nothing")
    found["nothing passes"] = wrong(empty)
    press(page, "Clear filters")
    like(page)
    unfold(page)
    page.get_by_placeholder("Paste a link to a picture").fill("http://127.0.0.1/x.jpg")
    press(page, "Search")
    expect(page.locator("#link .problem")).to_be_visible()
    found["liked, and an error"] = wrong(page)
    page.locator("#taste [data-liked]").click()
    expect(page.locator(".sheet.liked[open]")).to_be_visible()
    found["what is liked"] = wrong(page)
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("liked=1"))
    look_closer(page)
    found["product"] = wrong(page)
    press(dialog(page), "Complete the look")
    page.locator("[data-act=keep]").first.click()
    expect(page.locator("[data-act=keep][aria-pressed=true]")).to_be_visible()
    found["look"] = wrong(page)
    page.goto(page.url.split("?")[0] + "about")
    found["about"] = wrong(page)
    assert {state: wrongs for state, wrongs in found.items() if wrongs} == {}


def test_the_main_path_can_be_walked_by_keyboard_alone(visit):
    page = visit()

    def tab_to(selector, most=60):
        for _ in range(most):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return
        raise AssertionError(f"no way to {selector}")

    tab_to("#examples button")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Closest to your picture")
    tab_to("[data-share]")
    tab_to(".menu summary")
    tab_to("#filters summary")
    page.keyboard.press("Enter")
    tab_to("#filters details[open] input")
    page.keyboard.press("Space")
    expect(page.locator("#filters .active")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#filters .active summary")).to_be_focused()
    tab_to("#cards .front > a")
    page.keyboard.press("Enter")
    expect(dialog(page)).to_be_visible()
    tab_to("dialog [data-opinion=liked]")
    page.keyboard.press("Space")
    expect(page.locator("dialog [data-opinion=liked]")).to_have_attribute("aria-pressed", "true")
    tab_to("dialog [data-similar]")
    page.keyboard.press("Enter")
    expect(heading(page)).to_contain_text("More like")
    expect(page.locator("#heading .heading")).to_be_focused()
    tab_to("[data-back]", most=2)
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Closest to your picture")


def test_pictures_and_marks_are_seen_in_the_colours_of_the_system(visit, photo):
    page = visit(forced_colors="active", color_scheme="dark")
    picture = Image.open(BytesIO(cards(page).first.locator(".tile img").screenshot()))
    assert max(high for _, high in picture.convert("RGB").getextrema()) > 100, "the picture is as dark as the page"
    choose(page, photo)
    colours = "mark => [getComputedStyle(mark).backgroundColor, getComputedStyle(mark).color]"
    ground, ink = page.locator("#cards mark").first.evaluate(colours)
    assert ground.startswith("rgb(") and ink != ground


def test_everything_to_press_is_large_enough_and_named(visit, calibrated, pair):
    page = visit("phone", has_touch=True)
    page.set_input_files("#picture input[type=file]", pair)
    expect(page.locator("#part [data-box]")).to_have_count(2)
    like(page)
    page.locator("#heading .menu summary").click()

    def check():
        assert (
            page.evaluate(
                """selector => [...document.querySelectorAll(selector)].filter(element => element.checkVisibility())
                .filter(element => {
                    const { width, height } = element.getBoundingClientRect();
                    const name = element.ariaLabel || element.innerText || element.placeholder;
                    return height < 40 || width < 24 || !name;
                }).map(element => element.outerHTML)""",
                "button, summary, #header a, #cards a, #taste a, dialog a, .import, #link input",
            )
            == []
        )

    check()
    page.keyboard.press("Escape")
    look_closer(page)
    check()
    press(dialog(page), "Complete the look")
    expect(heading(page)).to_contain_text("A look with")
    check()


def test_a_dark_page_keeps_its_words_legible_and_its_tiles_light(visit):
    page = visit(color_scheme="dark")
    luminance = """selector => { const [r, g, b] = getComputedStyle(document.querySelector(selector))
        [selector == "#cards .name" ? "color" : "backgroundColor"].match(/\\d+/g); return (+r + +g + +b) / 765 }"""
    assert page.evaluate(luminance, "body") < 0.15
    assert page.evaluate(luminance, "#cards .name") > 0.85
    assert page.evaluate(luminance, "#cards .tile") > 0.85
    look_closer(page)
    assert page.evaluate(luminance, "dialog") < 0.15


def test_who_wants_no_motion_gets_none(visit, photo):
    page = visit("phone", reduced_motion="reduce")
    behaviours = """() => { window.seen = []; const scroll = Element.prototype.scrollIntoView;
        Element.prototype.scrollIntoView = function (how) { seen.push(how?.behavior); scroll.call(this, how); } }"""
    page.evaluate(behaviours)
    choose(page, photo)
    page.wait_for_function("seen.length > 0")
    assert set(page.evaluate("seen")) == {"auto"}
    expect(cards(page).first).to_be_visible()
