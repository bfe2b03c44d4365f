"""Builds of a hundred products, killed at random moments and run again, under the eyes of a reader. Prints Markdown."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from testkit.hub_double import HubDouble


def main() -> None:
    """Kill, continue, compare; and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        hub = HubDouble()
        hub.start()
        os.environ |= {"HF_ENDPOINT": hub.url, "HF_HOME": temporary, "HF_TOKEN": "hf_test"}
        os.environ |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        run(Path(temporary), hub, options.kills, random.Random(options.seed))
        hub.stop()


def run(work: Path, hub: HubDouble, kills: int, rng: random.Random) -> None:
    """So many kills: half of builds with --update, a quarter where folders cannot change places, a fifth cold."""
    from testkit.killed_builds import Moment, Shop, contents, reader
    from testkit.small_shop import write_encoder

    shop = Shop(work, hub, write_encoder(work / "encoder"), work / "recsys" / "compiled")
    for cold, (seconds, steps) in shop.lengths.items():
        what = "with its network to be compiled" if cold else "with its network compiled"
        print(f"- an unbroken build and push, {what}, takes {seconds:.1f} s and {steps} steps", flush=True)
    started, done, met, wrong = time.monotonic(), 0, Counter(), []
    with reader(shop.output) as seen:
        while done < kills:
            cold, way = done % 5 == 0, {"update": done % 2 == 1, "exchange": done % 4 < 3}
            shop.reset(cold=cold)
            moment = shop.draw(rng, cold=cold)
            if shop.build("today", moment, **way) != -9:
                continue
            done, state = done + 1, shop.state()
            met[state] += 1
            whole = shop.published() in (shop.old, shop.new)
            status = shop.build("today", Moment(), **way)
            equal = contents(shop.output) == shop.published() == shop.new
            if status or not (whole and equal) or shop.leftovers():
                wrong.append((moment, way, state, status, whole, equal, shop.leftovers()))
                print(wrong[-1], (work / "log").read_text()[-2000:], file=sys.stderr, flush=True)
    minutes = (time.monotonic() - started) / 60
    stages = ", ".join(f"{count} {state}" for state, count in met.most_common())
    print(f"- {done} kills in {minutes:.0f} minutes, by how far the build was: {stages}")
    print(f"- {done - len(wrong)} times the next run ended with the same index, byte for byte, here and on the Hub")
    opened, kinds = sum(seen["opened"].values()), len(seen["opened"])
    print(f"- the reader opened the index {opened:,} times, {kinds} different ones; broken: {len(seen['broken'])}")
    print("\n".join(f"  - {error}" for error in seen["broken"][:5]), end="")


if __name__ == "__main__":
    main()
