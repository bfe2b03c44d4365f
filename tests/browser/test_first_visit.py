"""What a first visit loads, and that nothing moves while it does."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from recsys.web.page.preload import LIST
from tests.browser.conftest import SCREENS

SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
"""1.6 Mb/s, in bytes a second, and milliseconds."""
WATCH_SHIFTS = """window.shifts = 0; new PerformanceObserver(list => {
    for (const each of list.getEntries()) window.shifts += each.value;
}).observe({ type: "layout-shift", buffered: true });"""


def first_visit(browser, server, screen, **conditions):
    """A page in a new browser window, and the names of Gradio's files that it asks for."""
    page = browser.new_context(viewport=screen).new_page()
    asked = []
    page.on("request", lambda request: "/assets/" in request.url and asked.append(request.url.rpartition("/")[2]))
    if conditions:
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", conditions)
    page.add_init_script(WATCH_SHIFTS)
    page.goto(server.local_url)
    expect(page.locator("#cards .card img").first).to_be_visible(timeout=30_000)
    return page, asked


def test_the_browser_learns_at_once_of_each_file_of_gradio_that_the_page_needs(browser, server):
    """Where this fails after an upgrade of Gradio: write the files that are asked for to preload.txt, in that order."""
    page, asked = first_visit(browser, server, {"width": 390, "height": 844})
    page.wait_for_timeout(1000)
    assert set(asked) == set(LIST.read_text("utf-8").split())
    page.context.close()


def test_nothing_moves_while_a_slow_phone_loads_the_page(browser, server):
    page, _ = first_visit(browser, server, {"width": 390, "height": 844}, **SLOW)
    page.wait_for_timeout(1500)
    assert page.evaluate("window.shifts") <= 0.02
    page.context.close()


@pytest.mark.parametrize("screen", SCREENS)
def test_title_and_products_are_there_before_the_scripts_at_their_places(browser, server, screen):
    page = browser.new_context(viewport=SCREENS[screen]).new_page()
    held = []
    page.route("**/assets/HTML-*.js", lambda route: held.append(route))
    page.goto(server.local_url, wait_until="commit")
    first = page.locator("#first-view li a").first
    expect(first.locator("img")).to_be_visible()
    expect(first).to_have_attribute("href", re.compile(r"^\?product="))
    places = [page.locator(f"#first-view {part}").first.bounding_box() for part in ("h1", ".ask", "h2", ".tile")]
    page.wait_for_timeout(500)
    for each in held:
        each.continue_()
    expect(page.locator("#cards .card img").first).to_be_visible()
    expect(page.locator("#first-view")).to_have_count(0)
    parts = ("#header h1", "#ask", "#heading h2", "#cards .front")
    for before, part in zip(places, parts, strict=True):
        now = page.locator(part).first.bounding_box()
        assert abs(now["x"] - before["x"]) < 2 and abs(now["y"] - before["y"]) < 40
    page.context.close()
