"""Load on an app: many clients in one event loop over plain sockets, since clients and server share the cores."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.core.app import HOST, MULTIPART, file_data, multipart
from benchmarks.core.photos import synthetic_jpeg
from testkit.memory import memory_mb

PICTURES = 16
"""Different pictures, so that no cache of answers is measured."""
UPLOAD_EVERY_S = 10.0
"""The app removes an upload 20 s after its last use, so the pictures are uploaded again."""
MEMORY_EVERY_S = 0.1
RECONNECT_S = 0.1


@dataclass
class Tally:
    """What clients saw: (start, seconds) of each answer, rejections by status, failures; and the app's memory.

    Memory is (moment, MB), resident and the anonymous part of it; see `memory_mb`.
    """

    trips: list[tuple[float, float]] = field(default_factory=list)
    rejected: Counter[int] = field(default_factory=Counter)
    without_retry_after: int = 0
    failed: list[str] = field(default_factory=list)
    memory_mb: list[tuple[float, float]] = field(default_factory=list)
    anonymous_mb: list[tuple[float, float]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def throughput(self) -> float:
        """Answers a second."""
        return len(self.trips) / self.seconds

    def percentile(self, *percents: float) -> list[float]:
        """Percentiles of the round trip in milliseconds."""
        return np.percentile([1000 * seconds for _, seconds in self.trips], percents).tolist()


class RejectedError(OSError):
    """An answer with another status than 200."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes):
        super().__init__(f"{status}: {body[:200]!r}")
        self.status, self.headers = status, headers


class Connection:
    """A kept-alive connection that speaks the part of HTTP/1.1 that the app's answers need."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str | None):
        self._reader, self._writer = reader, writer
        self._head = f"Host: {HOST}\r\n" + (f"X-Forwarded-For: {address}\r\n" if address else "")

    @classmethod
    @asynccontextmanager
    async def open(cls, port: int, address: str | None = None) -> AsyncIterator[Connection]:
        """Connect to the app; with an `address`, as a proxy on this machine that forwards for this client."""
        reader, writer = await asyncio.open_connection(HOST, port, limit=2**20)
        try:
            yield cls(reader, writer, address)
        finally:
            writer.close()
            await writer.wait_closed()

    async def get(self, path: str) -> bytes:
        """The complete body of an answer. Raises RejectedError for another status than 200."""
        return await self._ask(f"GET /{path} HTTP/1.1\r\n{self._head}\r\n".encode())

    async def post(self, path: str, body: bytes, content_type: str = "application/json") -> Any:
        """The JSON of an answer. Raises RejectedError for another status than 200."""
        head = f"POST /{path} HTTP/1.1\r\n{self._head}Content-Type: {content_type}\r\n"
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
            raise RejectedError(int(status.split()[1]), headers, body)
        return body

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            yield (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readexactly(2)


async def catalog(port: int) -> dict[str, Any]:
    """The answer of `/catalog`, which names the served index."""
    async with Connection.open(port) as connection:
        event = (await connection.post("gradio_api/call/catalog", b'{"data": [null]}'))["event_id"]
        answer = (await connection.get(f"gradio_api/call/catalog/{event}")).decode()
    return json.loads(answer.split("data: ", 1)[1].splitlines()[0])[0]


@asynccontextmanager
async def clients(port: int, pid: int, tally: Tally, addresses: list[Iterator[str | None]]) -> AsyncIterator[None]:
    """Keep a client for each iterator of addresses sending requests, and sample the app's memory, meanwhile."""
    uploads = itertools.cycle([file_data(path) for path in await _upload(port)])
    work = [_client(port, uploads, each, tally) for each in addresses]
    tasks = [asyncio.create_task(task) for task in (_renew_uploads(port), _sample_memory(pid, tally), *work)]
    started = time.monotonic()
    try:
        yield
    finally:
        tally.seconds = time.monotonic() - started
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


async def phase(port: int, pid: int, seconds: float, addresses: list[Iterator[str | None]]) -> Tally:
    """What the clients saw in this time."""
    tally = Tally()
    async with clients(port, pid, tally, addresses):
        await asyncio.sleep(seconds)
    return tally


def local(count: int) -> list[Iterator[str | None]]:
    """Addresses for clients that connect directly."""
    return [itertools.repeat(None) for _ in range(count)]


async def _client(port: int, uploads: Iterator[Any], addresses: Iterator[str | None], tally: Tally) -> None:
    """Send requests in one session, the next as soon as the last is answered, or after Retry-After if it is rejected.

    The connection is kept as long as the address stays the same. A request that is accepted and then rejected failed.
    """
    session, following = secrets.token_hex(8), next(addresses)
    while True:
        address, accepted = following, False
        try:
            async with Connection.open(port, address) as app:
                while following == address:
                    body = json.dumps({"data": [next(uploads)], "session_hash": session}).encode()
                    started, accepted = time.monotonic(), False
                    event = (await app.post("gradio_api/call/recommend", body))["event_id"]
                    accepted = True
                    answer = await app.get(f"gradio_api/call/recommend/{event}")
                    if b"event: complete" in answer:
                        tally.trips.append((started, time.monotonic() - started))
                    else:
                        tally.failed.append(repr(answer[:200]))
                    following = next(addresses)
        except (OSError, EOFError) as error:
            if accepted or not isinstance(error, RejectedError):
                tally.failed.append(repr(error))
                await asyncio.sleep(RECONNECT_S)
                continue
            wait = error.headers.get("retry-after", "")
            tally.rejected[error.status] += 1
            tally.without_retry_after += not wait.isdigit()
            await asyncio.sleep(int(wait or 1))


async def _upload(port: int) -> list[str]:
    """The server's paths of the pictures, uploaded in one request."""
    async with Connection.open(port) as app:
        return await app.post(
            "gradio_api/upload", multipart([synthetic_jpeg(seed) for seed in range(PICTURES)]), MULTIPART
        )


async def _renew_uploads(port: int) -> None:
    while True:
        await asyncio.sleep(UPLOAD_EVERY_S)
        await _upload(port)


async def _sample_memory(pid: int, tally: Tally) -> None:
    while True:
        tally.memory_mb.append((time.monotonic(), memory_mb(pid)))
        tally.anonymous_mb.append((time.monotonic(), memory_mb(pid, "RssAnon")))
        await asyncio.sleep(MEMORY_EVERY_S)
