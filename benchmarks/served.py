"""An app in a process of its own, and a client that asks it by plain HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from watch import ROOT, resident_mb

HOST = "127.0.0.1"
POLLED = 0.02
BOUNDARY = "picture"


@dataclass(frozen=True)
class Served:
    """An app whose page is there: its port, its process, when that was started and the seconds until the page came."""

    port: int
    pid: int
    started: float
    page_s: float

    @property
    def memory_mb(self) -> float:
        """Its resident memory."""
        return resident_mb(self.pid)


@contextlib.contextmanager
def served(*command: str, **environment: str) -> Iterator[Served]:
    """`python COMMAND`, an app of Gradio, while it serves. Raises RuntimeError where it ends before that."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    settings = {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False", **environment}
    started = time.monotonic()
    app = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _has_page(port):
            if app.poll() is not None:
                raise RuntimeError(f"{' '.join(command)} ended with status {app.returncode} before its page was there.")
            time.sleep(POLLED)
        yield Served(port, app.pid, started, time.monotonic() - started)
    finally:
        app.terminate()
        app.wait()


def our_app(index: Path) -> contextlib.AbstractContextManager[Served]:
    """app.py over this index."""
    return served("app.py", INDEX_DIR=str(index.resolve()))


def empty_app() -> contextlib.AbstractContextManager[Served]:
    """The empty app of Gradio."""
    return served("benchmarks/empty.py")


class Client:
    """One connection that is kept, and one session, as a browser and Gradio's own clients have."""

    def __init__(self, port: int):
        self._session = secrets.token_hex(8)
        self._connection = HTTPConnection(HOST, port, timeout=60)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def upload(self, picture: bytes) -> str:
        """The path of an uploaded picture."""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="picture.jpg"\r\n\r\n'
        body = head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()
        return json.loads(self._ask("POST", "upload", body, f"multipart/form-data; boundary={BOUNDARY}"))[0]

    def call(self, endpoint: str, *data: Any) -> Any:
        """What an endpoint returns. Raises RuntimeError for its error."""
        body = json.dumps({"data": data, "session_hash": self._session}).encode()
        event = json.loads(self._ask("POST", f"call/{endpoint}", body, "application/json"))["event_id"]
        answer = self._ask("GET", f"call/{endpoint}/{event}").decode()
        if "event: complete" not in answer:
            raise RuntimeError(f"/{endpoint} answers {answer[:300]}")
        return json.loads(answer.split("event: complete")[1].split("data: ")[1])[0]

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str | None = None) -> bytes:
        headers: Mapping[str, str] = {"Content-Type": kind} if kind else {}
        self._connection.request(method, f"/gradio_api/{path}", body, headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} answers {response.status}: {content[:300]!r}")
        return content


def picture_of(upload: str) -> dict[str, Any]:
    """The reference to an upload that an endpoint takes for a picture."""
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
