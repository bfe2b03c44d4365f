"""An app whose index is renewed again and again while clients send requests: failures, waiting times and memory.

The stand-in Hub publishes the index and, in turn, the same index without its last products. What one index takes is the
memory of the app beyond that of an app over the sample index, under the same load. The peak of a swap is stated in this
measure too: 2 means that the app held two whole indexes.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.core.app import our_app, running
from benchmarks.core.hub import following, publish, running_hub, write_smaller
from benchmarks.core.load import Tally, catalog, clients, local
from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result, figures
from recsys.format.layout import sample_index
from testkit.hub_double import HubDouble
from testkit.large_shop import add_search_index, write_large_shop

PERIOD_S = 1.0
SETTLED_S = 14.0
"""Time after a swap in which earlier requests end and the old index is released."""
POLL_S = 0.05

Span = tuple[float, float]
Memory = dict[str, float]
"""MB of resident memory, and of the anonymous part of it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--rows", type=int, help="serve a synthetic index of this number of products instead")
    parser.add_argument("--dim", type=int, default=64, help="dimensions of the synthetic index")
    parser.add_argument("--swaps", type=int, default=6)
    parser.add_argument("--clients", type=int, default=4)


def run(options: argparse.Namespace) -> Result:
    with our_app(sample_index()) as app:
        base = asyncio.run(_settled(app.pid, app.port, options.clients))
    with tempfile.TemporaryDirectory() as temporary, running_hub() as hub:
        index = _synthetic(Path(temporary) / "large", options) if options.rows else options.index
        indexes = [index, write_smaller(index, Path(temporary) / "smaller")]
        publish(hub, index)
        with running("app.py", **following(hub, Path(temporary) / "home", PERIOD_S)) as app:
            return asyncio.run(_measure(hub, indexes, app.pid, app.port, options, base))


def _synthetic(folder: Path, options: argparse.Namespace) -> Path:
    add_search_index(folder, write_large_shop(folder, options.rows, options.dim, options.index))
    return folder


async def _settled(pid: int, port: int, count: int) -> Memory:
    """The memory of an app after some time under the load of `count` clients."""
    tally = Tally()
    async with clients(port, pid, tally, local(count)):
        await asyncio.sleep(SETTLED_S)
    return _last(tally)


async def _measure(
    hub: HubDouble, indexes: list[Path], pid: int, port: int, options: argparse.Namespace, base: Memory
) -> Result:
    """Renew the index again and again under load. `base` is the memory of an app with a small index."""
    tally, spans = Tally(), []
    async with clients(port, pid, tally, local(options.clients)):
        await asyncio.sleep(SETTLED_S)
        one = {what: mb - base[what] for what, mb in _last(tally).items()}
        rows: list[dict[str, Any]] = [{"swap": "none", **_columns("{}, afterwards, MB", _last(tally))}]
        for number in range(1, options.swaps + 1):
            began, wanted = time.monotonic(), publish(hub, indexes[number % len(indexes)])
            while (index := (await catalog(port))["index"])["revision"] != wanted:
                await asyncio.sleep(POLL_S)
            spans.append((began, time.monotonic()))
            await asyncio.sleep(SETTLED_S)
            peak = {what: max(mb for moment, mb in seen if moment >= began) for what, seen in _seen(tally).items()}
            rows.append(
                {
                    "swap": number,
                    "products": index["items"],
                    "served after, s": spans[-1][1] - began,
                    **_columns("{}, peak, MB", peak),
                    **_columns("{}, peak, indexes", {what: (mb - base[what]) / one[what] for what, mb in peak.items()}),
                    **_columns("{}, afterwards, MB", _last(tally)),
                }
            )
    failed = len(tally.failed) + sum(tally.rejected.values())
    waits = [_waits(name, tally, spans, inside) for name, inside in (("during a swap", True), ("otherwise", False))]
    taken = _columns("{}, of one index, MB", one)
    summary = figures({"answers": len(tally.trips), "clients": options.clients, "failed": failed, **taken})
    return Result({"": rows, " ": summary, "Round trips": waits}, tally.failed)


def _seen(tally: Tally) -> dict[str, list[tuple[float, float]]]:
    return {"resident": tally.memory_mb, "anonymous": tally.anonymous_mb}


def _last(tally: Tally) -> Memory:
    return {what: seen[-1][1] for what, seen in _seen(tally).items()}


def _columns(name: str, values: Memory) -> dict[str, float]:
    """The values by the name of their column, in which {} stands for what they are."""
    return {name.format(what): value for what, value in values.items()}


def _waits(name: str, tally: Tally, spans: list[Span], inside: bool) -> dict[str, Any]:
    """The round trips that overlap one of the spans, or none of them."""
    trips = [
        1000 * seconds
        for start, seconds in tally.trips
        if inside == any(start < end and start + seconds > begin for begin, end in spans)
    ]
    p50, p99 = np.percentile(trips, (50, 99)).tolist()
    return {"when": name, "answers": len(trips), "median, ms": p50, "p99, ms": p99, "longest, ms": max(trips)}
