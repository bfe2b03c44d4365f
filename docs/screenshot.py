"""Make docs/page.png and docs/phone.png: the page after a search with docs/shirt.jpg. Needs Chromium."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from playwright.sync_api import sync_playwright

from recsys import Recommender
from recsys.web import launch

IMAGES = "document.querySelectorAll('#cards img')"
SIZES = {"page.png": (1280, 800), "phone.png": (390, 844)}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def main() -> None:
    """Start the app, search on its page, and take the screenshots."""
    page = launch(Recommender.from_pretrained(str(HERE.parent / "index")), prevent_thread_lock=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        for name, (width, height) in SIZES.items():
            tab = browser.new_page(viewport={"width": width, "height": height})
            tab.goto(page.local_url)
            tab.locator("#picture input[type=file]").set_input_files(HERE / "shirt.jpg")
            tab.get_by_role("heading", name="your picture").wait_for()
            tab.wait_for_function(f"[...{IMAGES}].slice(0, 5).every((image) => image.complete)")
            tab.wait_for_timeout(1000)
            tab.screenshot(path=HERE / name)
        browser.close()
    page.close()


if __name__ == "__main__":
    main()
