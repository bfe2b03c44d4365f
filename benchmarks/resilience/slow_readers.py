"""What 200 connections of one address that read one byte a second cost the other clients, in turns with and without.

Each slow reader asks for the largest file of the page and has a small receive buffer, so that the app must keep the
rest of the answer. The others ask `/api/recommend` one after the other, once the buffers of the readers are full. What
an address may not have open is rejected, and the readers read the rejection at the same pace. The processor time of an
answer depends less on what else the machine does than the round trip.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from typing import Any

import gradio
import numpy as np

from benchmarks.core.app import HOST, our_app
from benchmarks.core.load import Connection
from benchmarks.core.photos import photos
from benchmarks.core.processes import ROOT, processor_s
from benchmarks.core.results import Result, figures
from benchmarks.speed.routes import ByJson
from testkit.memory import memory_mb

ADDRESS = "203.0.113.9"
"""The address of the slow readers. The others connect directly."""
PICTURES = 16
MAX_RATIO = 1.2
SETTLE_S = 5.0
"""Time until the app has filled the buffers of the readers, on a busy machine too."""
ASSETS = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=4.0, help="of one turn (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=5, help="with and without the readers (default: %(default)s)")


def run(options: argparse.Namespace) -> Result:
    ask = ByJson(photos(options.index, PICTURES))
    with our_app(options.index) as app:
        rows, statuses, memory = asyncio.run(_turns(app.port, app.pid, ask, options))
    ratios = {
        name: median(row[f"{name}, with"] / row[f"{name}, without"] for row in rows)
        for name in ("p50", "p95", "processor")
    }
    found = {
        "readers whose file is sent": statuses[200],
        "readers that were rejected (429)": statuses[429],
        "memory of the app, MB": memory,
        "p50 with the readers against without": ratios["p50"],
        "processor time of an answer likewise": ratios["processor"],
        f"p95 likewise (at most {MAX_RATIO})": ratios["p95"],
    }
    failures = [f"the p95 is {ratios['p95']:.2f} times as long"] if ratios["p95"] > MAX_RATIO else []
    return Result({"Round trips of the others, ms": rows, " ": figures(found)}, failures)


async def _turns(
    port: int, pid: int, ask: ByJson, options: argparse.Namespace
) -> tuple[list[dict[str, Any]], Counter[int], float]:
    """The round trips of each turn, the statuses of the slow readers, and the most memory of the app."""
    await _round_trips(port, pid, ask, options.seconds)
    rows, statuses, memory = [], Counter[int](), 0.0
    for number in range(1, options.turns + 1):
        without, processor = await _round_trips(port, pid, ask, options.seconds)
        async with slow_readers(port, options.readers) as found:
            await asyncio.sleep(SETTLE_S)
            with_readers, processor_with = await _round_trips(port, pid, ask, options.seconds)
            statuses, memory = found, max(memory, memory_mb(pid))
        row: dict[str, Any] = {"turn": number, "processor, without": processor, "processor, with": processor_with}
        for percent in (50, 95):
            row |= {f"p{percent}, without": float(np.percentile(without, percent))}
            row |= {f"p{percent}, with": float(np.percentile(with_readers, percent))}
        rows.append(row)
    return rows, statuses, memory


async def _round_trips(port: int, pid: int, ask: ByJson, seconds: float) -> tuple[list[float], float]:
    """The milliseconds of each answer to one client, and the app's processor time in ms for each."""
    found: list[float] = []
    before = processor_s(pid)
    end = time.monotonic() + seconds
    async with Connection.open(port) as app:
        for number in itertools.count():
            started = time.monotonic()
            if started > end and found:
                break
            await ask(app, number % PICTURES)
            found.append(1000 * (time.monotonic() - started))
    return found, 1000 * (processor_s(pid) - before) / len(found)


@contextlib.asynccontextmanager
async def slow_readers(port: int, count: int) -> AsyncIterator[Counter[int]]:
    """Connections that read a byte a second; yields the statuses of their answers when all have begun."""
    largest = max(ASSETS.glob("*.js"), key=lambda path: path.stat().st_size)
    request = f"GET /assets/{largest.name} HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-For: {ADDRESS}\r\n\r\n".encode()
    opened = [_open(port, request) for _ in range(count)]
    loop = asyncio.get_running_loop()
    try:
        heads = await asyncio.gather(*(loop.sock_recv(reader, 12) for reader in opened))
        reading = [asyncio.create_task(_read_slowly(reader, place / count)) for place, reader in enumerate(opened)]
        yield Counter(int(head.split()[1]) for head in heads)
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
    finally:
        for reader in opened:
            reader.close()


def _open(port: int, request: bytes) -> socket.socket:
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect((HOST, port))
    reader.setblocking(False)
    reader.send(request)
    return reader


async def _read_slowly(reader: socket.socket, delay_s: float) -> None:
    await asyncio.sleep(delay_s)
    while await asyncio.get_running_loop().sock_recv(reader, 1):
        await asyncio.sleep(1)
