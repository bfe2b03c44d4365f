"""Child processes, their memory and their processor time."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from testkit.memory import memory_mb

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Run:
    """How a command ended: exit status, seconds, peak resident memory, and what it printed."""

    status: int
    seconds: float
    peak_mb: float
    output: str


def run(command: list[str], environment: dict[str, str], kill_when: Callable[[], bool] = lambda: False) -> Run:
    """Run `python COMMAND` in the project; kill it (SIGKILL) as soon as `kill_when()` is true."""
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
        peak = max(peak, memory_mb(process.pid, "VmHWM"))
        if kill_when():
            process.kill()
        time.sleep(0.02)
    assert process.stdout
    return Run(process.returncode, time.monotonic() - started, peak, process.stdout.read())


def in_fresh_process(work: str, *args: Any, **options: Any) -> Any:
    """Call `benchmarks.MODULE.FUNCTION` in a new process, which alone imports it; raises what it raises there.

    A new process has nothing loaded yet and returns its memory when it ends.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_call, work, args, options).result()


def _call(work: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    module, function = work.rsplit(".", 1)
    return getattr(import_module(f"benchmarks.{module}"), function)(*args, **options)


@contextlib.contextmanager
def peak_memory_mb(field: str, every_s: float = 0.05) -> Iterator[list[float]]:
    """Sample this process's memory in the background; the only entry of the list is the largest value so far."""
    most, over = [memory_mb("self", field)], threading.Event()

    def watch() -> None:
        while not over.wait(every_s):
            most[0] = max(most[0], memory_mb("self", field))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()


def processor_s(pid: int) -> float:
    """The processor time that a process has used, in user and in system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
