"""The limits of the server, per client and overall, and the responses to requests that exceed them."""

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
    """The limits. Each is far above what a visitor, or a class of visitors behind one address, needs."""

    calls_per_s: float = 5.0
    """Calls per second and client in the long run: a tenth of what two cores answer with the sample shop's encoder."""
    burst_calls: int = 100
    """Calls of one client at once: a visitor who clicks for a minute without a pause, or thirty new visitors."""
    max_clients: int = 10_000
    """Clients remembered. A client silent for burst_calls / calls_per_s = 20 s can be forgotten without effect."""
    max_open_per_client: int = 100
    """Open requests of one client, not counting static files. A page keeps one or two."""
    files_per_s: float = 100.0
    """Static files and product pictures per second and client in the long run: a page has about 130 of them."""
    burst_files: int = 4_000
    """Such files of one client at once: thirty new visitors behind one address."""
    max_open_files_per_client: int = 120
    """Requests of one client for such files that are open at once: twenty browsers, with six connections each."""
    max_open: int = 500
    """Open requests of all clients, each about 50 kB and a socket; fewer than `slow_connections.MAX_CONNECTIONS`."""
    max_pending_calls: int = 200
    """Calls of all clients that wait or are being answered. On two cores the last of them waits about 5 s."""
    max_body_bytes: int = 200_000
    """Size of a request other than an upload. The page sends less than 1 kB, or about 10 kB with 200 likes."""
    max_session_chars: int = 100
    """Length of a session's name, which Gradio keeps with the session. Gradio's clients send 11 or 36 characters."""
    max_upload_bytes: int = 2 * MAX_BYTES
    """Size of one upload, which may hold several pictures."""
    max_uploading_bytes: int = 10 * MAX_BYTES
    """Size of all uploads in progress: Gradio keeps form fields other than files in memory."""
    max_stored_bytes: int = 50 * MAX_BYTES
    """Size of all uploads on disk. Used uploads are deleted after 20 s, unused ones after 10 minutes."""
    body_timeout_s: float = 15.0
    """Time within which a body must arrive, extended by its size at `min_body_bytes_per_s`."""
    min_body_bytes_per_s: float = 20_000.0
    """The slowest accepted transfer rate of a body. A slow mobile network is about five times as fast."""


class RequestRejected(Exception):
    """A request is rejected: HTTP status, code for programs, message, and seconds after which to try again."""

    def __init__(self, status: int, code: str, message: str, retry_after_s: float | None = None):
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after_s = status, code, message, retry_after_s

    def response(self, as_text: bool) -> Response:
        """The response: message and code as JSON, or the message alone as text."""
        headers = {} if self.retry_after_s is None else {"Retry-After": str(math.ceil(self.retry_after_s))}
        if as_text:
            return PlainTextResponse(self.message, self.status, headers)
        return JSONResponse({"error": self.message, "title": self.code}, self.status, headers)


class TokenBuckets:
    """A token bucket per client (Turner 1986): `burst` calls at once, `rate` calls per second in the long run."""

    def __init__(self, rate: float, burst: int, max_clients: int):
        self._rate, self._burst, self._max_clients = rate, burst, max_clients
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, client: str, now: float) -> float:
        """Count a call of this client at `now`, in seconds; returns 0, or the seconds to wait if it has no token."""
        tokens, then = self._buckets.pop(client, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        self._buckets[client] = (tokens - 1 if tokens >= 1 else tokens, now)
        if len(self._buckets) > self._max_clients:
            self._buckets.popitem(last=False)
        return max(0.0, (1 - tokens) / self._rate)


def too_many(fact: str, retry_after_s: float = 1.0) -> RequestRejected:
    """The rejection of a client that exceeds a limit per client; `fact` names the limit."""
    seconds = max(1, math.ceil(retry_after_s))
    return RequestRejected(429, TOO_MANY, f"{fact}. Please try again in {seconds} s.", seconds)


def busy(retry_after_s: float, status: int = 503) -> RequestRejected:
    """The rejection of any client while the server is at an overall limit."""
    seconds = max(1, math.ceil(retry_after_s))
    return RequestRejected(status, BUSY, f"The shop is busy. Please try again in {seconds} s.", seconds)


def too_large(max_bytes: int) -> RequestRejected:
    """The rejection of a body of more than `max_bytes`."""
    return RequestRejected(413, TOO_LARGE, f"The request is larger than {max_bytes:,} bytes, the maximum.")
