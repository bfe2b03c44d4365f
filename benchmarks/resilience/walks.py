"""Random walks of a visitor through the page in Chromium, each compared with a model of the page after every action.

A walk is a seed: even ones walk on a wide screen (1280 × 800), odd ones on a phone (390 × 844). Each request waits for
a random time first, and about a third of the actions come before the answer to the last one is here. At its end a walk
goes Back to where it began. The page has to show what the model says: the products that the library answers, in their
order, the heading, words, filters, hearts, what lies open, and the address; and no error. A walk that fails is printed
with its actions; `--seed N --walks 1` walks it again. `--shrink` then leaves out actions as long as it still fails.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result, figures
from recsys import Recommender
from recsys.web import launch
from recsys.web.page import photos
from testkit.fake_shop import set_items
from testkit.offers import with_prices
from testkit.walks.page import SCREENS
from testkit.walks.run import Walks
from testkit.walks.walk import Outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--walks", type=int, default=200)
    parser.add_argument("--length", type=int, default=30, help="the actions of a walk, without those Back at its end")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first walk; each further one has the next")
    parser.add_argument("--latency", type=int, default=600, help="the longest time a request waits, in milliseconds")
    parser.add_argument("--at-a-time", type=int, default=6, help="how many windows walk at the same time")
    parser.add_argument("--shrink", action="store_true", help="leave out actions of a failing walk while it fails")
    parser.add_argument("--index", type=Path, default=ROOT / "index")


def run(options: argparse.Namespace) -> Result:
    shop = Recommender.from_pretrained(options.index)
    set_items(shop, with_prices(shop.items))  # so that there is an order by price
    app = launch(shop, prevent_thread_lock=True)
    tried = {photo.name: photos.read(photo.name) for photo in photos.photos_for(shop.items)}
    walks = Walks(shop, app.local_url, tried, options.length, options.latency, options.at_a_time, options.shrink)
    began = time.monotonic()

    def tell(outcome: Outcome) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {outcome}", flush=True)

    try:
        outcomes = asyncio.run(walks.run(range(options.seed, options.seed + options.walks), tell))
    finally:
        app.close()
    by_screen = [_row(screen, [one for one in outcomes if one.screen == screen]) for screen in SCREENS]
    done = Counter(step.name for outcome in outcomes for step in outcome.steps)
    actions = [{"action": name, "times": times} for name, times in done.most_common()]
    summary = figures({"minutes": (time.monotonic() - began) / 60, "longest latency, ms": options.latency})
    failures = [str(outcome) for outcome in outcomes if outcome.wrong]
    return Result({"": by_screen, "Actions": actions, " ": summary}, failures)


def _row(screen: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    quick = sum(step.pause is not None for outcome in outcomes for step in outcome.steps)
    return {
        "screen": screen,
        "walks": len(outcomes),
        "agree to the end": sum(not outcome.wrong for outcome in outcomes),
        "actions": sum(len(outcome.steps) - outcome.undone for outcome in outcomes),
        "before the last answer": quick,
        "steps back that agree": sum(outcome.undone for outcome in outcomes),
    }
