"""An app whose index is renewed again and again while clients ask: failures, waits and memory. Prints Markdown.

    python benchmarks/reload.py --index FOLDER [--swaps 6] [--clients 4]

A stand-in Hub has the index and, in turn, the same with the last products left out.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import load
import numpy as np
from build import contents
from served import served
from watch import resident_mb

from recsys.format.layout import ITEMS, MANIFEST, VECTORS
from recsys.index.annoy import METRIC
from recsys.index.annoy import build as build_trees
from recsys.index.annoy.graph import graph_path, write_graph
from recsys.index.folder import IndexFolder
from recsys.index.writer import ItemsWriter, file_facts
from testkit.hub_double import File, HubDouble, is_lfs

REPO = "me/shop"
PERIOD = 1.0
SETTLED = 14.0
"""Seconds after a swap in which what was asked before has ended and the old index has gone."""
STEP = 0.05
LEFT_OUT = 0.01
"""The share of the products that one of the two indexes lacks."""


@dataclass
class Watched:
    """What was seen: (start, seconds) of each answer, what failed, and (moment, resident MB) of the app."""

    trips: list[tuple[float, float]] = field(default_factory=list)
    failed: int = 0
    memory: list[tuple[float, float]] = field(default_factory=list)

    def waits(self, spans: list[tuple[float, float]], inside: bool) -> list[float]:
        """The milliseconds of the answers that were waited for in one of these spans, or in none of them."""
        return [
            1000 * seconds
            for start, seconds in self.trips
            if inside == any(start < end and start + seconds > begin for begin, end in spans)
        ]


def smaller(index: Path, output: Path) -> Path:
    """The same index without its last products, in another folder."""
    folder = IndexFolder.open(index)
    count = round((1 - LEFT_OUT) * len(folder.items))
    for name, content in contents(index).items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / name).write_bytes(content)
    items = ItemsWriter(output / ITEMS, folder.manifest.attributes)
    for row in range(count):
        items.add(folder.items[row], folder.thumbnail(row))
    items.close()
    search = replace(folder.manifest.search, metric=METRIC)
    build_trees(folder.searcher.vectors(range(count)), output / VECTORS, search.n_trees)
    if graph_path(output / VECTORS).is_file():
        write_graph(output / VECTORS, count, search.dim)
    manifest = replace(folder.manifest, count=count, search=search, files=file_facts(output))
    (output / MANIFEST).write_text(manifest.to_json(), "utf-8")
    return output


def publish(hub: HubDouble, index: Path, **more: bytes) -> str:
    """Make the repository equal to the index, and `more`, in one commit; its id."""
    files = {name: File(data, is_lfs(name)) for name, data in (contents(index) | more).items()}
    return hub.repo("datasets", REPO).commit("main", files, "an index")


def following(hub: HubDouble, home: Path, period: float) -> dict[str, str]:
    """The settings of an app that serves what is published, with its cache there, and asks so often for newer."""
    where = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    return where | {"INDEX_REPO": REPO, "RELOAD_SECONDS": str(period)}


async def catalog(port: int) -> dict[str, Any]:
    """What `/catalog` answers."""
    async with load.Connection.to(port) as connection:
        event = (await connection.post("call/catalog", b'{"data": [null]}'))["event_id"]
        answer = (await connection.get(f"call/catalog/{event}")).decode()
    return json.loads(answer.split("data: ", 1)[1].splitlines()[0])[0]


async def _client(port: int, files: Iterator[Any], watched: Watched) -> None:
    session = secrets.token_hex(8)
    async with load.Connection.to(port) as connection:
        while True:
            started = time.monotonic()
            if await load.is_answered(
                connection, json.dumps({"data": [next(files)], "session_hash": session}).encode()
            ):
                watched.trips.append((started, time.monotonic() - started))
            else:
                watched.failed += 1


async def _memory(pid: int, watched: Watched) -> None:
    while True:
        watched.memory.append((time.monotonic(), resident_mb(pid)))
        await asyncio.sleep(STEP)


@asynccontextmanager
async def busy(port: int, pid: int, clients: int, watched: Watched) -> AsyncIterator[None]:
    """Have so many clients ask, and the memory watched, meanwhile."""
    paths = await load.uploaded(port)
    files = itertools.cycle([{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths])
    asking = [_client(port, files, watched) for _ in range(clients)]
    tasks = [asyncio.create_task(task) for task in (load.renew(port), _memory(pid, watched), *asking)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


async def measure(hub: HubDouble, indexes: list[Path], process: int, port: int, swaps: int, clients: int) -> None:
    """Renew the index `swaps` times under load; print what came of it."""
    watched, spans = Watched(), []
    revision = (await catalog(port))["index"]["revision"]
    print("| swap | products | seconds until it served | peak, MB | afterwards, MB |\n| --- | --- | --- | --- | --- |")
    async with busy(port, process, clients, watched):
        await asyncio.sleep(SETTLED)
        print(f"| none | | | | {watched.memory[-1][1]:.0f} |", flush=True)
        for number in range(1, swaps + 1):
            began, wanted = time.monotonic(), publish(hub, indexes[number % len(indexes)])
            while revision != wanted:
                await asyncio.sleep(STEP)
                found = (await catalog(port))["index"]
                revision = found["revision"]
            spans.append((began, time.monotonic()))
            await asyncio.sleep(SETTLED)
            peak = max(size for moment, size in watched.memory if moment >= began)
            took = spans[-1][1] - began
            print(
                f"| {number} | {found['items']:,} | {took:.1f} | {peak:.0f} | {watched.memory[-1][1]:.0f} |", flush=True
            )
    print(f"\n{len(watched.trips):,} answers to {clients} clients, {watched.failed} failures.")
    for words, inside in {"while an index was fetched and checked": True, "otherwise": False}.items():
        waits = watched.waits(spans, inside)
        p50, p99 = np.percentile(waits, (50, 99))
        print(f"- {words}: median {p50:.0f} ms, p99 {p99:.0f} ms, longest {max(waits):.0f} ms, of {len(waits):,}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--swaps", type=int, default=6)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    hub = HubDouble()
    hub.start()
    with tempfile.TemporaryDirectory() as temporary:
        indexes = [options.index, smaller(options.index, Path(temporary) / "smaller")]
        publish(hub, options.index)
        with served("app.py", **following(hub, Path(temporary) / "home", PERIOD)) as app:
            asyncio.run(measure(hub, indexes, app.pid, app.port, options.swaps, options.clients))
    hub.stop()


if __name__ == "__main__":
    main()
