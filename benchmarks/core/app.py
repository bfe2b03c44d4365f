"""An app in a child process, and a client that sends plain HTTP requests over one connection."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.core.processes import ROOT
from testkit.memory import memory_mb

HOST = "127.0.0.1"
POLL_S = 0.02
BOUNDARY = "picture"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True)
class RunningApp:
    """An app that serves its page: port, process id, time of the start (monotonic), and seconds until the page came."""

    port: int
    pid: int
    started: float
    page_s: float

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/"

    @property
    def memory_mb(self) -> float:
        return memory_mb(self.pid)


@contextlib.contextmanager
def running(*command: str, log: Path | None = None, **environment: str) -> Iterator[RunningApp]:
    """Run `python COMMAND`, a Gradio app. Raises RuntimeError if it ends before it serves its page."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    settings = {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False", **environment}
    started = time.monotonic()
    with (log or Path(os.devnull)).open("wb") as out:
        app = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env={**os.environ, **settings}, stdout=out, stderr=out
        )
    try:
        while not _has_page(port):
            if app.poll() is not None:
                raise RuntimeError(f"{' '.join(command)} ended with status {app.returncode} before it served its page.")
            time.sleep(POLL_S)
        yield RunningApp(port, app.pid, started, time.monotonic() - started)
    finally:
        app.terminate()
        app.wait()


def our_app(index: Path, **options: Any) -> contextlib.AbstractContextManager[RunningApp]:
    """app.py over this index."""
    return running("app.py", INDEX_DIR=str(index.resolve()), **options)


def empty_app() -> contextlib.AbstractContextManager[RunningApp]:
    """An empty Gradio app, to compare with."""
    return running("-m", "benchmarks.speed.empty_app")


class Client:
    """A client with one kept-alive connection and one session, as a browser and Gradio's own clients have."""

    def __init__(self, port: int):
        self._session = secrets.token_hex(8)
        self._connection = HTTPConnection(HOST, port, timeout=60)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def upload(self, picture: bytes) -> str:
        """Upload a picture; returns its path on the server."""
        return json.loads(self._ask("POST", "upload", multipart([picture]), MULTIPART))[0]

    def call(self, endpoint: str, *data: Any) -> Any:
        """The result of an endpoint. Raises RuntimeError if it is an error."""
        body = json.dumps({"data": data, "session_hash": self._session}).encode()
        event = json.loads(self._ask("POST", f"call/{endpoint}", body, "application/json"))["event_id"]
        answer = self._ask("GET", f"call/{endpoint}/{event}").decode()
        if "event: complete" not in answer:
            raise RuntimeError(f"/{endpoint} answers {answer[:300]}")
        return json.loads(answer.split("event: complete")[1].split("data: ")[1])[0]

    def _ask(self, method: str, path: str, body: bytes | None = None, content_type: str | None = None) -> bytes:
        headers: Mapping[str, str] = {"Content-Type": content_type} if content_type else {}
        self._connection.request(method, f"/gradio_api/{path}", body, headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} answers {response.status}: {content[:300]!r}")
        return content


def multipart(pictures: Sequence[bytes]) -> bytes:
    """The body of an upload of these JPEG files."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{number}.jpg"\r\n\r\n'.encode()
        + picture
        + b"\r\n"
        for number, picture in enumerate(pictures)
    ]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def file_data(upload: str) -> dict[str, Any]:
    """The reference to an uploaded picture that an endpoint takes as its argument."""
    return {"path": upload, "meta": {"_type": "gradio.FileData"}}


def _has_page(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
