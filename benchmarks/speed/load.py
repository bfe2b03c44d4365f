"""The app under load: each client sends `/recommend` again as soon as it has its answer.

Clients and server share the cores. The mean round trip is the number of clients divided by the throughput
(Little 1961).
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from benchmarks.core.app import our_app
from benchmarks.core.load import Tally, local, phase
from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result, figures

CLIENTS = (1, 2, 4, 8, 16)
MANY = 8
"""The number of clients that is compared with one."""
WARM_UP_S = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS)
    parser.add_argument("--seconds", type=float, default=8.0)


def run(options: argparse.Namespace) -> Result:
    found = measure(options.index, options.clients, options.seconds)
    compared = {}
    if {1, MANY} <= {*found}:
        one, many = found[1], found[MANY]
        compared[f"throughput of {MANY} clients against one (at least 1.5)"] = many["throughput"] / one["throughput"]
        compared[f"p95 of {MANY} clients against the median of one (at most 3)"] = many["p95"] / one["p50"]
    return Result({"": [{"clients": count} | row for count, row in found.items()], " ": figures(compared)})


def measure(index: Path, clients: Sequence[int] = CLIENTS, seconds: float = 8.0) -> dict[int, dict[str, float]]:
    """Number of clients → answers a second, p50, p95 and p99 of the round trip in ms, and errors, of app.py."""
    with our_app(index) as app:
        asyncio.run(phase(app.port, app.pid, WARM_UP_S, local(max(clients))))
        return {count: _row(asyncio.run(phase(app.port, app.pid, seconds, local(count)))) for count in clients}


def _row(tally: Tally) -> dict[str, float]:
    percentiles = zip(("p50", "p95", "p99"), tally.percentile(50, 95, 99), strict=True)
    errors = len(tally.failed) + sum(tally.rejected.values())
    return {"throughput": tally.throughput, **dict(percentiles), "errors": errors}
