"""An app whose index is renewed again and again while clients send requests: failures, waiting times and memory.

The stand-in Hub publishes the index and, in turn, the same index without its last products.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.core.app import running
from benchmarks.core.hub import following, publish, running_hub, write_smaller
from benchmarks.core.load import Tally, catalog, clients, local
from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result, figures
from testkit.hub_double import HubDouble

PERIOD_S = 1.0
SETTLED_S = 14.0
"""Time after a swap in which earlier requests end and the old index is released."""
POLL_S = 0.05

Span = tuple[float, float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--swaps", type=int, default=6)
    parser.add_argument("--clients", type=int, default=4)


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory() as temporary, running_hub() as hub:
        indexes = [options.index, write_smaller(options.index, Path(temporary) / "smaller")]
        publish(hub, options.index)
        with running("app.py", **following(hub, Path(temporary) / "home", PERIOD_S)) as app:
            return asyncio.run(_measure(hub, indexes, app.pid, app.port, options.swaps, options.clients))


async def _measure(hub: HubDouble, indexes: list[Path], pid: int, port: int, swaps: int, count: int) -> Result:
    """Renew the index `swaps` times under the load of `count` clients."""
    tally, spans = Tally(), []
    async with clients(port, pid, tally, local(count)):
        await asyncio.sleep(SETTLED_S)
        rows: list[dict[str, Any]] = [{"swap": "none", "afterwards, MB": tally.memory_mb[-1][1]}]
        for number in range(1, swaps + 1):
            began, wanted = time.monotonic(), publish(hub, indexes[number % len(indexes)])
            while (index := (await catalog(port))["index"])["revision"] != wanted:
                await asyncio.sleep(POLL_S)
            spans.append((began, time.monotonic()))
            await asyncio.sleep(SETTLED_S)
            rows.append(
                {
                    "swap": number,
                    "products": index["items"],
                    "served after, s": spans[-1][1] - began,
                    "peak, MB": max(size for moment, size in tally.memory_mb if moment >= began),
                    "afterwards, MB": tally.memory_mb[-1][1],
                }
            )
    failed = len(tally.failed) + sum(tally.rejected.values())
    waits = [_waits(name, tally, spans, inside) for name, inside in (("during a swap", True), ("otherwise", False))]
    summary = figures({"answers": len(tally.trips), "clients": count, "failed": failed})
    return Result({"": rows, " ": summary, "Round trips": waits}, tally.failed)


def _waits(name: str, tally: Tally, spans: list[Span], inside: bool) -> dict[str, Any]:
    """The round trips that overlap one of the spans, or none of them."""
    trips = [
        1000 * seconds
        for start, seconds in tally.trips
        if inside == any(start < end and start + seconds > begin for begin, end in spans)
    ]
    p50, p99 = np.percentile(trips, (50, 99)).tolist()
    return {"when": name, "answers": len(trips), "median, ms": p50, "p99, ms": p99, "longest, ms": max(trips)}
