"""A real Milvus server: the standalone one in the package `milvus`, which .ci/run installs for the tests.

Only one of them can run on a machine, because a port of its etcd is fixed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from recsys.errors import StoreError
from recsys.stores.milvus import Milvus

START_S = 25
ATTEMPTS = 4
OPTIONS = ("--authorization-enabled", "true", "--extra-config", "common.session.ttl=3")
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
TOKEN = "root:Milvus"
"""The user that a new server has."""


class MilvusServer:
    """A Milvus server on the loopback, with its data in a folder. It takes no call without a token."""

    def __init__(self, folder: Path):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder, self.token = folder, TOKEN
        self.uri = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def command() -> str | None:
        """The program that starts a server; None if it is not installed."""
        return shutil.which("milvus-server", path=str(Path(sys.executable).parent))

    def start(self) -> None:
        """Start the server unless it runs, and wait until it answers.

        After a kill, 2.3.5 sometimes waits for its own old processes for ever. It is then started again.
        """
        for _ in range(ATTEMPTS if self._process is None else 0):
            command = [str(self.command()), "--data", str(self.folder), "--proxy-port", str(self.port), *OPTIONS]
            self._process = subprocess.Popen(command, start_new_session=True, **QUIET)
            end = time.monotonic() + START_S
            while self._process.poll() is None and time.monotonic() < end:
                if self._answers():
                    return
                time.sleep(0.3)
            self.kill()
        if self._process is None:
            raise RuntimeError(f"the Milvus server does not start: see {self.folder}/logs")

    def kill(self) -> None:
        """End the server and its child at once, as a power cut would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)
            self._process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)):
                return False
        try:
            Milvus(self.uri, TOKEN).ask("list_collections", seconds=2)
        except StoreError:
            return False
        return True
