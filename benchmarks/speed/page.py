"""The page beside an empty Gradio app: load time, weight, and time from a dropped picture to its products.

The page is interactive when the first product, or the empty app's one field, is painted. The weight is what the browser
received before, without thumbnails. The time of an answer is compared with the encoder's time for the same picture and
the round trip of an event of the empty app. `phone.py` says how a slow phone is measured. Needs Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, Request, sync_playwright

from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result
from benchmarks.core.timing import ms
from benchmarks.speed import phone
from benchmarks.speed.empty_app import launch_empty_app
from recsys import Recommender
from recsys.web import launch

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SETTLED_MS = 2000
"""After this time only the heartbeat is sent, which never ends."""
PICTURE = ROOT / "docs" / "shirt.jpg"


def opened(browser: Browser, url: str, sign: str) -> tuple[Page, float, float]:
    """Open the page in a new context; returns it, the seconds until `sign` is shown, and the kilobytes received."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))
    started = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.locator(sign).first.wait_for()
    taken = time.perf_counter() - started
    page.wait_for_timeout(SETTLED_MS)
    weights = [request.sizes()["responseBodySize"] for request in finished if "/thumbs/" not in request.url]
    return page, taken, sum(weights) / 1000


def event(page: Page, text: str) -> float:
    """Seconds from the key press to the painted answer of the empty app."""
    page.fill("#field textarea, #field input", text)
    started = time.perf_counter()
    page.press("#field textarea, #field input", "Enter")
    page.locator("#shown b", has_text=text).wait_for()
    return time.perf_counter() - started


def answer(page: Page) -> float:
    """Seconds from dropping a picture to its painted products."""
    before = page.evaluate("document.querySelector('#heading [data-query]').dataset.query")
    started = time.perf_counter()
    page.set_input_files("#picture input[type=file]", PICTURE)
    page.wait_for_function(
        "before => { const now = document.querySelector('#heading [data-query]').dataset.query; const image ="
        " document.querySelector('#cards .card img'); return now !== before && image?.complete; }",
        arg=before,
    )
    taken = time.perf_counter() - started
    page.locator("#picture [data-remove]").click()
    page.get_by_role("heading", name="From the shop").wait_for()
    return taken


def medians(repeats: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure, taken in turn."""
    rounds = [[measure() for measure in measures] for _ in range(repeats)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", default=str(ROOT / "index"))
    parser.add_argument("--repeats", type=int, default=7)


def run(options: argparse.Namespace) -> Result:
    shop = Recommender.from_pretrained(options.index)
    picture = Image.open(PICTURE).convert("RGB")
    apps = {"#cards .card": launch(shop, prevent_thread_lock=True), "#field": launch_empty_app()}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        loads = [[opened(browser, app.local_url, sign) for sign, app in apps.items()] for _ in range(options.repeats)]
        ready, weight = ([statistics.median(row[app][part] for row in loads) for app in (0, 1)] for part in (1, 2))
        page, plain = loads[-1][0][0], loads[-1][1][0]
        answer(page)
        texts = iter(f"text {number}" for number in range(1000))
        answered, trip, encoding = medians(
            options.repeats,
            lambda: answer(page),
            lambda: event(plain, next(texts)),
            lambda: ms(lambda: shop.embed(picture))[0] / 1000,
        )
        with TemporaryDirectory() as folder:
            photo = phone.large_photo(PICTURE, Path(folder) / "photo.jpg")
            on_phone = [*phone.rows(browser, *(app.local_url for app in apps.values()), photo, options.repeats)]
        browser.close()
    for app in apps.values():
        app.close()
    rows = [
        ("interactive, s", *ready, ready[0] / ready[1], "at most 1.25 ×"),
        ("weight without thumbnails, kB", *weight, weight[0] - weight[1], "at most 100 more"),
        (
            "picture to products, ms",
            1000 * answered,
            f"event {1000 * trip:.0f}, encoder {1000 * encoding:.0f}",
            answered / (encoding + 2 * trip),
            "at most 1 × the encoder and two events",
        ),
        *on_phone,
    ]
    return Result({"": [dict(zip(("what", "ours", "empty app", "compared", "bar"), row, strict=True)) for row in rows]})
