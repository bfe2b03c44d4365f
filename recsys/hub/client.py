"""Timeouts, retries and an outage breaker for every request that this process makes through huggingface_hub."""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, TypeVar

import httpx2
from huggingface_hub import constants, get_session, set_client_factory
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled
from huggingface_hub.utils.tqdm import disable_progress_bars

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 6.0
"""A connection that sends no byte for this long counts as dead."""
MIN_READ_TIMEOUT_S = 1.0
"""The read timeout shrinks to this while the Hub is failing."""
UPLOAD_TIMEOUT_S = 60.0
"""The read timeout after an upload: the Hub takes long to answer a commit of many files."""
OUTAGE_AFTER_S = 4.5
"""The Hub counts as down once every request has failed for this long."""
OUTAGE_ENDS_AFTER_S = 5.0
"""An outage ends after this long without a failure: longer than the 4 s that huggingface_hub waits between tries."""
RETRY_DELAYS_S = (1.0, 2.0, 4.0)
"""The delays before the second, third and fourth attempt of `retry`."""
DOWNLOAD_CHUNK_BYTES = 2**18
"""A download is written in pieces of this size. Those of huggingface_hub, 10 MB, take 80 MB for two files at a time."""
TRANSIENT_STATUSES = {status: HTTPStatus(status).phrase for status in (408, 429, 500, 502, 503, 504)}

T = TypeVar("T")


class HubOutageError(OfflineModeIsEnabled):
    """Every request has failed for OUTAGE_AFTER_S. As an offline error, it ends all retries of huggingface_hub."""


class Outage:
    """Measures how long the Hub has been failing: failures less than OUTAGE_ENDS_AFTER_S apart, without a success."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._last = 0.0

    def record_failure(self, began: float) -> bool:
        """Record that a request started at `began` failed. Returns True once the Hub has failed for OUTAGE_AFTER_S."""
        now = time.monotonic()
        with self._lock:
            if self._since is None or began - self._last > OUTAGE_ENDS_AFTER_S:
                self._since = began
            self._last = now
            return now - self._since >= OUTAGE_AFTER_S

    def age(self) -> float:
        """For how many seconds the Hub has been failing; 0 if it is not."""
        now = time.monotonic()
        with self._lock:
            return 0.0 if self._since is None or now - self._last > OUTAGE_ENDS_AFTER_S else now - self._since

    def end(self) -> None:
        with self._lock:
            self._since = None


outage = Outage()


class Client(httpx2.Client):
    """An HTTP client with the timeouts of this module, which raises HubOutageError in an outage."""

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        is_read = request.method in ("GET", "HEAD")
        timeout = max(READ_TIMEOUT_S - outage.age(), MIN_READ_TIMEOUT_S) if is_read else UPLOAD_TIMEOUT_S
        limits = {"connect": CONNECT_TIMEOUT_S, "read": timeout, "write": timeout, "pool": None}
        request.extensions = {**request.extensions, "timeout": limits}
        began = time.monotonic()
        try:
            response = super().send(request, **options)
        except httpx2.TransportError as error:
            _check(began, error)
            raise
        if response.status_code in TRANSIENT_STATUSES:
            self._fail(response, began)
        elif options.get("stream"):
            response.stream = _TimedStream(response.stream)
        else:
            outage.end()
        return response

    def _fail(self, response: httpx2.Response, began: float) -> None:
        if outage.record_failure(began):
            response.close()
            raise HubOutageError(f"it answers {response.status_code} {TRANSIENT_STATUSES[response.status_code]}")
        for name in ("retry-after", "ratelimit"):  # huggingface_hub would wait for as long as these ask
            response.headers.pop(name, None)


class _TimedStream(httpx2.SyncByteStream):
    """The body of a response. It may take any time, as long as bytes keep coming."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        last_byte = time.monotonic()
        try:
            for chunk in self._stream:
                yield chunk
                last_byte = time.monotonic()
        except httpx2.TransportError as error:
            _check(last_byte, error)
            raise
        outage.end()

    def close(self) -> None:
        self._stream.close()


def _check(began: float, error: httpx2.TransportError) -> None:
    if outage.record_failure(began):
        raise HubOutageError(str(error)) from error


@functools.cache
def configure_client() -> None:
    """Apply the timeouts to every request through huggingface_hub, those of datasets and timm included.

    Also switches off Xet, which bypasses the HTTP client: hf_xet 1.8 takes 275 s to report a server that refuses
    connections. Downloads take little memory. Progress bars are shown on a terminal only.
    """
    hooks = get_session().event_hooks  # HF_HUB_OFFLINE is implemented by these hooks
    set_client_factory(lambda: Client(event_hooks=hooks, follow_redirects=True))
    constants.HF_HUB_DISABLE_XET = True
    constants.DOWNLOAD_CHUNK_SIZE = DOWNLOAD_CHUNK_BYTES
    if not sys.stderr.isatty():
        disable_progress_bars()


def retry(call: Callable[[], T]) -> T:
    """Return `call()`, repeated after transient failures, but not during an outage. `call` must be safe to repeat."""
    for wait in RETRY_DELAYS_S:
        try:
            return call()
        except (httpx2.HTTPError, OSError, RuntimeError) as error:
            if not _is_transient(error) or outage.age() + wait >= OUTAGE_AFTER_S:
                raise
        time.sleep(wait)
    return call()


def root_cause(error: BaseException) -> BaseException:
    """The error behind huggingface_hub's "not in the cache either" and "error while uploading"."""
    while isinstance(error, LocalEntryNotFoundError | RuntimeError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _is_transient(error: BaseException) -> bool:
    error = root_cause(error)
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in {*TRANSIENT_STATUSES, 412}  # 412: somebody else committed meanwhile
    return isinstance(error, httpx2.TransportError)
