"""The guard before Gradio, which itself bounds the queue and the size of a file, and nothing else.

An ASGI middleware. It counts by client its calls and its open requests; over all the open requests, the calls that wait
or are in work, and what there is of uploads on the way and on the disk. Who is refused is told why, and when to come
back. What every bound is for stands with `Limits`.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.web.server.client_address import Proxies, home
from recsys.web.server.limits import Buckets, Limits, Refusal, busy, too_many
from recsys.web.server.metrics import REFUSED
from recsys.web.server.request_body import Upload, declared, whole
from recsys.web.server.request_log import path_of
from recsys.web.server.uploads import UPLOAD_LIFE

UNGUARDED = ("/healthz", "/readyz", "/metrics")
"""Who watches the server has to hear from it when it is busy."""
FILES = ("/assets/", "/static/", "/svelte/", "/thumbs/", "/theme.css", "/favicon.ico", "/manifest.json", "/pwa_icon")
"""A page asks for a hundred of them at once, and is broken without one."""
FOLLOWING = ("file=", "theme.css", "heartbeat/", "queue/data", "call/", "upload_progress", "startup-events")
"""What is read after a call, which was counted, or by a page that is open."""
READING = ("GET", "HEAD", "OPTIONS")
API = "/gradio_api/"
CALLS = ("call/", "queue/join", "run/", "api/")
PAGE_CALL = "queue/join"
UPLOAD = "upload"
SHORT = 65_536
"""Bytes of a body that are read and dropped after a refusal; for a longer one the connection is closed."""
LONGEST_WAIT = 60.0
"""Seconds to be told to wait; what is computed to take longer is a guess."""


@dataclass(frozen=True)
class Load:
    """What is behind the guard: calls that wait or are in work, seconds that each takes, bytes of stored uploads."""

    pending: Callable[[], int]
    seconds_each: Callable[[], float]
    stored: Callable[[], int]


class AdmissionControl:
    """Lets a request pass to the app, or refuses it."""

    def __init__(self, app: ASGIApp, proxies: Proxies, load: Load, limits: Limits):
        self._app, self._proxies, self._load, self._limits = app, proxies, load, limits
        self._buckets = Buckets(limits.rate, limits.burst, limits.clients)
        self._open: Counter[str] = Counter()
        self._calling = self._uploading = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or path_of(scope) in UNGUARDED:
            return await self._app(scope, receive, send)
        try:
            with self._open_for(scope):
                await self._pass_on(scope, receive, send)
        except Refusal as refusal:
            REFUSED.add(refusal.code)
            response = refusal.response(as_text=_is(scope, UPLOAD))
            if (declared(scope) or 0) > SHORT or _header(scope, b"transfer-encoding"):
                response.headers["Connection"] = "close"
            await response(scope, receive, send)

    @contextmanager
    def _open_for(self, scope: Scope) -> Iterator[None]:
        """Count a request as open, and as a call if it is one. Raises Refusal."""
        if self._open.total() >= self._limits.open:
            raise self._busy()
        client = self._client(scope)
        if client and self._open[client] >= self._limits.open_by_client:
            raise too_many(f"You have {self._limits.open_by_client} requests open")
        if client and _is_call(scope) and (wait := self._buckets.take(client, time.monotonic())):
            raise too_many(f"You ask more than {self._limits.rate:g} times a second", wait)
        self._open[client] += 1
        try:
            yield
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]

    def _client(self, scope: Scope) -> str:
        """Whom to count a request for: nobody where it gets a file.

        Nor where a program on this machine itself asks: the app does, for an agent, who was counted before.
        """
        address = None if path_of(scope).startswith(FILES) else self._proxies.client(scope)
        return home(address) if address else ""

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in READING:
            await self._app(scope, receive, send)
        elif _is(scope, UPLOAD):
            await self._upload(scope, receive, send)
        elif _is(scope, *CALLS):
            await self._call(scope, await whole(scope, receive, self._limits), send)
        else:
            await self._app(scope, await whole(scope, receive, self._limits), send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A call is pending here until Gradio has it in its queue, or has answered it."""
        if self._load.pending() + self._calling >= self._limits.pending:
            raise self._busy(429 if _is(scope, PAGE_CALL) else 503)
        self._calling += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._calling -= 1

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await asyncio.to_thread(self._load.stored) + (declared(scope) or 0) > self._limits.stored:
            raise busy(UPLOAD_LIFE)

        def admit(size: int) -> None:
            self._uploading += size
            if self._uploading > self._limits.uploading:
                raise self._busy()

        upload = Upload(scope, receive, self._limits, admit)

        async def send_unless_refused(message: Message) -> None:
            if not upload.refusal:
                await send(message)

        try:
            await self._app(scope, upload.receive, send_unless_refused)
        finally:
            self._uploading -= upload.received
        if upload.refusal:
            raise upload.refusal

    def _busy(self, status: int = 503) -> Refusal:
        """The wait is the time that the pending calls will take, by how fast calls were lately answered.

        To Gradio's page it is a 429: for a 503 it has a sentence of its own, without a time.
        """
        seconds = (self._load.pending() + self._calling) * self._load.seconds_each()
        return busy(min(seconds, LONGEST_WAIT), status)


def _is_call(scope: Scope) -> bool:
    return scope["method"] not in READING or not _is(scope, *FOLLOWING)


def _is(scope: Scope, *names: str) -> bool:
    path = path_of(scope)
    return path.startswith(API) and path.removeprefix(API).startswith(names)


def _header(scope: Scope, name: bytes) -> bytes | None:
    return dict(scope["headers"]).get(name)
