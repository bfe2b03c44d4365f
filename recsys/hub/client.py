"""How long to wait for the Hub: limits on every request of this process that goes through huggingface_hub."""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpx2
from huggingface_hub import constants, get_session, set_client_factory
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled
from huggingface_hub.utils.tqdm import disable_progress_bars

CONNECT = 5.0
"""Seconds for a connection to be made."""
SILENCE = 6.0
"""Seconds without a byte after which a connection counts as dead."""
SUSPICION = 1.0
"""The same when the Hub has been failing for as long already."""
UPLOAD_SILENCE = 60.0
"""Seconds without a byte after an upload: the Hub thinks long about a commit of many files."""
PATIENCE = 4.5
"""Seconds of nothing but failures after which the Hub counts as down."""
RECOVERY = 5.0
"""Seconds without a failure that end an outage; more than the 4 that huggingface_hub sleeps before it is given up."""
WAITS = (1.0, 2.0, 4.0)
"""Seconds before the second, third and fourth try of `persist`."""
PASSING = {408: "Request Timeout", 429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway"}
PASSING |= {503: "Service Unavailable", 504: "Gateway Timeout"}

T = TypeVar("T")


class GaveUpError(OfflineModeIsEnabled):
    """The Hub has failed for PATIENCE seconds.

    As the error of offline mode it ends every retry loop of huggingface_hub, and still lets it fall back on its cache.
    """


class Outage:
    """The time since the Hub began to fail: failures within RECOVERY of each other, with no success between."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._last = 0.0

    def lasts(self, began: float) -> bool:
        """Note that what was waited for since `began` failed; True when the Hub has failed for PATIENCE."""
        now = time.monotonic()
        with self._lock:
            if self._since is None or began - self._last > RECOVERY:
                self._since = began
            self._last = now
            return now - self._since >= PATIENCE

    def age(self) -> float:
        """How long the Hub has been failing, in seconds; 0 when it is not."""
        now = time.monotonic()
        with self._lock:
            return 0.0 if self._since is None or now - self._last > RECOVERY else now - self._since

    def end(self) -> None:
        """Note that a request succeeded."""
        with self._lock:
            self._since = None


outage = Outage()


class Client(httpx2.Client):
    """An HTTP client that waits for a bounded time, and raises GaveUpError in an outage."""

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send a request, with our time limits in place of those it came with."""
        silence = max(SILENCE - outage.age(), SUSPICION) if request.method in ("GET", "HEAD") else UPLOAD_SILENCE
        limits = {"connect": CONNECT, "read": silence, "write": silence, "pool": None}
        request.extensions = {**request.extensions, "timeout": limits}
        began = time.monotonic()
        try:
            response = super().send(request, **options)
        except httpx2.TransportError as error:
            _check(began, error)
            raise
        if response.status_code in PASSING:
            self._fail(response, began)
        elif options.get("stream"):
            response.stream = _Watched(response.stream)
        else:
            outage.end()
        return response

    def _fail(self, response: httpx2.Response, began: float) -> None:
        if outage.lasts(began):
            response.close()
            raise GaveUpError(f"it answers {response.status_code} {PASSING[response.status_code]}")
        for name in ("retry-after", "ratelimit"):  # huggingface_hub would sleep as long as they say
            response.headers.pop(name, None)


class _Watched(httpx2.SyncByteStream):
    """The body of an answer, which may take as long as it likes as long as bytes keep coming."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        heard = time.monotonic()
        try:
            for chunk in self._stream:
                yield chunk
                heard = time.monotonic()
        except httpx2.TransportError as error:
            _check(heard, error)
            raise
        outage.end()

    def close(self) -> None:
        self._stream.close()


def _check(began: float, error: httpx2.TransportError) -> None:
    if outage.lasts(began):
        raise GaveUpError(str(error)) from error


@functools.cache
def limit_waiting() -> None:
    """Apply the limits to every request that this process makes through huggingface_hub; datasets and timm do too.

    Xet is switched off with it: it runs outside the HTTP client, and hf_xet 1.8 takes 275 s to report a server that
    refuses connections. Progress bars stay on a terminal and are dropped elsewhere.
    """
    hooks = get_session().event_hooks  # HF_HUB_OFFLINE works through them
    set_client_factory(lambda: Client(event_hooks=hooks, follow_redirects=True))
    constants.HF_HUB_DISABLE_XET = True
    if not sys.stderr.isatty():
        disable_progress_bars()


def persist(call: Callable[[], T]) -> T:
    """`call()`, tried again after a failure that may pass, unless it is an outage. `call` must be safe to repeat."""
    for wait in WAITS:
        try:
            return call()
        except (httpx2.HTTPError, OSError, RuntimeError) as error:
            if not _may_pass(error) or outage.age() + wait >= PATIENCE:
                raise
        time.sleep(wait)
    return call()


def root(error: BaseException) -> BaseException:
    """What huggingface_hub's "not in the cache either" and "error while uploading" were raised for."""
    while isinstance(error, LocalEntryNotFoundError | RuntimeError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _may_pass(error: BaseException) -> bool:
    error = root(error)
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in {*PASSING, 412}  # 412: another commit came between
    return isinstance(error, httpx2.TransportError)
