"""The app under load: clients that each ask `/recommend` again as soon as they are answered. Prints Markdown.

    python benchmarks/load.py --index index [--clients 1 2 4 8 16] [--seconds 8]

Clients and server share the cores, so all clients are one event loop over plain sockets, which costs little. In such a
load the mean round trip is the number of clients divided by the throughput (Little 1961).
"""

from __future__ import annotations

import argparse
import asyncio
import io
import itertools
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from served import BOUNDARY, HOST, our_app
from watch import ROOT

CLIENTS = (1, 2, 4, 8, 16)
MANY = 8
"""Clients whose throughput and p95 are set against those of one."""
WARM_UP = 2.0
PICTURES = 16
"""Different ones, so that no cache of answers is measured."""
RENEWED = 10.0
"""Seconds after which the pictures are uploaded again: the app removes an upload 20 s after its use."""


@dataclass
class Tally:
    """What came of a phase: the round trip of each answer in ms, and how many requests had none."""

    trips: list[float] = field(default_factory=list)
    errors: int = 0


class Refused(OSError):
    """Any status but 200, with the headers that came with it."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes):
        super().__init__(f"{status}: {body[:200]!r}")
        self.status, self.headers = status, headers


class Connection:
    """One connection that is kept, and the least of HTTP/1.1 that the app's answers need."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str | None):
        self._reader, self._writer = reader, writer
        self._head = f"Host: {HOST}\r\n" + (f"X-Forwarded-For: {address}\r\n" if address else "")

    @classmethod
    @asynccontextmanager
    async def to(cls, port: int, address: str | None = None) -> AsyncIterator[Connection]:
        """A connection to the app, as from a proxy on this machine that was asked from `address`, if that is given."""
        reader, writer = await asyncio.open_connection(HOST, port, limit=2**20)
        try:
            yield cls(reader, writer, address)
        finally:
            writer.close()
            await writer.wait_closed()

    async def get(self, path: str) -> bytes:
        """The body of an answer, once it is complete. Raises Refused for any status but 200."""
        return await self._ask(f"GET /gradio_api/{path} HTTP/1.1\r\n{self._head}\r\n".encode())

    async def post(self, path: str, body: bytes, kind: str = "application/json") -> Any:
        """The JSON that answers a body. Raises Refused for any status but 200."""
        head = f"POST /gradio_api/{path} HTTP/1.1\r\n{self._head}Content-Type: {kind}\r\n"
        return json.loads(await self._ask(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body))

    async def _ask(self, request: bytes) -> bytes:
        self._writer.write(request)
        status, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().splitlines()
        headers = dict(line.split(": ", 1) for line in lines if line)
        if "content-length" in headers:
            body = await self._reader.readexactly(int(headers["content-length"]))
        else:
            body = b"".join([chunk async for chunk in self._chunks()])
        if " 200 " not in status:
            raise Refused(int(status.split()[1]), headers, body)
        return body

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            yield (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readexactly(2)


def measure(index: Path, clients: Sequence[int] = CLIENTS, seconds: float = 8.0) -> dict[int, dict[str, float]]:
    """Clients → requests a second, p50, p95 and p99 of the round trip in ms, and errors, of app.py over this index."""
    with our_app(index) as app:
        asyncio.run(_phase(app.port, max(clients), WARM_UP))
        return {count: asyncio.run(_phase(app.port, count, seconds)) for count in clients}


async def _phase(port: int, clients: int, seconds: float) -> dict[str, float]:
    """So many clients for so long."""
    tally, paths = Tally(), await uploaded(port)
    files = itertools.cycle([{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths])
    renewing = asyncio.create_task(renew(port))
    started = time.perf_counter()
    await asyncio.gather(*(_client(port, files, started + seconds, tally) for _ in range(clients)))
    taken = time.perf_counter() - started
    renewing.cancel()
    p50, p95, p99 = np.percentile(tally.trips, (50, 95, 99)).tolist()
    return {"throughput": len(tally.trips) / taken, "p50": p50, "p95": p95, "p99": p99, "errors": tally.errors}


async def _client(port: int, files: Iterator[Any], until: float, tally: Tally) -> None:
    """Asks in one session, as a browser and Gradio's own clients do."""
    session = secrets.token_hex(8)
    async with Connection.to(port) as app:
        while (started := time.perf_counter()) < until:
            if await is_answered(app, json.dumps({"data": [next(files)], "session_hash": session}).encode()):
                tally.trips.append(1000 * (time.perf_counter() - started))
            else:
                tally.errors += 1


async def is_answered(app: Connection, body: bytes) -> bool:
    """Whether /recommend answers this body with products."""
    try:
        event = (await app.post("call/recommend", body))["event_id"]
        return b"event: complete" in await app.get(f"call/recommend/{event}")
    except OSError:
        return False


async def renew(port: int) -> None:
    """Upload the pictures again and again, since the app removes what was used."""
    while True:
        await asyncio.sleep(RENEWED)
        await uploaded(port)


async def uploaded(port: int) -> list[str]:
    """The paths of the pictures on the server, uploaded in one request."""
    parts = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{number}.jpg"\r\n\r\n'.encode()
        + jpeg(640, number)
        + b"\r\n"
        for number in range(PICTURES)
    )
    async with Connection.to(port) as app:
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return await app.post("upload", parts + f"--{BOUNDARY}--\r\n".encode(), kind)


@cache
def jpeg(side: int, seed: int) -> bytes:
    """A picture of that many pixels a side that compresses like a photo."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (side // 16, side // 16, 3), dtype=np.uint8))
    out = io.BytesIO()
    small.resize((side, side), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


def main() -> None:
    """Measure, and print a table and the two ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    found = measure(options.index, options.clients, options.seconds)
    print("| clients | requests/s | p50, ms | p95, ms | p99, ms | errors |\n| --- | --- | --- | --- | --- | --- |")
    for count, row in found.items():
        trips = " | ".join(f"{row[name]:.0f}" for name in ("p50", "p95", "p99"))
        print(f"| {count} | {row['throughput']:.1f} | {trips} | {row['errors']:.0f} |")
    if {1, MANY} <= {*found}:
        one, many = found[1], found[MANY]
        print(
            f"\nThroughput of {MANY} clients against one: {many['throughput'] / one['throughput']:.2f} (at least 1.5)."
        )
        print(f"p95 of {MANY} clients against the median of one: {many['p95'] / one['p50']:.2f} (at most 3).")


if __name__ == "__main__":
    main()
