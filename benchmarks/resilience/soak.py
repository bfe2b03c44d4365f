"""Many clients for minutes, each with its own address: throughput, rejections, latency and memory of the app.

The app's throughput with two clients is measured before and after, each of their requests from another address so
that only the cores limit it; the many clients keep their addresses. A rejected client waits as long as Retry-After
says. Half-way a newer index is published, which the app then serves. Last comes one greedy address, which must be
rejected with Retry-After.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.core.app import running
from benchmarks.core.hub import following, publish, running_hub, write_smaller
from benchmarks.core.load import Tally, catalog, phase
from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result

WARM_UP_S = 2.0
BASE_S = 15.0
GREEDY_S = 10.0
GREEDY_CONNECTIONS = 16
SETTLED_SHARE = 0.2
"""Share of the time after which memory should stay constant."""
MIN_THROUGHPUT, MAX_P99 = 0.9, 1.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--minutes", type=float, default=10.0)


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory() as temporary, running_hub() as hub:
        newer = write_smaller(options.index, Path(temporary) / "newer")
        publish(hub, options.index)
        with running("app.py", **following(hub, Path(temporary) / "home", 5)) as app:
            phases = _soak(app.port, app.pid, options.clients, 60 * options.minutes, lambda: publish(hub, newer))
            found, renewal_s = asyncio.run(phases)
    many = found[f"{options.clients} clients"]
    two = (found["two clients, before"].throughput + found["two clients, after"].throughput) / 2
    throughput = many.throughput / two
    p99 = many.percentile(99)[0] / (options.clients * found["one client"].percentile(50)[0])
    odd = sum(map(_odd_rejections, found.values()))
    summary = [
        {"what": f"throughput of {options.clients} clients against two", "figure": throughput, "bar": "at least 0.9"},
        {"what": "p99 against clients × the median of one client", "figure": p99, "bar": "at most 1.5"},
        {"what": "accepted requests that failed", "figure": len(many.failed), "bar": "none"},
        {"what": "rejections other than 429 and 503 with Retry-After", "figure": odd, "bar": "none"},
        {"what": "a newer index was served after, s", "figure": renewal_s},
        {"what": "memory growth from a fifth of the time to its end, MB", "figure": _growth_mb(many)},
    ]
    failures = many.failed + ["a rejection without Retry-After or of another status"] * odd
    if throughput < MIN_THROUGHPUT or p99 > MAX_P99:
        failures.append(f"throughput {throughput:.2f} or p99 {p99:.2f} is out of bounds")
    return Result({"": [_row(name, tally) for name, tally in found.items()], " ": summary}, failures)


async def _soak(
    port: int, pid: int, count: int, seconds: float, publish_newer: Callable[[], str]
) -> tuple[dict[str, Tally], float]:
    """All phases by name, and the seconds until the newer index was served."""
    anyone = [itertools.cycle([f"198.18.{one}.{number}" for one in range(250)]) for number in range(2)]
    own = [itertools.repeat(f"198.19.0.{number}") for number in range(count)]
    await phase(port, pid, WARM_UP_S, own)
    found = {"one client": await phase(port, pid, BASE_S, anyone[:1])}
    found["two clients, before"] = await phase(port, pid, BASE_S, anyone)
    found[f"{count} clients"], renewal_s = await asyncio.gather(
        phase(port, pid, seconds, own), _renewal(port, publish_newer, seconds)
    )
    found["two clients, after"] = await phase(port, pid, BASE_S, anyone)
    greedy = [itertools.repeat("198.19.1.1")] * GREEDY_CONNECTIONS
    found["one greedy address"] = await phase(port, pid, GREEDY_S, greedy)
    return found, renewal_s


async def _renewal(port: int, publish_newer: Callable[[], str], seconds: float) -> float:
    """Publish a newer index after half of the time; returns the seconds until the app served it."""
    await asyncio.sleep(seconds / 2)
    began, revision = time.monotonic(), publish_newer()
    while (await catalog(port))["index"]["revision"] != revision:
        await asyncio.sleep(1)
    return time.monotonic() - began


def _row(name: str, tally: Tally) -> dict[str, Any]:
    p50, p99 = tally.percentile(50, 99)
    return {
        "phase": name,
        "answers/s": tally.throughput,
        "p50, ms": p50,
        "p99, ms": p99,
        "failed": len(tally.failed),
        "rejected": ", ".join(f"{count} × {status}" for status, count in sorted(tally.rejected.items())) or 0,
        "without Retry-After": tally.without_retry_after,
        "memory, MB": f"{tally.memory_mb[0][1]:.0f} → {tally.memory_mb[-1][1]:.0f}",
    }


def _odd_rejections(tally: Tally) -> int:
    return tally.without_retry_after + sum(
        count for status, count in tally.rejected.items() if status not in (429, 503)
    )


def _growth_mb(tally: Tally) -> float:
    """Memory growth between the time it had settled and the end, each the mean over a tenth of the time."""
    memory = [size for _, size in tally.memory_mb]
    tenth = max(1, len(memory) // 10)
    early = int(SETTLED_SHARE * len(memory))
    return float(np.mean(memory[-tenth:]) - np.mean(memory[early : early + tenth]))
