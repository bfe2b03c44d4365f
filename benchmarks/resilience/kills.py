"""Builds of a hundred products, killed at random moments and run again, while another process keeps reading the index.

Half of the builds use --update, a quarter run where two folders cannot be exchanged in one step, and a fifth have
their network still to compile.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.core.hub import client_settings, running_hub
from benchmarks.core.results import Result, figures
from testkit.hub_double import HubDouble


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory() as temporary, running_hub() as hub:
        # huggingface_hub reads these when it is imported, so what imports it comes after them
        os.environ |= client_settings(hub, Path(temporary)) | {"HF_TOKEN": "hf_test"}
        os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
        return _kill(Path(temporary), hub, options.kills, random.Random(options.seed))


def _kill(work: Path, hub: HubDouble, kills: int, rng: random.Random) -> Result:
    from testkit.killed_builds import Moment, Shop, contents, reader
    from testkit.small_shop import write_encoder

    shop = Shop(work, hub, write_encoder(work / "encoder"), work / "recsys" / "compiled")
    started, done, states, failures = time.monotonic(), 0, Counter[str](), []
    with reader(shop.output) as seen:
        while done < kills:
            cold, way = done % 5 == 0, {"update": done % 2 == 1, "exchange": done % 4 < 3}
            shop.reset(cold=cold)
            moment = shop.draw(rng, cold=cold)
            if shop.build("today", moment, **way) != -9:
                continue
            done, state = done + 1, shop.state()
            states[state] += 1
            whole = shop.published() in (shop.old, shop.new)
            status = shop.build("today", Moment(), **way)
            equal = contents(shop.output) == shop.published() == shop.new
            if status or not (whole and equal) or shop.leftovers():
                failures.append(
                    f"{moment} {way} {state}: status {status}, whole {whole}, equal {equal}, left {shop.leftovers()}"
                )
    unbroken = {f"unbroken build, {'cold' if cold else 'warm'}, s": taken for cold, (taken, _) in shop.lengths.items()}
    summary = unbroken | {
        "kills": done,
        "minutes": (time.monotonic() - started) / 60,
        "next run ended with the same index, byte for byte, here and on the Hub": done - len(failures),
        "times the reader opened the index": sum(seen["opened"].values()),
        "different indexes that it saw": len(seen["opened"]),
        "broken indexes that it saw": len(seen["broken"]),
    }
    reached = [{"state when killed": state, "kills": count} for state, count in states.most_common()]
    return Result({"": figures(summary), "How far the killed builds were": reached}, failures + seen["broken"])
