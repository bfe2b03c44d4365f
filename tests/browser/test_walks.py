"""A few short random walks through the page, against a model of it; `python -m benchmarks walks` has long ones."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect

from testkit.walks.run import Walks

SEEDS = range(3)


def test_the_page_is_as_its_model_says_after_every_action_and_on_the_way_back(visit, shop, server):
    page = visit()
    expect(page.locator("#examples button")).to_have_count(6)
    examples = page.locator("#examples button").evaluate_all("buttons => buttons.map(button => button.dataset.item)")
    walks = Walks(shop, server.local_url, length=12, latency_ms=200, at_a_time=3, examples=examples)
    with ThreadPoolExecutor(1) as other:  # this thread has the loop of the synchronous browser
        outcomes = other.submit(asyncio.run, walks.run(SEEDS)).result()
    assert [str(outcome) for outcome in outcomes if outcome.wrong] == []
    assert sum(len(outcome.steps) for outcome in outcomes) >= 30
