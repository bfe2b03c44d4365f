"""The page in Chromium, on a wide screen and on a phone: what a visitor does, and what must never happen meanwhile."""

from __future__ import annotations

import re
import shutil

import pytest
from fake_shop import HOSTILE_NAME, draw, encoded, fake_shop
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from recsys.calibration import Calibration
from recsys.ui import launch

SCREENS = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PLAIN = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
RED_DRESS = draw("Dresses", "#b3262e")
CALIBRATION = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), threshold=0.9, refused=0.05, queries=60)

expect.set_options(timeout=20_000)


def chromium_on_this_machine(playwright):
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None) or shutil.which(playwright.chromium.executable_path)


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


@pytest.fixture(scope="module")
def server(shop, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        page = launch(shop, prevent_thread_lock=True)
        yield page
        page.close()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        executable = chromium_on_this_machine(playwright)
        if executable is None:
            pytest.skip(
                "no Chromium on this machine: install the package `chromium`, or run `playwright install chromium`"
            )
        browser = playwright.chromium.launch(executable_path=executable, args=PLAIN + FAKE_CAMERA)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def window(browser):
    """A browser window of a screen; each kind is opened once, so that its cache is warm for the next page."""
    windows = {}

    def open_window(screen, **options):
        kind = (screen, *options.items())
        if kind not in windows:
            permissions = ["camera", "clipboard-read", "clipboard-write"]
            windows[kind] = browser.new_context(viewport=SCREENS[screen], permissions=permissions, **options)
        return windows[kind]

    return open_window


@pytest.fixture
def visit(window, server):
    """Open the page; at the end, it has shown no error, asked no other host, and scrolls sideways nowhere."""
    pages, troubles = [], []

    def watch(page):
        page.on("console", lambda message: message.type == "error" and troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
        page.on("response", lambda answer: answer.status >= 400 and troubles.append(f"{answer.status} {answer.url}"))
        own = (server.local_url, "data:", "blob:")
        page.on("request", lambda request: request.url.startswith(own) or troubles.append(request.url))

    def open_page(screen="wide", path="", **options):
        page = window(screen, **options).new_page()
        watch(page)
        page.goto(server.local_url + path)
        expect(page.locator("#cards .card").first).to_be_visible(timeout=30_000)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
        assert page.evaluate("[...document.images].every(image => !image.complete || image.naturalWidth)"), "no picture"
        page.close()
    assert not troubles


@pytest.fixture
def photo(tmp_path):
    RED_DRESS.resize((600, 800)).save(tmp_path / "photo.jpg")
    return tmp_path / "photo.jpg"


@pytest.fixture
def calibrated(shop, monkeypatch):
    monkeypatch.setattr(shop, "calibration", CALIBRATION)
    return shop


def heading(page):
    return page.locator("#heading h2")


def choose(page, photo):
    page.set_input_files("#picture input[type=file]", photo)
    expect(heading(page)).to_have_text("Closest to your picture")


def tick(page, attribute, value):
    page.locator("#filters summary", has_text=attribute).click()
    page.locator("#filters details[open] label", has_text=value).click()
    page.keyboard.press("Escape")
    expect(page.locator("#filters details[open]")).to_have_count(0)


class TestOnEveryScreen:
    @pytest.fixture(params=SCREENS)
    def page(self, visit, request):
        return visit(request.param)

    def test_an_uploaded_photo_is_answered_where_the_visitor_looks(self, page, photo):
        choose(page, photo)
        expect(page.locator("#cards .card")).to_have_count(5)
        expect(page.locator("#cards .facts").first).to_contain_text("Dresses · Red")
        expect(page.locator("#cards .similarity").first).to_have_text("similarity 1.00")
        expect(heading(page)).to_be_in_viewport()

    def test_a_photo_of_the_camera_is_answered(self, page):
        page.get_by_label("Capture from camera").click()
        page.get_by_text("Click to Access Webcam").click()
        page.wait_for_function("document.querySelector('#picture video')?.videoWidth > 0")
        page.get_by_label("capture photo").click()
        expect(heading(page)).to_have_text("Closest to your picture")
        expect(page.locator("#cards .card")).to_have_count(5)

    def test_a_card_leads_to_more_like_it_and_back(self, page, photo):
        choose(page, photo)
        first = page.locator("#cards .name").first.inner_text()
        page.locator("#cards a").first.click()
        expect(heading(page)).to_have_text(f"More like {first}")
        expect(page.locator("#cards .name").first).not_to_have_text(first)
        page.get_by_role("button", name="Back to your picture").click()
        expect(heading(page)).to_have_text("Closest to your picture")
        expect(page.locator("#cards .name").first).to_have_text(first)

    def test_an_answer_says_how_close_it_is_and_what_is_shared(self, calibrated, monkeypatch, page, photo):
        sees = {"baseColour": {"Red": 1.0}, "articleType": {"Dresses": 0.75, HOSTILE_NAME: 0.25}}
        monkeypatch.setattr(calibrated.encoder, "sees", sees)
        choose(page, photo)
        expect(page.locator("#heading .seen")).to_have_text("We see: Dresses, Red")
        first = page.locator("#cards .card").first
        expect(first.locator("mark")).to_have_text(["Dresses", "Red"])
        expect(first.locator(".closeness")).to_have_attribute("title", re.compile("^90 % sure .*; similarity 1.00$"))
        assert first.locator(".unseen").bounding_box()["width"] <= 1
        page.locator("#cards a").first.click()
        expect(heading(page)).to_contain_text("More like")
        expect(page.locator("#heading .seen")).to_have_count(0)

    def test_where_nothing_is_close_the_nearest_are_offered_all_the_same(self, calibrated, monkeypatch, page, tmp_path):
        monkeypatch.setattr(calibrated.encoder, "sees", {"articleType": {HOSTILE_NAME: 1.0}})
        Image.new("RGB", (240, 320), "black").save(tmp_path / "black.png")
        page.set_input_files("#picture input[type=file]", tmp_path / "black.png")
        expect(heading(page)).to_have_text("Nothing in this shop is close to your picture")
        expect(page.locator("#heading [role=status]")).to_have_text(
            "These are the nearest all the same: 5 of 60 products"
        )
        expect(page.locator("#heading .seen")).to_have_text(f"We see: {HOSTILE_NAME}")
        expect(page.locator("#cards .card")).to_have_count(5)
        tick(page, "Gender", "Women")
        expect(heading(page)).to_have_text("Nothing with these filters is close to your picture")
        expect(page.locator(".toast-body")).to_have_count(0)

    def test_filters_narrow_the_answer_at_once(self, page, photo):
        choose(page, photo)
        tick(page, "Gender", "Women")
        expect(page.locator("#heading [role=status]")).to_have_text("5 of 30 products that pass the filters")
        tick(page, "Base colour", "Olive")
        expect(page.locator("#heading [role=status]")).to_have_text("5 of 6 products that pass the filters")
        expect(page.locator("#filters .active summary")).to_have_text(["Gender: Women", "Base colour: Olive"])
        page.locator("#count label", has_text="20").click()
        expect(page.locator("#cards .card")).to_have_count(6)
        page.get_by_role("button", name="Clear filters").click()
        expect(page.locator("#cards .card")).to_have_count(20)

    def test_filters_without_a_product_can_be_loosened(self, page):
        tick(page, "Article type", "Watches")
        tick(page, "Master category", "Apparel")
        expect(page.locator("#cards")).to_contain_text("No product passes all these filters")
        page.get_by_role("button", name="Without Master category: Apparel (10)").click()
        expect(page.locator("#cards .card")).to_have_count(10)
        expect(page.locator("#filters .active summary")).to_have_text(["Article type: Watches"])


class TestOnOneScreen:
    def test_an_example_runs_on_click_and_is_shown(self, visit):
        page = visit()
        page.locator("#examples button").nth(2).click()
        expect(heading(page)).to_have_text("Closest to your picture")
        expect(page.locator("#picture img")).to_have_attribute("src", re.compile("^data:image/webp"))
        expect(page.locator("#cards .similarity").first).to_have_text("similarity 1.00")

    def test_a_panel_of_filters_stays_within_the_window_and_can_be_left_by_a_key(self, visit):
        page = visit()
        page.set_viewport_size({"width": 1000, "height": 700})
        for summary in page.locator("#filters summary").all():
            summary.click()
            panel = page.locator("#filters details[open] .panel")
            expect(panel).to_have_count(1)
            box = panel.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 1000
        page.keyboard.press("Escape")
        expect(page.locator("#filters details[open]")).to_have_count(0)
        expect(summary).to_be_focused()

    def test_a_pasted_picture_is_answered(self, visit):
        page = visit()
        page.evaluate(
            """async bytes => navigator.clipboard.write(
                [new ClipboardItem({"image/png": new Blob([new Uint8Array(bytes)], {type: "image/png"})})])""",
            list(encoded(RED_DRESS)),
        )
        page.bring_to_front()
        page.wait_for_function("navigator.clipboard.read().then(([item]) => item.types.includes('image/png'))")
        page.get_by_label("Paste from clipboard").click()
        expect(heading(page)).to_have_text("Closest to your picture")

    def test_a_link_into_the_own_network_is_refused_in_a_sentence(self, visit):
        page = visit()
        page.get_by_placeholder("Paste a link to a picture").fill("http://127.0.0.1/x.jpg")
        page.get_by_role("button", name="Search", exact=True).click()
        expect(page.locator(".toast-body")).to_contain_text("not on the public internet")

    def test_a_bad_file_is_refused_in_a_sentence_and_leaves_no_trace(self, visit, tmp_path):
        (tmp_path / "bad.jpg").write_text("no picture")
        page = visit("phone")
        page.set_input_files("#picture input[type=file]", tmp_path / "bad.jpg")
        expect(page.locator(".toast-body")).to_contain_text("no picture that can be read")
        expect(page.locator("#picture img")).to_have_count(0)
        expect(heading(page)).to_have_text("From the shop")

    def test_taking_the_picture_away_shows_the_shop_again(self, visit, photo):
        page = visit()
        choose(page, photo)
        page.locator("#picture .icon-button-wrapper button").click()
        expect(heading(page)).to_have_text("From the shop")
        expect(page.locator("#cards .card")).to_have_count(10)

    def test_an_address_can_name_an_item_and_names_are_only_text(self, visit):
        page = visit(path="?item=p1")
        expect(heading(page)).to_contain_text("More like <script>alert(1)</script> ${alert(1)} {{value}}")
        page.get_by_role("button", name="Back to the shop").click()
        expect(heading(page)).to_have_text("From the shop")

    def test_small_pictures_are_shown_at_twice_their_size_at_most(self, visit):
        page = visit()
        tick(page, "Base colour", "Red")
        page.locator("#count label", has_text="20").click()
        expect(page.locator("#cards .card")).to_have_count(12)
        page.locator("#cards .card").last.scroll_into_view_if_needed()
        small = page.locator('#cards a[data-item="p9"] img')
        expect(small).to_have_js_property("complete", True)
        assert small.bounding_box()["width"] <= 120

    def test_a_dark_page_keeps_its_words_legible_and_its_tiles_light(self, visit):
        page = visit(color_scheme="dark")
        luminance = """selector => { const [r, g, b] = getComputedStyle(document.querySelector(selector))
            [selector == "#cards .name" ? "color" : "backgroundColor"].match(/\\d+/g); return (+r + +g + +b) / 765 }"""
        assert page.evaluate(luminance, "body") < 0.15
        assert page.evaluate(luminance, "#cards .name") > 0.85
        assert page.evaluate(luminance, "#cards .tile") > 0.85

    def test_everything_to_press_is_large_enough_and_named(self, visit, photo):
        page = visit("phone", has_touch=True)
        choose(page, photo)
        page.locator("#cards a").first.click()
        expect(heading(page)).to_contain_text("More like")
        pressed = "button, summary, #cards a, #count label, #link input"
        for element in page.locator(pressed).all():
            if not element.is_visible():
                continue
            box = element.bounding_box()
            assert min(box["width"], box["height"]) >= 40, element.evaluate("e => e.outerHTML")
            assert element.evaluate("e => e.ariaLabel || e.innerText || e.placeholder")
