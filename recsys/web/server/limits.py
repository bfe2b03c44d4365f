"""What one client, and all of them together, may ask of the server, and how a refusal is told."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

from starlette.responses import JSONResponse, PlainTextResponse, Response

from recsys.images.decode import MAX_BYTES

BUSY = "busy"
TOO_MANY = "too_many_requests"
TOO_LARGE = "too_large"
TOO_SLOW = "too_slow"
BAD_REQUEST = "bad_request"


@dataclass(frozen=True)
class Limits:
    """The bounds. Every one is far from what a visitor, or a class of them behind one address, comes to."""

    rate: float = 5.0
    """Calls a second by client in the long run: a tenth of what two cores answer with the sample shop's encoder."""
    burst: int = 100
    """Calls by client at once: a visitor who clicks for a minute without a pause, or thirty who come at a time."""
    clients: int = 10_000
    """Clients remembered, the latest ones. Who was silent for burst / rate = 20 s is as good as new anyway."""
    open_by_client: int = 100
    """Open requests of one client, but for files. A page keeps one or two."""
    open: int = 500
    """Open requests of all, each of some 50 kB and a socket; fewer than `connections.MOST`."""
    pending: int = 200
    """Calls of all that wait or are in work. On two cores the last of them waits about 5 s."""
    body: int = 200_000
    """Bytes of a request that is no upload. The page sends less than 1 kB, and with 200 likes some ten."""
    session: int = 100
    """Characters of a session's name, which is kept with what belongs to it. Gradio's clients send 11 or 36."""
    upload: int = 2 * MAX_BYTES
    """Bytes of one upload, which may have several pictures."""
    uploading: int = 10 * MAX_BYTES
    """Bytes of all uploads on their way: of a field that is no file Gradio keeps every byte in memory."""
    stored: int = 50 * MAX_BYTES
    """Bytes of all uploads on the disk. One that is used goes 20 s later, one that is not after ten minutes."""
    patience: float = 15.0
    """Seconds that a body may take …"""
    slowest: float = 20_000.0
    """… and bytes a second that it has to come with after them; a slow mobile network has five times that."""


class Refusal(Exception):
    """An answer in place of the one that was asked for: a status, a code for programs, a sentence, seconds to wait."""

    def __init__(self, status: int, code: str, message: str, wait: float | None = None):
        super().__init__(message)
        self.status, self.code, self.message, self.wait = status, code, message, wait

    def response(self, as_text: bool) -> Response:
        """The sentence and the code as JSON, or the sentence alone."""
        headers = {} if self.wait is None else {"Retry-After": str(math.ceil(self.wait))}
        if as_text:
            return PlainTextResponse(self.message, self.status, headers)
        return JSONResponse({"error": self.message, "title": self.code}, self.status, headers)


class Buckets:
    """A token bucket for each client (Turner 1986): `burst` calls at once, and `rate` a second in the long run."""

    def __init__(self, rate: float, burst: int, clients: int):
        self._rate, self._burst, self._most = rate, burst, clients
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, client: str, now: float) -> float:
        """Seconds until this client may call; 0 where it may now, and then the call is counted. `now` is in seconds."""
        tokens, then = self._buckets.pop(client, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        self._buckets[client] = (tokens - 1 if tokens >= 1 else tokens, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return max(0.0, (1 - tokens) / self._rate)


def too_many(fact: str, wait: float = 1.0) -> Refusal:
    """To a client that asks for more than its share."""
    wait = max(1, math.ceil(wait))
    return Refusal(429, TOO_MANY, f"{fact}. Please try again in {wait} s.", wait)


def busy(wait: float, status: int = 503) -> Refusal:
    """To anyone, where all together ask for more than can be done."""
    wait = max(1, math.ceil(wait))
    return Refusal(status, BUSY, f"The shop is busy. Please try again in {wait} s.", wait)


def too_large(most: int) -> Refusal:
    """To a body of more than so many bytes."""
    return Refusal(413, TOO_LARGE, f"This is more than {most:,} bytes, the most that one request may send.")
