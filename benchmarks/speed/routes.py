"""The plain JSON route against Gradio's: throughput of one client and of eight, side by side in turns.

Each client sends a picture again as soon as it has its answer. Through Gradio that takes three requests: the upload,
the call and the reading of its answer; "uploaded before" leaves the first out. Through `/api/recommend` it takes one.
Clients and server share the cores. The processor time of the server for an answer depends less on what else the machine
does than the throughput.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import secrets
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.core.app import MULTIPART, file_data, multipart, our_app
from benchmarks.core.load import Connection
from benchmarks.core.photos import synthetic_jpeg
from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result, figures

MANY = 8
PICTURES = [synthetic_jpeg(seed) for seed in range(16)]
JSON_BODIES = [
    json.dumps({"image": f"data:image/jpeg;base64,{b64encode(picture).decode()}"}).encode() for picture in PICTURES
]
Ask = Callable[[Connection, int], Awaitable[None]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--seconds", type=float, default=2.0, help="of one turn (default: %(default)s)")
    parser.add_argument(
        "--turns", type=int, default=4, help="of each route and number of clients (default: %(default)s)"
    )


def run(options: argparse.Namespace) -> Result:
    routes = {
        "Gradio: upload, call, answer": _by_gradio,
        "Gradio, uploaded before": _uploaded_before,
        "/api/recommend": _by_json,
    }
    rates: dict[tuple[str, int], list[float]] = {key: [] for key in itertools.product(routes, (1, MANY))}
    latencies: dict[tuple[str, int], list[float]] = {key: [] for key in rates}
    processor: dict[tuple[str, int], list[float]] = {key: [] for key in rates}
    with our_app(options.index) as app:
        for turn, (name, count) in itertools.product(range(options.turns + 1), rates):
            before = _processor_s(app.pid)
            seconds = asyncio.run(_turn(app.port, routes[name], count, options.seconds))
            if turn and seconds:  # the first turn warms up
                processor[name, count].append(1000 * (_processor_s(app.pid) - before) / len(seconds))
                rates[name, count].append(len(seconds) / options.seconds)
                latencies[name, count] += seconds
    spent = {key: median(each) for key, each in processor.items()}
    rows = [
        _row(name, count, rates[name, count], latencies[name, count]) | {"processor, ms": spent[name, count]}
        for name, count in rates
    ]
    best = {key: median(each) for key, each in rates.items()}
    gradio, _, door = routes
    compared = {
        f"{MANY} clients against one through {door} (at least 1.6)": best[door, MANY] / best[door, 1],
        f"{door} against Gradio, one client (at least 1.8)": best[door, 1] / best[gradio, 1],
        f"{door} against Gradio, {MANY} clients (at least 1.8)": best[door, MANY] / best[gradio, MANY],
        f"processor time of Gradio's route against {door}, {MANY} clients": spent[gradio, MANY] / spent[door, MANY],
    }
    return Result({"": rows, " ": figures(compared)})


def _row(name: str, count: int, rates: list[float], latencies: list[float]) -> dict[str, Any]:
    p50, p95 = (1000 * np.percentile(latencies, [50, 95])).tolist()
    return {"route": name, "clients": count, "answers a second": median(rates), "p50, ms": p50, "p95, ms": p95}


def _processor_s(pid: int) -> float:
    """The processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _turn(port: int, ask: Ask, clients: int, seconds: float) -> list[float]:
    """The seconds of each answer that came in this time."""
    found: list[float] = []

    async def client(number: int) -> None:
        async with Connection.open(port) as app:
            for turn in itertools.count(number):
                started = time.monotonic()
                await ask(app, turn % len(PICTURES))
                found.append(time.monotonic() - started)

    tasks = [asyncio.create_task(client(number)) for number in range(clients)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
    return found


async def _by_gradio(app: Connection, picture: int) -> None:
    (path,) = await app.post("gradio_api/upload", multipart([PICTURES[picture]]), MULTIPART)
    await _call(app, path)


async def _uploaded_before(app: Connection, picture: int) -> None:
    if not hasattr(app, "uploads"):
        app.uploads = await app.post("gradio_api/upload", multipart(PICTURES), MULTIPART)
    await _call(app, app.uploads[picture])


async def _call(app: Connection, path: str) -> None:
    body = json.dumps({"data": [file_data(path)], "session_hash": secrets.token_hex(8)}).encode()
    event = (await app.post("gradio_api/call/recommend", body))["event_id"]
    answer = await app.get(f"gradio_api/call/recommend/{event}")
    assert b"event: complete" in answer, answer[:200]


async def _by_json(app: Connection, picture: int) -> None:
    answer = await app.post("api/recommend", JSON_BODIES[picture])
    assert len(answer["matches"]) == 5
