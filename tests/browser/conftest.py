"""One shop, one server and one browser for all tests of the page, and the watch that is kept over every visit."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from recsys.core.calibration import Calibration
from testkit.fake_shop import draw, encoded, fake_shop
from tests.support.serving import serving

SCREENS = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PLAIN = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
CALIBRATION = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), threshold=0.9, refused=0.05, queries=60)
CARD = (
    "# A fake shop\n\n| Products | Of |\n| --- | --- |\n| 60 | every kind |\n\n![Their colours](assets/colours.png)\n"
)

expect.set_options(timeout=20_000)


def chromium_on_this_machine(playwright):
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None) or shutil.which(playwright.chromium.executable_path)


@pytest.fixture(scope="package")
def shop():
    shop = fake_shop()
    shop.assets.card, shop.assets.plots = CARD, {"colours.png": encoded(draw("Caps", "#b3262e"))}
    return shop


@pytest.fixture(scope="package")
def server(shop, tmp_path_factory):
    with serving(shop, tmp_path_factory.mktemp("uploads")) as page:
        yield page


@pytest.fixture(scope="package")
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


@pytest.fixture(scope="package")
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


def is_trouble(message):
    """Whether the console names an error. That a test has no connection is none."""
    return message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text


@pytest.fixture
def visit(window, server):
    """Open the page; at the end, it has shown no error, asked no other host, and scrolls sideways nowhere."""
    pages, troubles = [], []

    def watch(page):
        page.on("console", lambda message: is_trouble(message) and troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
        page.on("response", lambda answer: answer.status >= 400 and troubles.append(f"{answer.status} {answer.url}"))
        own = (server.local_url, "data:", "blob:")
        page.on("request", lambda request: request.url.startswith(own) or troubles.append(request.url))

    def open_page(screen="wide", path="", cards=".card", **options):
        page = window(screen, **options).new_page()
        watch(page)
        page.goto(server.local_url + path)
        expect(page.locator(f"#cards {cards}").first).to_be_visible(timeout=30_000)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
        assert page.evaluate("[...document.images].every(image => !image.complete || image.naturalWidth)"), "no picture"
        page.evaluate("localStorage.clear()")
        page.close()
    assert not troubles


@pytest.fixture(params=SCREENS)
def page(visit, request):
    return visit(request.param, reduced_motion="reduce")


@pytest.fixture
def photo(tmp_path):
    """A red dress that fills the picture."""
    draw("Dresses", "#b3262e").resize((600, 800)).save(tmp_path / "photo.jpg")
    return tmp_path / "photo.jpg"


@pytest.fixture
def pair(tmp_path):
    """A red dress, and to its right a blue handbag."""
    picture = Image.new("RGB", (640, 400), "white")
    picture.paste(draw("Dresses", "#b3262e"), (30, 40))
    picture.paste(draw("Handbags", "#26355e"), (370, 40))
    picture.save(tmp_path / "pair.png")
    return tmp_path / "pair.png"


@pytest.fixture
def calibrated(shop, monkeypatch):
    """The shop with confidences, and an encoder that sees a red dress and says where."""
    sees = {"baseColour": {"Red": 1.0}, "articleType": {"Dresses": 0.75, "Caps": 0.25}}
    monkeypatch.setattr(shop, "calibration", CALIBRATION)
    monkeypatch.setattr(shop.encoder, "sees", sees)
    monkeypatch.setattr(shop.encoder, "heat", lambda image, item: np.linspace(0, 1, 48, dtype=np.float32).reshape(8, 6))
    return shop
