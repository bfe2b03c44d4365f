"""Nonsense for the pictures' decoder and for the running app: what crashes, hangs, leaks or tells too much.

    python benchmarks/fuzz.py [--pictures 10000] [--requests 10000] [--seed 0] [--index index]

Prints Markdown; ends with status 1 where something did. What fails is named by its number, and made again by the same
seed.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from testkit.fuzzing import MAX_GROWTH_MB, SLOW_S, TRACEBACK, FuzzResult, fuzz_pictures, fuzz_requests
from testkit.memory import memory_mb


def row_of(name: str, result: FuzzResult) -> str:
    """A row of the table."""
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in result.outcomes.most_common())
    return f"| {name} | {outcomes} | {len(result.faults)} | {result.slowest_s:.2f} s | {result.growth_mb:+.0f} MB |"


@contextmanager
def app(index: Path) -> Iterator[tuple[str, int, Path]]:
    """app.py over this index, ready to answer: its address, its process, and what it writes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as made:
        log = Path(made) / "log"
        settings = {"INDEX_DIR": str(index.resolve()), "GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": made}
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "app.py"], cwd=ROOT, env={**os.environ, **settings}, stdout=out, stderr=out
            )
        base = f"http://127.0.0.1:{port}/"
        try:
            while process.poll() is None and not _is_up(base):
                time.sleep(0.1)
            yield base, process.pid, log
        finally:
            process.terminate()
            process.wait()


def _is_up(base: str) -> bool:
    try:
        return httpx.get(base, timeout=SLOW_S).status_code == 200
    except httpx.HTTPError:
        return False


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--log", type=Path, help="where to keep what the app wrote")
    asked = parser.parse_args(arguments)
    results = {f"{asked.pictures:,} pictures": fuzz_pictures(asked.pictures, asked.seed)}
    if asked.requests:
        with app(asked.index) as (base, pid, log):
            found = fuzz_requests(asked.requests, asked.seed, base, lambda: memory_mb(pid))
            written = log.read_text("utf-8", errors="replace")
        if asked.log:
            asked.log.write_text(written, "utf-8")
        found.faults += ["a TRACEBACK in the log"] * written.count(TRACEBACK)
        results[f"{asked.requests:,} requests"] = found
    print("| sent | came of it | faults | slowest | memory |\n| --- | --- | --- | --- | --- |")
    for name, result in results.items():
        print(row_of(name, result))
    faults = [fault for result in results.values() for fault in result.faults]
    faults += [
        f"{name} GREW by {result.growth_mb:.0f} MB"
        for name, result in results.items()
        if result.growth_mb > MAX_GROWTH_MB
    ]
    print(*faults[:40], sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
