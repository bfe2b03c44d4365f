"""Many clients for minutes, each with an address of its own: what is accepted, refused, slow, and kept in memory.

    python benchmarks/soak.py [--index index] [--clients 32] [--minutes 10]

The app's share of two clients is measured before and after, in the same run. There, so that only the cores bound it,
each request comes from another address; the many clients keep theirs. A client who is refused waits as long as
Retry-After says. In the middle of their time a newer index is published, which the app then serves. Last comes one
greedy address, to see that it is refused and told so. Prints Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import re
import secrets
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np
from load import HOST, WARM_UP, Connection, Refused, renew, uploaded
from reload import catalog, following, publish, smaller
from served import served

from testkit.hub_double import HubDouble

BASE_SECONDS = 15.0
GREEDY_SECONDS = 10.0
GREEDY = 16
"""Connections of the greedy address."""
MEMORY = re.compile(r"^process_resident_memory_bytes (\d+)", re.MULTILINE)
SETTLED = 0.2
"""The share of the time after which memory is to stay as it is."""


@dataclass
class Tally:
    """What came of a phase: round trips of what was accepted, in ms; refusals by status; what went wrong; memory."""

    seconds: float = 0.0
    trips: list[float] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    untimed: int = 0
    failed: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    @property
    def throughput(self) -> float:
        """Accepted requests a second."""
        return len(self.trips) / self.seconds

    def trip(self, percent: float) -> float:
        """The round trip in ms that so many percent do not exceed."""
        return float(np.percentile(self.trips, percent))

    @property
    def growth(self) -> float:
        """By how many MB memory grew between the time it had settled and the end, each the mean of a tenth."""
        count = len(self.memory)
        early, late = int(count * SETTLED), int(count * 0.9)
        return float(np.mean(self.memory[late:]) - np.mean(self.memory[early : early + max(1, count - late)]))


async def phase(port: int, clients: int, seconds: float, addresses: list[Iterator[str]]) -> Tally:
    """So many clients for so long, each asking again as soon as it is answered, from the next of its addresses."""
    tally, paths = Tally(), await uploaded(port)
    files = itertools.cycle([{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths])
    beside = [asyncio.create_task(renew(port)), asyncio.create_task(watch_memory(port, tally))]
    started = time.perf_counter()
    asking = (client(port, files, started + seconds, addresses[number], tally) for number in range(clients))
    await asyncio.gather(*asking)
    tally.seconds = time.perf_counter() - started
    for task in beside:
        task.cancel()
    return tally


async def client(port: int, files: Iterator[Any], until: float, addresses: Iterator[str], tally: Tally) -> None:
    """Asks in one session until that time; a refusal is waited for as it says, a broken connection made anew."""
    session = secrets.token_hex(8)
    while time.perf_counter() < until:
        try:
            async with Connection.to(port, next(addresses)) as app:
                await ask(app, {"data": [next(files)], "session_hash": session}, tally)
        except Refused as refusal:
            wait = refusal.headers.get("retry-after", "")
            tally.refused[refusal.status] += 1
            tally.untimed += not wait.isdigit()
            await asyncio.sleep(min(int(wait or 1), max(0.0, until - time.perf_counter())))


async def ask(app: Connection, body: dict[str, Any], tally: Tally) -> None:
    """One request. Raises Refused where it is not accepted; whatever happens to it afterwards is tallied."""
    started = time.perf_counter()
    event = (await app.post("call/recommend", json.dumps(body).encode()))["event_id"]
    try:
        answer = await app.get(f"call/recommend/{event}")
    except (OSError, EOFError) as error:
        tally.failed.append(repr(error))
        return
    if b"event: complete" in answer:
        tally.trips.append(1000 * (time.perf_counter() - started))
    else:
        tally.failed.append(repr(answer[:200]))


async def watch_memory(port: int, tally: Tally) -> None:
    """Note the app's memory in MB every second, as it tells it."""
    while True:
        tally.memory.append(await asyncio.to_thread(memory_mb, port))
        await asyncio.sleep(1)


