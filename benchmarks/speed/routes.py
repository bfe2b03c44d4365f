"""The plain JSON route against Gradio's: throughput of one client and of eight, side by side in turns.

Each client sends a picture again as soon as it has its answer. Through Gradio that takes three requests: the upload,
the call and the reading of its answer; "uploaded before" leaves the first out. Through `/api/recommend` it takes one.
The pictures are products of the index on a plain ground. Clients and server share the cores. The processor time of the
server for an answer depends less on what else the machine does than the throughput.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import secrets
import time
import urllib.request
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.core.app import HOST, MULTIPART, file_data, multipart, our_app
from benchmarks.core.load import Connection
from benchmarks.core.photos import photos
from benchmarks.core.processes import ROOT, processor_s
from benchmarks.core.results import Result, figures

MANY = 8
COUNT = 16
"""Different pictures, so that no cache of answers is measured."""
STAGES = ("wait", "decode", "encode", "search", "answer")
"""Stages of an answer: "answer" is what the others leave, such as choosing the part of the picture and its JSON."""
Ask = Callable[[Connection, int], Awaitable[None]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--seconds", type=float, default=2.0, help="of one turn (default: %(default)s)")
    parser.add_argument(
        "--turns", type=int, default=4, help="of each route and number of clients (default: %(default)s)"
    )


def run(options: argparse.Namespace) -> Result:
    pictures = photos(options.index, COUNT)
    routes: dict[str, Ask] = {
        "Gradio: upload, call, answer": ByGradio(pictures),
        "Gradio, uploaded before": UploadedBefore(pictures),
        "/api/recommend": ByJson(pictures),
    }
    rates: dict[tuple[str, int], list[float]] = {key: [] for key in itertools.product(routes, (1, MANY))}
    latencies: dict[tuple[str, int], list[float]] = {key: [] for key in rates}
    processor: dict[tuple[str, int], list[float]] = {key: [] for key in rates}
    stages: dict[str, Counter[str]] = {name: Counter() for name in routes}
    with our_app(options.index) as app:
        for turn, (name, count) in itertools.product(range(options.turns + 1), rates):
            before, stages_before = processor_s(app.pid), _stage_ms(app.port)
            seconds, elapsed = asyncio.run(_turn(app.port, routes[name], count, options.seconds))
            if turn:  # the first turn warms up
                processor[name, count].append(1000 * (processor_s(app.pid) - before) / len(seconds))
                rates[name, count].append(len(seconds) / elapsed)
                latencies[name, count] += seconds
                stages[name].update(_stage_ms(app.port) - stages_before if count == 1 else {})
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
    parts = [_parts(name, stages[name], latencies[name, 1]) for name in routes]
    return Result({"": rows, " ": figures(compared), "Where the time of one client's answer goes, ms": parts})


def _row(name: str, count: int, rates: list[float], latencies: list[float]) -> dict[str, Any]:
    p50, p95 = (1000 * np.percentile(latencies, [50, 95])).tolist()
    return {"route": name, "clients": count, "answers a second": median(rates), "p50, ms": p50, "p95, ms": p95}


def _stage_ms(port: int) -> Counter[str]:
    """The milliseconds that the app has spent in each stage of its answers."""
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics") as response:
        families = text_string_to_metric_families(response.read().decode())
    samples = [sample for family in families for sample in family.samples]
    return Counter({s.labels["stage"]: 1000 * s.value for s in samples if s.name == "recsys_stage_seconds_sum"})


def _parts(name: str, stages: Counter[str], latencies: list[float]) -> dict[str, Any]:
    """The mean time of each stage, and the time that passes outside of the answer: HTTP, queue, client."""
    inside = {stage: stages[stage] / len(latencies) for stage in STAGES}
    whole = 1000 * float(np.mean(latencies))
    return {"route": name, **inside, "HTTP, routing, client": whole - sum(inside.values()), "round trip": whole}


async def _turn(port: int, ask: Ask, clients: int, seconds: float) -> tuple[list[float], float]:
    """The seconds of each answer, and the seconds until the last of the answers that were begun in this time."""
    found: list[float] = []
    began = time.monotonic()

    async def client(number: int) -> None:
        async with Connection.open(port) as app:
            for turn in itertools.count(number):
                started = time.monotonic()
                if started > began + seconds:
                    return
                await ask(app, turn % COUNT)
                found.append(time.monotonic() - started)

    await asyncio.gather(*map(client, range(clients)))
    return found, time.monotonic() - began


class ByGradio:
    """Uploads the picture, calls the endpoint and reads the answer."""

    def __init__(self, pictures: list[bytes]):
        self._uploads = [multipart([picture]) for picture in pictures]

    async def __call__(self, app: Connection, picture: int) -> None:
        (path,) = await app.post("gradio_api/upload", self._uploads[picture], MULTIPART)
        await _call(app, path)


class UploadedBefore:
    """Calls the endpoint with a picture that was uploaded once on this connection, and reads the answer."""

    def __init__(self, pictures: list[bytes]):
        self._upload, self._paths = multipart(pictures), WeakKeyDictionary[Connection, list[str]]()

    async def __call__(self, app: Connection, picture: int) -> None:
        if app not in self._paths:
            self._paths[app] = await app.post("gradio_api/upload", self._upload, MULTIPART)
        await _call(app, self._paths[app][picture])


class ByJson:
    """Sends the picture in base64 and gets the answer."""

    def __init__(self, pictures: list[bytes]):
        urls = [f"data:image/jpeg;base64,{b64encode(picture).decode()}" for picture in pictures]
        self._bodies = [json.dumps({"image": url}).encode() for url in urls]

    async def __call__(self, app: Connection, picture: int) -> None:
        answer = await app.post("api/recommend", self._bodies[picture])
        assert len(answer["matches"]) == 5


async def _call(app: Connection, path: str) -> None:
    body = json.dumps({"data": [file_data(path)], "session_hash": secrets.token_hex(8)}).encode()
    event = (await app.post("gradio_api/call/recommend", body))["event_id"]
    answer = await app.get(f"gradio_api/call/recommend/{event}")
    assert b"event: complete" in answer, answer[:200]
