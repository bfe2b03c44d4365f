"""Mutated pictures for the decoder and mutated requests for the running app: crashes, hangs, memory growth, leaks.

An input that fails is named by its number, and made again by the same seed.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.core.app import our_app
from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result
from testkit.fuzzing import MAX_GROWTH_MB, TRACEBACK, FuzzResult, fuzz_pictures, fuzz_requests


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--log", type=Path, help="where to keep what the app writes")


def run(options: argparse.Namespace) -> Result:
    results = {f"{options.pictures:,} pictures": fuzz_pictures(options.pictures, options.seed)}
    if options.requests:
        with tempfile.TemporaryDirectory() as folder:
            log = options.log or Path(folder) / "log"
            with our_app(options.index, log=log, GRADIO_TEMP_DIR=folder) as app:
                found = fuzz_requests(options.requests, options.seed, app.url, lambda: app.memory_mb)
            found.faults += ["a TRACEBACK in the log"] * log.read_text("utf-8", errors="replace").count(TRACEBACK)
        results[f"{options.requests:,} requests"] = found
    faults = [fault for result in results.values() for fault in result.faults]
    faults += [
        f"{name}: memory GREW by {result.growth_mb:.0f} MB"
        for name, result in results.items()
        if result.growth_mb > MAX_GROWTH_MB
    ]
    return Result({"": [_row(name, result) for name, result in results.items()]}, faults)


def _row(name: str, result: FuzzResult) -> dict[str, Any]:
    return {
        "sent": name,
        "outcomes": ", ".join(f"{count:,} {outcome}" for outcome, count in result.outcomes.most_common()),
        "faults": len(result.faults),
        "slowest, s": result.slowest_s,
        "memory growth, MB": result.growth_mb,
    }
