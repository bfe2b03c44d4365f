"""Middleware that limits requests per client and overall. Rejected requests get 429 or 503 with `Retry-After`.

Gradio itself limits only the length of its queue and the size of a file. This middleware counts each client's calls
and open requests, all open requests, the calls that wait or are being answered, and the size of the uploads in
progress and on disk. The reason for each limit is documented in `limits.Limits`.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.web.server.client_address import TrustedProxies, client_key
from recsys.web.server.limits import Limits, RequestRejected, TokenBuckets, busy, too_many
from recsys.web.server.metrics import REJECTED
from recsys.web.server.request_body import UploadBody, body_chunks, buffered, content_length, replayed
from recsys.web.server.request_log import CLIENT, path_of
from recsys.web.server.uploads import USED_UPLOAD_LIFE_S

UNLIMITED_PATHS = ("/healthz", "/readyz", "/metrics")
"""Monitoring needs an answer from a busy server too."""
STATIC_PATHS = (
    *("/assets/", "/static/", "/svelte/", "/thumbs/", "/photos/", "/preview.jpg", "/theme.css", "/favicon.ico"),
    *("/manifest.json", "/pwa_icon"),
)
"""Files of which a page requests a hundred at once. Without one of them it does not work, so they count apart."""
GRADIO_API = "/gradio_api/"
NOT_CALLS = ("file=", "theme.css", "heartbeat/", "queue/data", "call/", "upload_progress", "startup-events")
"""GET routes below GRADIO_API that read the answer of a call already counted, or keep an open page connected."""
JSON_ROUTES = "/api/"
READ_METHODS = ("GET", "HEAD", "OPTIONS")
CALLS = ("call/", "queue/join", "run/", "api/")
CALL_OF_PAGE = "queue/join"
UPLOAD = "upload"
MAX_DRAINED_BYTES = 65_536
"""A longer body is not read after a rejection: the connection is closed instead."""
MAX_RETRY_AFTER_S = 60.0
"""A longer estimate of the waiting time is too uncertain to be useful."""


Say = Callable[[str, str], str]


def in_english(message: str, accept_language: str) -> str:
    """The message as it is, for any language."""
    return message


@dataclass(frozen=True)
class Load:
    """The load of the app behind the middleware."""

    pending: Callable[[], int]
    """The number of calls that wait or are being answered."""
    seconds_per_call: Callable[[], float]
    stored_bytes: Callable[[], int]
    """The size of the uploads on disk."""


class AdmissionControl:
    """The middleware."""

    def __init__(self, app: ASGIApp, proxies: TrustedProxies, load: Load, limits: Limits, say: Say = in_english):
        self._app, self._proxies, self._load, self._limits = app, proxies, load, limits
        self._buckets = TokenBuckets(limits.calls_per_s, limits.burst_calls, limits.max_clients)
        self._files = TokenBuckets(limits.files_per_s, limits.burst_files, limits.max_clients)
        self._open: Counter[tuple[str, bool]] = Counter()
        """The open requests of each client, for calls and for files."""
        self._starting_calls = self._uploading_bytes = 0
        self._say = say
        """Says a message to the page in the language of an Accept-Language header."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or path_of(scope) in UNLIMITED_PATHS:
            return await self._app(scope, receive, send)
        try:
            with self._count_open(scope):
                await self._forward(scope, receive, send)
        except RequestRejected as rejection:
            REJECTED.labels(rejection.code).inc()
            if _is(scope, CALL_OF_PAGE, UPLOAD):
                language = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
                rejection.message = self._say(rejection.message, language)
            response = rejection.response(as_text=_is(scope, UPLOAD))
            if (content_length(scope) or 0) > MAX_DRAINED_BYTES or b"transfer-encoding" in dict(scope["headers"]):
                response.headers["Connection"] = "close"
            await response(scope, receive, send)

    @contextmanager
    def _count_open(self, scope: Scope) -> Iterator[None]:
        """Count the request as open while the context lasts, and as a call if it is one. Raises RequestRejected."""
        limits = self._limits
        if self._open.total() >= limits.max_open:
            raise self._busy()
        client = scope[CLIENT] = self._client(scope)
        is_file = path_of(scope).startswith(STATIC_PATHS)
        open_of, most = (client, is_file), limits.max_open_files_per_client if is_file else limits.max_open_per_client
        if client and self._open[open_of] >= most:
            raise too_many(f"You have {most} open requests")
        buckets, rate = (self._files, limits.files_per_s) if is_file else (self._buckets, limits.calls_per_s)
        is_counted = client and (is_file or _is_call(scope))
        if is_counted and (wait := buckets.take(client, time.monotonic())):
            raise too_many(f"You send more than {rate:g} requests per second", wait)
        self._open[open_of] += 1
        try:
            yield
        finally:
            self._open[open_of] -= 1
            if not self._open[open_of]:
                del self._open[open_of]

    def _client(self, scope: Scope) -> str:
        """The client that the request counts for; "" for programs on this machine.

        The app is such a program: it forwards an agent's call to itself, and the agent's own request was counted.
        """
        address = self._proxies.client(scope)
        return client_key(address) if address else ""

    async def _forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in READ_METHODS:
            await self._app(scope, receive, send)
        elif _is(scope, UPLOAD):
            await self._upload(scope, receive, send)
        elif path_of(scope).startswith(JSON_ROUTES):
            await self._json_call(scope, receive, send)
        elif _is(scope, *CALLS):
            await self._call(scope, await buffered(scope, receive, self._limits), send)
        else:
            await self._app(scope, await buffered(scope, receive, self._limits), send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a call, which is pending here until Gradio has put it into its queue or it is answered."""
        if self._load.pending() + self._starting_calls >= self._limits.max_pending_calls:
            raise self._busy(429 if _is(scope, CALL_OF_PAGE) else 503)
        self._starting_calls += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._starting_calls -= 1

    async def _json_call(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a call whose body may hold pictures. Its bytes count as an upload until it is answered."""
        body = bytearray()
        try:
            async for chunk in body_chunks(scope, receive, self._limits.max_upload_bytes, self._limits):
                body += chunk
                self._uploading_bytes += len(chunk)
                if self._uploading_bytes > self._limits.max_uploading_bytes:
                    raise self._busy()
            await self._call(scope, replayed(bytes(body), receive), send)
        finally:
            self._uploading_bytes -= len(body)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        stored = await asyncio.to_thread(self._load.stored_bytes)
        if stored + (content_length(scope) or 0) > self._limits.max_stored_bytes:
            raise busy(USED_UPLOAD_LIFE_S)

        def admit(size: int) -> None:
            self._uploading_bytes += size
            if self._uploading_bytes > self._limits.max_uploading_bytes:
                raise self._busy()

        body = UploadBody(scope, receive, self._limits, admit)

        async def send_unless_rejected(message: Message) -> None:
            if not body.rejection:
                await send(message)

        try:
            await self._app(scope, body.receive, send_unless_rejected)
        finally:
            self._uploading_bytes -= body.received_bytes
        if body.rejection:
            raise body.rejection

    def _busy(self, status: int = 503) -> RequestRejected:
        """The rejection with the time that the pending calls will take, estimated from the latest answers.

        Gradio's page gets status 429, since for 503 it shows a message of its own, without the time.
        """
        seconds = (self._load.pending() + self._starting_calls) * self._load.seconds_per_call()
        return busy(min(seconds, MAX_RETRY_AFTER_S), status)


def _is_call(scope: Scope) -> bool:
    return scope["method"] not in READ_METHODS or not _is(scope, *NOT_CALLS)


def _is(scope: Scope, *names: str) -> bool:
    path = path_of(scope)
    return path.startswith(GRADIO_API) and path.removeprefix(GRADIO_API).startswith(names)
