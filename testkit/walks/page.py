"""A page of Chromium that a walk drives: what it shows as values, and each action as a visitor does it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Route

from testkit.walks.choices import Arguments

SCREENS = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
SLOW = "**/{gradio_api,api,photos}/**"
SCRIPT = (Path(__file__).parent / "page.js").read_text("utf-8")
QUIET_S = 0.05
CLICK_MS = 20_000
PRESSES = {
    "remove": "#picture [data-remove]",
    "clear": "#filters .tokens [data-clear]",
    "longer": "#cards [data-longer]",
    "leave item": "#heading [data-back]",
    "undo": "#taste [data-taste=undo]:not([hidden])",
    "forget likes": "#taste [data-taste=clear]:not([hidden])",
    "switch likes": "#heading [data-likes]",
    "dress picture": "#heading [data-act=start]",
    "open liked": "#heading [data-liked], #taste [data-liked]",
    "open filters": "#filters [data-sheet]",
}
"""Actions that are a press on the only such button."""
GIVEN = {
    "word": '#heading [data-words-left="{0}"]',
    "chip": '#heading [data-attribute="{0}"][data-value="{1}"]',
    "but": '#heading [data-but="{0}"][data-value="{1}"]',
    "loosen": '#cards [data-loosen="{0}"]',
    "turn": '#cards [data-page="{0}"]',
    "judge opened": '#product [data-opinion="{0}"][data-id="{1}"]',
}
"""Actions that are a press on a button that their arguments name."""


class WalkedPage:
    """One visit. Each request to the server waits for a random time of up to `latency_ms` first."""

    def __init__(self, page: Page, random: Random, latency_ms: int, files: Mapping[str, Path]):
        self.page, self.random, self.latency_ms, self.files = page, random, latency_ms, files
        self.troubles: list[str] = []
        self.is_settled = True

    @classmethod
    async def open(
        cls, browser: Browser, url: str, screen: str, random: Random, latency_ms: int, files: Mapping[str, Path]
    ) -> WalkedPage:
        """Open the page in a window of its own."""
        context = await browser.new_context(
            viewport=SCREENS[screen],
            has_touch=screen == "phone",
            reduced_motion="reduce",  # type: ignore[arg-type]
        )
        await context.add_init_script(SCRIPT)
        walked = cls(await context.new_page(), random, latency_ms, files)
        walked.page.on("console", walked._on_console)
        walked.page.on("pageerror", lambda error: walked.troubles.append(str(error)))
        await walked.page.goto(url)
        await walked.page.locator("#cards .card").first.wait_for(timeout=60_000)
        await walked.page.wait_for_function("history.scrollRestoration === 'manual'")
        await context.route(SLOW, walked._delay)
        return walked

    @property
    def context(self) -> BrowserContext:
        """The window."""
        return self.page.context

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.troubles.append(message.text)

    async def _delay(self, route: Route) -> None:
        try:
            await asyncio.sleep(self.random.uniform(0, self.latency_ms) / 1000)
            await route.continue_()
        except Exception as error:
            if "closed" not in str(error):
                self.troubles.append(f"a request was not sent: {error}")

    async def wait_until_quiet(self, patience_s: float) -> None:
        """Wait until every request is answered."""
        end, quiet = time.monotonic() + patience_s, 0
        while quiet < 2 and time.monotonic() < end:
            await asyncio.sleep(QUIET_S)
            quiet = 0 if await self.page.evaluate("walk.isBusy()") else quiet + 1

    async def read(self) -> dict[str, Any]:
        """What the page shows."""
        return await self.page.evaluate("walk.read()")

    async def do(self, name: str, arguments: Arguments) -> Arguments | None:
        """Do an action. The arguments as they turned out to be on the page; None if the page does not offer it."""
        if name in PRESSES:
            return arguments if await self._press(PRESSES[name]) is not None else None
        if name in GIVEN:
            escaped = [str(part).replace("\\", "\\\\").replace('"', '\\"') for part in arguments]
            return arguments if await self._press(GIVEN[name].format(*escaped)) is not None else None
        return await getattr(self, "_" + name.replace(" ", "_"))(*arguments)

    async def _press(self, selector: str, place: int = 0) -> dict[str, str] | None:
        """Press a button: by the mouse where it is in sight and nothing is under way."""
        if self.is_settled and place < await (found := self.page.locator(selector)).count():
            button = found.nth(place)
            if await button.is_visible() and await button.is_enabled() and await button.evaluate("walk.within"):
                data = await button.evaluate("element => ({...element.dataset})")
                await button.click(timeout=CLICK_MS)
                return data
        return await self.page.evaluate("walk.press", [selector, place])

    async def _photo(self, name: str) -> Arguments | None:
        kind, _, own = name.partition(" ")
        if kind == "file":
            if await self.page.evaluate("Boolean(document.querySelector('dialog[open]'))"):
                return None
            await self.page.set_input_files("#picture input[type=file]", self.files[name])
            return (name,)
        found = await self.page.evaluate("walk.press", [f'#examples [data-{kind}="{own}"]', 0])
        return None if found is None else (name,)

    async def _say(self, text: str) -> Arguments | None:
        if self.is_settled:
            field, change = self.page.locator("#link input"), self.page.locator("#picture [data-unfold]")
            if not await field.is_visible() and await change.is_visible():
                await change.click(timeout=CLICK_MS)
            await field.fill(text, timeout=CLICK_MS)
            await field.press("Enter")
            return (text,)
        return (text,) if await self.page.evaluate("walk.say", text) is not None else None

    async def _part(self, part: str) -> Arguments | None:
        selector = "#part [data-whole]" if part == "whole" else "#part [data-box]"
        found = await self.page.evaluate("walk.press", [selector, 0 if part == "whole" else int(part)])
        return None if found is None else (part,)

    async def _tick(self, attribute: str, value: str | None) -> Arguments | None:
        found = await self.page.evaluate("walk.tick", ["box", [attribute, value]])
        return tuple(found) if found else None

    async def _token(self, place: int) -> Arguments | None:
        found = await self.page.evaluate("walk.tick", ["#filters [data-token]", place])
        return tuple(found) if found else None

    async def _sort(self, sort: str) -> Arguments | None:
        return (sort,) if await self.page.evaluate("walk.set", ["#filters [data-sort]", sort]) is not None else None

    async def _vary(self, share: float) -> Arguments | None:
        return (share,) if await self.page.evaluate("walk.set", ["#variety input", share]) is not None else None

    async def _judge(self, opinion: str, place: int) -> Arguments | None:
        found = await self._press(f"#cards .card .front > [data-opinion={opinion}]", place)
        return (opinion, found["id"]) if found else None

    async def _open(self, place: int) -> Arguments | None:
        found = await self._press("#cards .card .front > a", place)
        return (found["item"],) if found else None

    async def _open_other(self, place: int) -> Arguments | None:
        found = await self._press("#product .strip a", place)
        return (found["item"],) if found else None

    async def _similar(self, _: str) -> Arguments | None:
        found = await self._press("#product [data-similar]")
        return (found["similar"],) if found else None

    async def _dress(self, _: str) -> Arguments | None:
        found = await self._press("#product [data-look]")
        return (found["look"],) if found else None

    async def _open_from_liked(self) -> Arguments | None:
        found = await self._press(".sheet.liked thead a[data-item]")
        return (found["item"],) if found else None

    async def _unlike(self) -> Arguments | None:
        found = await self._press(".sheet.liked thead [data-opinion=liked]")
        return (found["id"],) if found else None

    async def _change_look(self, act: str, slot: str) -> Arguments | None:
        slot_or_all = "" if act == "reroll" else slot
        found = await self._press(f'#cards [data-act={act}][data-slot="{slot_or_all}"]')
        return None if found is None else (act, slot)

    async def _close(self, how: str) -> Arguments | None:
        if not await self.page.evaluate("Boolean(document.querySelector('dialog[open]'))"):
            return None
        if how == "Escape":
            await self.page.keyboard.press("Escape")
        else:
            await self.page.evaluate("walk.press", ["dialog[open] :is([data-close], header [data-leave])", 0])
        return (how,)

    async def _back(self) -> Arguments | None:
        await self.page.evaluate("history.back()")
        return ()

    async def _forward(self) -> Arguments | None:
        await self.page.evaluate("history.forward()")
        return ()
