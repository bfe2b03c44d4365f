"""A Ray cluster on this machine's loopback: a head without work, and nodes that can be killed whole."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

RAY = [sys.executable, "-m", "ray.scripts.scripts"]
MARK = "LOOPBACK_NODE"
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token"}
STORE = 100_000_000
PATIENCE = 150
DEADLY = b"ends the process that decodes it"
"""Bytes in a picture that end a worker as a fault in a decoder would."""
DEADLY_DECODER = f"""
import importlib.util, os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name != "recsys.images.decode":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module
        def exec_module(module):
            run(module)
            decode = module.decode
            def deadly(source):
                if isinstance(source, bytes) and {DEADLY!r} in source:
                    os.kill(os.getpid(), signal.SIGSEGV)
                return decode(source)
            module.decode = deadly
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Finder())
"""


class Loopback:
    """Processes carry a mark in their environment, by which those of a node are found."""

    def __init__(self, folder: Path, nodes: int = 2, cpus: int = 1):
        """Start it; `folder` takes the logs, and has a short name, as sockets lie in it too."""
        self._cpus, self._mark = cpus, secrets.token_hex(8)
        self.nodes = self._killed = 0
        self._started: list[subprocess.Popen[bytes]] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        (folder / "code").mkdir()
        (folder / "code" / "sitecustomize.py").write_text(DEADLY_DECODER)
        self.environment = {**os.environ, **QUIET, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        self.environment["PYTHONPATH"] = str(folder / "code")
        self._log = (folder / "log").open("w")
        port = self.address.rpartition(":")[2]
        head = ["--head", "--port", port, "--include-dashboard", "false", "--temp-dir", str(folder), "--num-cpus", "0"]
        self._start("head", *head)
        try:
            self._await()
            for _ in range(nodes):
                self.add_node()
        except BaseException:
            self.stop()
            raise

    def add_node(self) -> None:
        """One more node, when it is there."""
        self.nodes += 1
        self._start(self.nodes, "--address", self.address, "--num-cpus", str(self._cpus))
        self._await()

    def pids(self, node: object = "", name: str = "") -> list[int]:
        """The processes of a node, or of all, whose command has this in it."""
        found, mark = [], f"{MARK}={self._mark}-{node}".encode()
        for place in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                ours = place.name.isdecimal() and mark in (place / "environ").read_bytes()
                if ours and name in (place / "cmdline").read_text(errors="replace"):
                    found.append(int(place.name))
        return found

    def halt(self, node: int) -> None:
        """Have the actor of a node go no further, so that there is work which is lost with it."""
        workers = self._actors(node)
        assert workers, f"there is no actor on node {node}"
        signal_all(workers, signal.SIGSTOP)

    def kill_worker(self, node: int) -> None:
        """Kill the actor of a node."""
        signal_all(self._actors(node), signal.SIGKILL)

    def _actors(self, node: int) -> list[int]:
        """The actors of a node. After two failures the build reads some products one by one, in an actor of its own."""
        return [pid for name in ("MapWorker", "_Alone") for pid in self.pids(node, name)]

    def kill_node(self, node: int) -> None:
        """Kill all that runs on a node, as a power cut would."""
        signal_all(self.pids(node), signal.SIGKILL)
        self._killed += 1

    def stop(self) -> None:
        """End it all."""
        signal_all(self.pids(), signal.SIGKILL)
        for process in self._started:
            process.wait()
        self._log.close()

    def _start(self, node: object, *flags: str) -> None:
        command = [*RAY, "start", "--block", "--disable-usage-stats", "--node-ip-address", "127.0.0.1"]
        command += ["--object-store-memory", str(STORE), *flags]
        environment = self.environment | {MARK: f"{self._mark}-{node}"}
        self._started.append(
            subprocess.Popen(command, env=environment, stdout=self._log, stderr=self._log, start_new_session=True)
        )

    def _await(self) -> None:
        """Wait for all that was started."""
        count = "import ray, sys; ray.init(sys.argv[1], logging_level='ERROR', log_to_driver=False);"
        count += "print('alive', sum(node['Alive'] for node in ray.nodes()))"
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            asked = [sys.executable, "-c", count, self.address]
            try:
                told = subprocess.run(asked, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                continue
            if f"alive {1 + self.nodes - self._killed}" in told.stdout:
                return
            time.sleep(1)
        raise TimeoutError(f"the cluster at {self.address} did not come up: {self._log.name}")


def signal_all(pids: list[int], number: signal.Signals) -> None:
    """Send these processes a signal."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
