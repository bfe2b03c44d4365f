"""How quickly the page is there and answers, beside an empty Gradio app in the same run. Needs Chromium.

    python benchmarks/page.py --index index [--repeats 7]

Interactive is when the first product, or the empty app's one field, is painted; the weight is what the browser got
before, thumbnails left out; an answer is from the picture's drop to the first new card painted, beside the encoder's
own time for the picture and the round trip of an event of the empty app.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from empty import empty_app
from PIL import Image
from playwright.sync_api import Browser, Page, Request, sync_playwright

from recsys import Recommender
from recsys.web import launch

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SETTLED = 2000
"""Milliseconds after which nothing more comes but the heartbeat, which keeps the network busy for good."""
PICTURE = ROOT / "docs" / "shirt.jpg"


def opened(browser: Browser, url: str, sign: str) -> tuple[Page, float, float]:
    """The page in a fresh context, the seconds until `sign` is there, and the kilobytes until then."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))
    started = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.locator(sign).first.wait_for()
    taken = time.perf_counter() - started
    page.wait_for_timeout(SETTLED)
    weights = [request.sizes()["responseBodySize"] for request in finished if "/thumbs/" not in request.url]
    return page, taken, sum(weights) / 1000


def event(page: Page, text: str) -> float:
    """Seconds from the key to the painted answer of the empty app."""
    page.fill("#field textarea, #field input", text)
    started = time.perf_counter()
    page.press("#field textarea, #field input", "Enter")
    page.locator("#shown b", has_text=text).wait_for()
    return time.perf_counter() - started


def answer(page: Page) -> float:
    """Seconds from the picture's drop to its products painted."""
    before = page.evaluate("document.querySelector('#heading [data-query]').dataset.query")
    started = time.perf_counter()
    page.set_input_files("#picture input[type=file]", PICTURE)
    page.wait_for_function(
        "before => { const now = document.querySelector('#heading [data-query]').dataset.query; const image ="
        " document.querySelector('#cards .card img'); return now !== before && image?.complete; }",
        arg=before,
    )
    taken = time.perf_counter() - started
    page.locator("#picture .icon-button-wrapper button").click()
    page.get_by_role("heading", name="From the shop").wait_for()
    return taken


def times(repeats: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure, taken in turn."""
    rounds = [[measure() for measure in measures] for _ in range(repeats)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", default=str(ROOT / "index"))
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    shop = Recommender.from_pretrained(options.index)
    picture = Image.open(PICTURE).convert("RGB")
    ours, empty = launch(shop, prevent_thread_lock=True), empty_app()

    def encoded() -> float:
        started = time.perf_counter()
        shop.embed(picture)
        return time.perf_counter() - started

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        loads = [[opened(browser, app.local_url, sign) for app, sign in ((ours, "#cards .card"), (empty, "#field"))]
                 for _ in range(options.repeats)]  # fmt: skip
        ready = [statistics.median(row[place][1] for row in loads) for place in (0, 1)]
        weight = [statistics.median(row[place][2] for row in loads) for place in (0, 1)]
        page, plain = loads[-1][0][0], loads[-1][1][0]
        answer(page)
        texts = iter(f"text {number}" for number in range(1000))
        answered, trip, encoding = times(
            options.repeats, lambda: answer(page), lambda: event(plain, next(texts)), encoded
        )
        browser.close()
    print("| what | ours | empty app | bar |\n| --- | --- | --- | --- |")
    print(f"| interactive, s | {ready[0]:.2f} | {ready[1]:.2f} | {ready[0] / ready[1]:.2f} of at most 1.25 |")
    extra = f"+{weight[0] - weight[1]:.0f} of at most 100"
    print(f"| weight without thumbnails, kB | {weight[0]:.0f} | {weight[1]:.0f} | {extra} |")
    most = encoding + 2 * trip
    print(f"| drop to gallery, ms | {1000 * answered:.0f} | event {1000 * trip:.0f}, encoder {1000 * encoding:.0f} |"
          f" {answered / most:.2f} of encoder + 2 events |")  # fmt: skip
    ours.close()
    empty.close()


if __name__ == "__main__":
    main()
