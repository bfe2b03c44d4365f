"""Fetches the pictures that a catalogue names by link: several at once, politely, and each only once.

A picture is asked for again by a later build, with its ETag or modification time, so that only a changed one is sent.
A build that was interrupted does not ask again for the pictures that it had fetched.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import NOT_MODIFIED
from pathlib import Path
from urllib.parse import urlsplit

from recsys.catalog.link_cache import LinkCache
from recsys.errors import LinkError, PictureError
from recsys.images.decode import decode
from recsys.images.fetch import ANY_HOST, PUBLIC, Answer, request, status_error

AT_ONCE = 8
TIMEOUT_S = 20.0
MAX_INTERVAL_S = 5.0
"""A server that keeps answering "too many requests" is asked no slower than this."""
MAX_WAIT_S = 300.0
"""A server that asks for a longer pause is not waited for: its links are reported, and the next build asks again."""
TOO_MANY = 429
MAX_TOO_MANY = 20
"""The answers "too many requests" to one link that are waited for and not counted as attempts."""
PASSING = {408, 425, 500, 502, 503, 504}
"""Statuses that may pass, so that the link is tried again."""
ALLOW_HINT = "If it is a server of your own, allow it with --allow-private-hosts."
LINKS = ("http://", "https://")
CLOCK_TICK_S = 0.02
"""The start of a build and the times of the files that it fetches differ by more than a tick of the file system."""


def is_link(cell: object) -> bool:
    """Whether a cell holds an http or https link."""
    return isinstance(cell, str) and cell.strip().lower().startswith(LINKS)


@dataclass(frozen=True)
class Pace:
    """How fast and how often a server is asked."""

    requests_per_second: float = 20.0
    attempts: int = 4
    backoff_s: float = 0.5
    """The wait before the second attempt. It doubles with each one."""
    timeout_s: float = TIMEOUT_S
    failures_in_a_row: int = 20
    """After this many links that a server did not answer, it is taken to be down and not asked again."""


@dataclass
class Host:
    """The turns of one server: when it may be asked next, and how many links in a row it did not answer."""

    pace: Pace
    interval_s: float
    next_turn: float = 0.0
    failures: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve_turn(self) -> float:
        """Take the next turn. Returns the seconds until then. Raises LinkError if it is not to be asked."""
        with self.lock:
            now = time.monotonic()
            wait_s = max(self.next_turn - now, 0.0)
            if self.failures >= self.pace.failures_in_a_row:
                reason = f"did not answer {self.failures} links in a row, and seems to be down"
                raise LinkError(f"The server of this link {reason}. Build again later.")
            if wait_s > MAX_WAIT_S:
                raise LinkError(f"The server of this link asks for a pause of {wait_s:.0f} s. Build then.")
            self.next_turn = now + wait_s + self.interval_s
            return wait_s

    def slow_down(self, pause_s: float) -> None:
        """Ask the server half as often from now on, and not at all for `pause_s`."""
        with self.lock:
            until = time.monotonic() + pause_s
            if self.next_turn < until:
                self.interval_s = min(2 * self.interval_s, MAX_INTERVAL_S)
                self.next_turn = until

    def note(self, answered: bool) -> None:
        """Count a link that the server did or did not answer. An answer brings it nearer to its usual pace."""
        with self.lock:
            self.failures = 0 if answered else self.failures + 1
            if answered:
                self.interval_s = max(0.95 * self.interval_s, 1 / self.pace.requests_per_second)


class LinkFetcher:
    """Fetches pictures by link and keeps them in the folder `cache`. It asks for a link once in its life.

    `allow_private_hosts` allows servers in the private network, and any port.
    """

    def __init__(self, cache: Path, *, allow_private_hosts: bool = False, pace: Pace | None = None):
        self._cache, self._pace = LinkCache(cache), pace or Pace()
        self._policy = replace(ANY_HOST if allow_private_hosts else PUBLIC, timeout_s=self._pace.timeout_s)
        self._hosts: dict[str, Host] = {}
        self._confirmed: set[str] = set()
        self._stopped = threading.Event()

    def fetch_all(self, links: Sequence[str]) -> Generator[tuple[str, bytes | PictureError]]:
        """Each link with its picture, or with the reason why there is none, in order. Eight are fetched at once."""
        mark = self._cache.start(links)
        started_ns = mark.stat().st_mtime_ns
        time.sleep(CLOCK_TICK_S)
        self._stopped.clear()
        pool = ThreadPoolExecutor(AT_ONCE, "link")
        try:
            futures = {link: pool.submit(self._refresh, link, started_ns) for link in dict.fromkeys(links)}
            for link in links:
                yield link, self._result(link, futures[link])
            mark.unlink(missing_ok=True)
        finally:
            self._stopped.set()
            pool.shutdown(cancel_futures=True)

    def _result(self, link: str, done: Future[None]) -> bytes | PictureError:
        try:
            done.result()
        except PictureError as error:
            return error
        cached = self._cache.get(link)
        return cached.picture if cached else PictureError(f"The copy in {self._cache.folder} is damaged. Build again.")

    def _refresh(self, link: str, started_ns: int) -> None:
        """Have the picture behind the link in the cache as it is now. Raises LinkError."""
        cached = self._cache.get(link)
        if cached and (link in self._confirmed or cached.checked_ns > started_ns):
            return
        answer = self._ask(link, cached.conditions if cached else {})
        if answer.status == NOT_MODIFIED:
            self._cache.confirm(link)
        else:
            self._cache.put(link, answer)
        self._confirmed.add(link)

    def _ask(self, link: str, conditions: Mapping[str, str]) -> Answer:
        """The answer with a picture, or that it has not changed. Raises LinkError after the last attempt."""
        host = self._host(link)
        too_many, attempt = 0, 1
        while True:
            try:
                return self._ask_once(link, conditions, host)
            except _RetryLater as reason:
                if reason.status == TOO_MANY and too_many < MAX_TOO_MANY:
                    too_many += 1
                    host.slow_down(reason.after_s or self._pace.backoff_s)
                    continue
                if attempt == self._pace.attempts:
                    host.note(answered=False)
                    raise reason.error from reason
                self._stopped.wait(min(reason.after_s or self._pace.backoff_s * 2 ** (attempt - 1), MAX_WAIT_S))
                attempt += 1

    def _ask_once(self, link: str, conditions: Mapping[str, str], host: Host) -> Answer:
        """Raises LinkError, or _RetryLater if it may pass."""
        if self._stopped.wait(host.reserve_turn()):
            raise LinkError("The build was interrupted.")
        try:
            answer = request(link, self._policy, conditions)
        except LinkError as error:
            if error.is_private:
                raise LinkError(f"{error} {ALLOW_HINT}", is_private=True) from error
            if error.is_unavailable:
                raise _RetryLater(error) from error
            raise
        if answer.status == TOO_MANY or answer.status in PASSING:
            raise _RetryLater(status_error(answer.status), answer.status, _retry_after_s(answer))
        host.note(answered=True)
        if answer.status == 200:
            _check_complete(answer)
        elif not (answer.status == NOT_MODIFIED and conditions):
            raise status_error(answer.status)
        return answer

    def _host(self, link: str) -> Host:
        with contextlib.suppress(ValueError):  # a malformed link, which `request` refuses
            name = urlsplit(link.strip().lower()).netloc
            return self._hosts.setdefault(name, Host(self._pace, 1 / self._pace.requests_per_second))
        return Host(self._pace, 0.0)


class _RetryLater(Exception):
    """An attempt failed for a reason that may pass. `after_s` is the wait that the server asked for."""

    def __init__(self, error: LinkError, status: int = 0, after_s: float | None = None):
        super().__init__(str(error))
        self.error, self.status, self.after_s = error, status, after_s


def _retry_after_s(answer: Answer) -> float | None:
    """The seconds of `Retry-After`, which holds a number or a date."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text[:9])
    with contextlib.suppress(ValueError, TypeError):
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
    return None


def _check_complete(answer: Answer) -> None:
    """Raises _RetryLater if a picture is cut off whose length the server did not send."""
    if "content-length" in answer.headers or "transfer-encoding" in answer.headers:
        return
    try:
        decode(answer.body)
    except PictureError as error:
        raise _RetryLater(LinkError(str(error))) from error


def fetch_pictures(
    links: Sequence[str], cache: Path, *, allow_private_hosts: bool = False, pace: Pace | None = None
) -> Generator[tuple[str, bytes | PictureError]]:
    """Each link with its picture, or with the reason why there is none, in order. See `LinkFetcher`."""
    return LinkFetcher(cache, allow_private_hosts=allow_private_hosts, pace=pace).fetch_all(links)
