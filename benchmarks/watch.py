"""Run a command of the project and watch its memory."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Run:
    """How a command ended: its status, seconds, peak resident memory in MB, and what it printed."""

    status: int
    seconds: float
    peak_mb: float
    output: str


def run(command: list[str], environment: dict[str, str], stop_when: Callable[[], bool] = lambda: False) -> Run:
    """Run `python COMMAND` in the project; kill it (SIGKILL) as soon as `stop_when()` holds."""
    started, peak = time.monotonic(), 0.0
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    while process.poll() is None:
        peak = max(peak, resident_mb(process.pid, "VmHWM"))
        if stop_when():
            process.send_signal(signal.SIGKILL)
        time.sleep(0.02)
    assert process.stdout
    return Run(process.returncode, time.monotonic() - started, peak, process.stdout.read())


def resident_mb(pid: int | str, field: str = "VmRSS") -> float:
    """Resident memory of a process in MB (VmRSS), its peak (VmHWM), or what is no file (RssAnon); 0 where it has ended.

    A page of a file counts as often as it is mapped, and the system can take it back; what is no file it cannot.
    """
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


@contextlib.contextmanager
def highest(field: str, every_s: float = 0.05) -> Iterator[list[float]]:
    """The most of such memory that this process had while this lasts, in MB, as the only entry of a list."""
    most, over = [resident_mb("self", field)], threading.Event()

    def watch() -> None:
        while not over.wait(every_s):
            most[0] = max(most[0], resident_mb("self", field))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()