def memory_mb(port: int) -> float:
    """The app's resident memory in MB."""
    found = MEMORY.search(urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=30).read().decode())
    assert found
    return int(found[1]) / 2**20


async def renewed(port: int, newer: Callable[[], str], seconds: float) -> float:
    """Publish a newer index after half of the time; the seconds until the app served it."""
    await asyncio.sleep(seconds / 2)
    began, revision = time.monotonic(), newer()
    while (await catalog(port))["index"]["revision"] != revision:
        await asyncio.sleep(1)
    return time.monotonic() - began


async def soak(port: int, clients: int, seconds: float, newer: Callable[[], str]) -> tuple[dict[str, Tally], float]:
    """All phases: the name of each → what came of it; and the seconds until a newer index was served."""
    anyone = [itertools.cycle([f"198.18.{one}.{number}" for one in range(250)]) for number in range(2)]
    own = [itertools.repeat(f"198.19.0.{number}") for number in range(clients)]
    await phase(port, clients, WARM_UP, own)
    found = {"one client": await phase(port, 1, BASE_SECONDS, anyone)}
    found["two clients, before"] = await phase(port, 2, BASE_SECONDS, anyone)
    many, took = await asyncio.gather(phase(port, clients, seconds, own), renewed(port, newer, seconds))
    found[f"{clients} clients"] = many
    found["two clients, after"] = await phase(port, 2, BASE_SECONDS, anyone)
    greedy = [itertools.repeat("198.19.1.1")] * GREEDY
    found["one greedy address"] = await phase(port, GREEDY, GREEDY_SECONDS, greedy)
    return found, took


def main() -> None:
    """Measure, and print a table and what the bar asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    hub = HubDouble()
    hub.start()
    with tempfile.TemporaryDirectory() as temporary:
        newer = smaller(options.index, Path(temporary) / "newer")
        publish(hub, options.index)
        with served("app.py", **following(hub, Path(temporary) / "home", 5)) as app:
            phases = soak(app.port, options.clients, 60 * options.minutes, lambda: publish(hub, newer))
            found, took = asyncio.run(phases)
    print("| phase | accepted/s | p50, ms | p99, ms | failed | refused | without Retry-After | memory, MB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, tally in found.items():
        refused = ", ".join(f"{count} × {status}" for status, count in sorted(tally.refused.items())) or "0"
        trips = f"{tally.trip(50):.0f} | {tally.trip(99):.0f}"
        print(
            f"| {name} | {tally.throughput:.1f} | {trips} | {len(tally.failed)} | {refused} | {tally.untimed} "
            f"| {tally.memory[0]:.0f} → {tally.memory[-1]:.0f} |"
        )
    one, many = found["one client"], found[f"{options.clients} clients"]
    two = (found["two clients, before"].throughput + found["two clients, after"].throughput) / 2
    slowest = many.trip(99) / (options.clients * one.trip(50))
    print(f"\n- accepted of {options.clients} clients against two: {many.throughput / two:.2f} (at least 0.9)")
    print(f"- p99 against clients × the unloaded median: {slowest:.2f} (at most 1.5)")
    print(f"- accepted and failed: {len(many.failed)} (none) {many.failed[:3] or ''}")
    print(f"- refusals other than 429 and 503 with Retry-After: {odd(found)} (none)")
    print(f"- a newer index was served {took:.0f} s after it was published")
    print(f"- memory from a fifth of the time to its end: {many.growth:+.1f} MB")


def odd(found: dict[str, Tally]) -> int:
    """Refusals of another status, or that do not say when to come back."""
    return sum(
        tally.untimed + sum(count for status, count in tally.refused.items() if status not in (429, 503))
        for tally in found.values()
    )


if __name__ == "__main__":
    main()
