"""A web server on this machine whose pictures fail, stall, redirect, are rate-limited and change."""

from __future__ import annotations

import io
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from PIL import Image


def picture(number: int, version: int = 0) -> bytes:
    """A small PNG that differs from that of every other number and version."""
    out = io.BytesIO()
    colour = (number % 256, number // 256 % 256, version % 256)
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


class LinkServer(ThreadingHTTPServer):
    """Serves `/KIND/NUMBER.png`. The kind is a `get_` of `Handler`.

    `sent` counts the pictures that were sent whole, `asked` all requests, each by path. `versions` changes a picture.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, requests_per_second: float = 0.0):
        self.sent: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.most_at_once = self._open = 0
        self.versions: dict[str, int] = {}
        self.over = threading.Event()
        self.conditional: list[str] = []
        self._rate, self._recent, self._lock = requests_per_second, deque[float](), threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def is_over_rate(self) -> bool:
        """Whether the request is one too many for the second that ends now."""
        with self._lock:
            now = time.monotonic()
            while self._recent and self._recent[0] < now - 1:
                self._recent.popleft()
            if not self._rate or len(self._recent) < self._rate:
                self._recent.append(now)
                return False
            return True

    @contextmanager
    def counted(self, path: str) -> Iterator[None]:
        """Count a request, and those that are open at once."""
        with self._lock:
            self.asked[path] += 1
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1

    @contextmanager
    def running(self) -> Iterator[LinkServer]:
        """Serve until the end of the context."""
        thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self.over.set()
            self.shutdown()
            thread.join()
            self.server_close()


class Handler(BaseHTTPRequestHandler):
    """Answers by the kind in the path."""

    server: LinkServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a request, and close the connection."""
        self.close_connection = True
        with self.server.counted(self.path), suppress(ConnectionError):
            if self.server.is_over_rate():
                return self.answer(429, Retry_After="1")
            return getattr(self, f"get_{unquote(self.path).split('/')[1]}")(self.server.asked[self.path])
        return None

    def get_plain(self, attempt: int) -> None:
        """A picture with an ETag."""
        self.send_picture(ETag=f'"{self.version}"')

    def get_dated(self, attempt: int) -> None:
        """A picture with a modification time only."""
        self.send_picture(Last_Modified=f"Sat, 28 Nov 2026 10:00:{self.version:02d} GMT")

    def get_bare(self, attempt: int) -> None:
        """A picture without any of these."""
        self.send_picture()

    def get_typed(self, attempt: int) -> None:
        """A picture that is sent as a text."""
        self.send_picture(ETag='"1"', Content_Type="text/plain")

    def get_moved(self, attempt: int) -> None:
        """A redirect in raw UTF-8."""
        self.answer(302, Location=f"/größe/{self.number}.png".encode().decode("latin-1"))

    def get_größe(self, attempt: int) -> None:
        """The target of these redirects."""
        self.get_plain(attempt)

    def get_flaky(self, attempt: int) -> None:
        """An error of the server, twice."""
        self.get_plain(attempt) if attempt > 2 else self.answer(500)

    def get_busy(self, attempt: int) -> None:
        """Too many requests, once."""
        self.get_plain(attempt) if attempt > 1 else self.answer(429, Retry_After="0")

    def get_stalled(self, attempt: int) -> None:
        """Silence, once."""
        if attempt > 1:
            return self.get_plain(attempt)
        self.server.over.wait(30)
        return None

    def get_silent(self, attempt: int) -> None:
        """Silence, always."""
        self.server.over.wait(30)

    def get_cut(self, attempt: int) -> None:
        """Half of a picture, once, without its length."""
        if attempt > 1:
            return self.get_plain(attempt)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body[: len(self.body) // 2])
        return None

    def get_dropped(self, attempt: int) -> None:
        """A connection that is closed, once."""
        if attempt > 1:
            self.get_plain(attempt)

    def get_gone(self, attempt: int) -> None:
        """No picture."""
        self.answer(404)

    def get_broken(self, attempt: int) -> None:
        """An error of the server, always."""
        self.answer(500)

    def get_page(self, attempt: int) -> None:
        """A web page."""
        self.answer(200, b"<!doctype html><title>Not here</title>", Content_Type="image/png")

    @property
    def number(self) -> int:
        return int(self.path.rpartition("/")[2].partition(".")[0])

    @property
    def version(self) -> int:
        return self.server.versions.get(self.path, 0)

    @property
    def body(self) -> bytes:
        return picture(self.number, self.version)

    def send_picture(self, **headers: str) -> None:
        """The picture, or that it has not changed."""
        headers.setdefault("Content_Type", "image/png")
        known = (self.headers["If-None-Match"], self.headers["If-Modified-Since"])
        if known != (None, None):
            self.server.conditional.append(self.path)
        if headers.get("ETag", headers.get("Last_Modified", "")) in known:
            return self.answer(304)
        self.answer(200, self.body, **headers)
        self.server.sent[self.path] += 1
        return None

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """A whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""
