"""A first visit and a large photo on a slow phone: a quarter of the processor, 1.6 Mb/s down, 1 Mb/s up, 150 ms.

What is seen first is a painted text of any kind. The page can be used when the first product is painted. The photo of
4000 × 3000 px is sent with the whole processor and 50 ms, because a phone of today decodes it as fast as this machine.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page

WATCH = """window.shifts = 0; new PerformanceObserver((list) => {
    for (const each of list.getEntries()) window.shifts += each.value;
}).observe({ type: "layout-shift", buffered: true });"""
SHOWN = "(sign) => document.querySelector(sign)?.offsetHeight"
CHOSEN = """document.querySelector("#picture input[type=file]")
    .addEventListener("change", () => { window.chosen = performance.now(); }, true)"""
ANSWERED = """(before) => document.querySelector("#heading [data-query]").dataset.query !== before
    && document.querySelector("#cards .card") && performance.now() - window.chosen"""
WIDTH, HEIGHT, SEED = 4000, 3000, 0


@contextmanager
def phone(browser: Browser) -> Iterator[Page]:
    """A page in a new window of the size of a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    yield context.new_page()
    context.close()


def slow_down(page: Page, latency_ms: int, cpu: int) -> None:
    """Slow the network and the processor of a page."""
    session = page.context.new_cdp_session(page)
    speeds = {"downloadThroughput": 200_000, "uploadThroughput": 125_000, "latency": latency_ms, "offline": False}
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", speeds)
    session.send("Emulation.setCPUThrottlingRate", {"rate": cpu})


def first_visit(browser: Browser, url: str, sign: str = "#cards .card") -> tuple[float, float, float]:
    """Seconds until something is painted and until `sign` is, and the sum of all layout shifts."""
    with phone(browser) as page:
        slow_down(page, latency_ms=150, cpu=4)
        page.add_init_script(WATCH)
        page.goto(url, wait_until="commit")
        page.wait_for_function(SHOWN, arg=sign, polling=20, timeout=60_000)
        usable = page.evaluate("performance.now()")
        page.wait_for_timeout(2000)
        painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        return painted / 1000, usable / 1000, page.evaluate("window.shifts")


def photo_answered(browser: Browser, url: str, photo: Path) -> float:
    """Seconds from the choice of a photo to its products."""
    with phone(browser) as page:
        page.goto(url)
        page.locator("#cards .card img").first.wait_for()
        page.evaluate(CHOSEN)
        before = page.evaluate("document.querySelector('#heading [data-query]').dataset.query")
        slow_down(page, latency_ms=50, cpu=1)
        page.set_input_files("#picture input[type=file]", photo)
        taken = page.wait_for_function(ANSWERED, arg=before, polling=20, timeout=60_000).json_value()
        return float(taken) / 1000


def large_photo(product: Path, photo: Path) -> Path:
    """Write a photo of a product on a rough ground, with the noise of a camera, of about 3 MB."""
    random = np.random.default_rng(SEED)
    ground = np.zeros((HEIGHT, WIDTH), np.float32)
    for size in (2, 4, 8, 16, 64, 256):
        grain = random.integers(0, 256, (HEIGHT // size + 1, WIDTH // size + 1), np.uint8)
        ground += np.asarray(Image.fromarray(grain).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)) * size**0.35
    ground = (ground - ground.mean()) / ground.std()
    pixels = np.stack([120 + 22 * ground, 98 + 20 * ground, 78 + 18 * ground], axis=-1)
    picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    thing = Image.open(product).convert("RGB")
    thing = thing.resize((2200 * thing.width // thing.height, 2200))
    picture.paste(thing, ((WIDTH - thing.width) // 2, 400))
    noisy = np.asarray(picture, np.float32) + random.normal(0, 5, (HEIGHT, WIDTH, 1))
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(photo, quality=90)
    return photo


def rows(browser: Browser, url: str, empty: str, photo: Path, repeats: int) -> Iterator[tuple[object, ...]]:
    """The rows of the table: what was measured, for the page and for an empty app, and the bar."""
    visits = [(first_visit(browser, url), first_visit(browser, empty, "#field")) for _ in range(repeats)]
    ours, plain = ([statistics.median(row[app][part] for row in visits) for part in range(3)] for app in (0, 1))
    names = ("something is seen, s", "usable, s", "layout shifts")
    for name, figure, other, bar in zip(names, ours, plain, ("2.5", "4", "0.05"), strict=True):
        yield f"first visit of a phone: {name}", figure, other, "", f"at most {bar}"
    answered = statistics.median(photo_answered(browser, url, photo) for _ in range(repeats))
    yield f"photo of {WIDTH} × {HEIGHT} px at 1 Mb/s: answered, s", answered, "", "", "at most 1.5"
