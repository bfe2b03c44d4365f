"""Runs walks: one server, one Chromium, and several windows at a time."""

from __future__ import annotations

import asyncio
import io
import shutil
import tempfile
import traceback
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image
from playwright.async_api import Browser, async_playwright

from recsys.recommend.recommender import Recommender
from testkit.fake_shop import COLOURS, draw
from testkit.walks.answers import Answers
from testkit.walks.page import SCREENS, WalkedPage
from testkit.walks.promises import Promises
from testkit.walks.walk import Outcome, Step, Walk

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
DRAWN = (("Dresses", "Red"), ("Handbags", "Navy Blue"))


@dataclass
class Walks:
    """Walks on the page at `url`, which serves `shop`. `photos` are its photos to try, by name.

    A shop without photos has `examples`, the ids of the products whose pictures can be tried instead.
    """

    shop: Recommender
    url: str
    photos: Mapping[str, bytes] = field(default_factory=dict)
    length: int = 30
    latency_ms: int = 600
    at_a_time: int = 4
    is_shrinking: bool = False
    examples: Sequence[str] = ()

    async def run(self, seeds: Sequence[int], tell: Callable[[Outcome], Any] = lambda outcome: None) -> list[Outcome]:
        """The outcomes of these walks. Even seeds walk on a wide screen, odd ones on a phone."""
        with tempfile.TemporaryDirectory() as folder:
            files, gate = _drawn(Path(folder)), asyncio.Semaphore(self.at_a_time)
            promises = Promises(Answers(self.shop, self._pictures(files)))
            async for browser in _chromium():

                async def walk(seed: int, browser: Browser = browser) -> Outcome:
                    async with gate:
                        outcome = await self.one(browser, promises, files, seed)
                        if outcome.wrong and self.is_shrinking:
                            outcome = await self._shrunk(browser, promises, files, outcome)
                        tell(outcome)
                        return outcome

                return list(await asyncio.gather(*map(walk, seeds)))
        return []

    async def one(
        self, browser: Browser, promises: Promises, files: dict[str, Path], seed: int, given: Sequence[Step] = ()
    ) -> Outcome:
        """One walk in a window of its own."""
        outcome = Outcome(seed, list(SCREENS)[seed % 2])
        page = await WalkedPage.open(browser, self.url, outcome.screen, Random(seed), self.latency_ms, files)
        try:
            return await Walk(page, promises, outcome, Random(seed)).run(self.length, given)
        except Exception as error:
            outcome.wrong, outcome.where = {"error": "".join(traceback.format_exception(error))}, "in the middle"
            return outcome
        finally:
            await page.context.close()

    async def _shrunk(self, browser: Browser, promises: Promises, files: dict[str, Path], outcome: Outcome) -> Outcome:
        """The failing walk without the actions that it fails without, too: each is left out once, the latest first."""
        for place in reversed(range(len(outcome.steps) - 1)):
            steps = [step for at, step in enumerate(outcome.steps) if at != place]
            again = await self.one(browser, promises, files, outcome.seed, steps)
            outcome = again if again.wrong else outcome
        return outcome

    def _pictures(self, files: dict[str, Path]) -> dict[str, Image.Image]:
        photos = {f"photo {name}": _open(data) for name, data in self.photos.items()}
        items = {f"item {item_id}": _open(self.shop.thumbnail(item_id)) for item_id in self.examples}
        return photos | items | {name: Image.open(path).convert("RGB") for name, path in files.items()}


def _drawn(folder: Path) -> dict[str, Path]:
    """Pictures that a visitor has on the own machine."""
    files = {}
    for kind, colour in DRAWN:
        files[f"file {kind}"] = folder / f"{kind}.png"
        draw(kind, COLOURS[colour]).save(files[f"file {kind}"])
    return files


def _open(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


async def _chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        executable = shutil.which("chromium") or playwright.chromium.executable_path
        browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()
