"""Faults of the Hub while the app starts, while it runs, and during a push.

The stand-in Hub has a newer index than the app, and a fault. Each start is a process of its own, with the older index
in its cache. One more process runs through all faults while a client keeps sending requests. Then an index is pushed
during each fault, and once more after it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.core.app import running
from benchmarks.core.hub import REPO, contents, following, publish, published, running_hub, write_smaller
from benchmarks.core.load import Tally, catalog, clients, local
from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result, figures
from testkit.hub_double import HubDouble
from testkit.hub_faults import FAULTS, OWNER, PUSHING, READER

POLL_S = 0.1
TIMEOUT_S = 90.0
PUSH = "import sys; from pathlib import Path; from recsys import hub; hub.push(Path(sys.argv[1]), sys.argv[2])"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory() as temporary, running_hub() as hub:
        scene = Scene(hub, options.index, Path(temporary))
        scene.publish()
        with running("app.py", **scene.environment) as app:
            while_running, tally = asyncio.run(scene.run(app.port, app.pid))
        rows, failures = [], []
        for fault, (_, words) in FAULTS.items():
            start, later = scene.start(fault), while_running[fault]
            failures += [
                f"{fault}: the notice does not name the fault: {seen.notice}"
                for seen in (start, later)
                if "that last worked" not in seen.notice or words not in seen.notice
            ]
            rows.append(
                {
                    "fault": fault,
                    "start: page after, s": start.notice_s,
                    "start: newest index after, s": start.recovery_s,
                    "running: notice after, s": later.notice_s,
                    "running: newest index after, s": later.recovery_s,
                }
            )
        pushes = [{"fault": fault} | scene.push(fault) for fault in PUSHING]
    asked = figures({"answers of the running app": len(tally.trips), "failed": len(tally.failed)})
    return Result({"At the start and while running": rows, "During a push": pushes, " ": asked}, failures)


@dataclass(frozen=True)
class Seen:
    """Seconds until the app showed its notice, the notice, and seconds from the end of the fault to the newer index."""

    notice_s: float
    notice: str
    recovery_s: float


async def _until(port: int, holds: Callable[[dict[str, Any]], bool]) -> tuple[float, dict[str, Any]]:
    """Wait until `holds` of the answer of /catalog; returns the seconds and the answer."""
    started = time.monotonic()
    while not holds(answer := await catalog(port)):
        if time.monotonic() - started > TIMEOUT_S:
            raise TimeoutError(f"after {TIMEOUT_S:.0f} s the app still says {answer['index']}, {answer['notice']}")
        await asyncio.sleep(POLL_S)
    return time.monotonic() - started, answer


async def _recovery(port: int, end: Callable[[], Any], newer: str) -> Seen:
    """Wait for the notice of a fault that has begun, end the fault, and wait for the newer index."""
    notice_s, answer = await _until(port, lambda answer: answer["notice"] is not None)
    assert answer["index"]["revision"] != newer
    end()
    recovery_s, _ = await _until(port, lambda now: now["index"]["revision"] == newer and now["notice"] is None)
    return Seen(notice_s, answer["notice"], recovery_s)


class Scene:
    """A Hub with two indexes that replace each other, and the settings of an app that follows it."""

    def __init__(self, hub: HubDouble, index: Path, home: Path):
        whole = Path(shutil.copytree(index, home / "whole"))
        self.hub, self.indexes, self.turn = hub, [whole, write_smaller(index, home / "smaller")], 0
        self.environment = following(hub, home / "cache", 1) | {"HF_TOKEN": READER}

    def publish(self) -> str:
        """Publish a newer index with a large file that is in no cache; returns its commit."""
        self.turn += 1
        return publish(self.hub, self.indexes[self.turn % 2], **{"turn.bin": str(self.turn).encode()})

    def start(self, fault: str) -> Seen:
        """Start the app during the fault; seconds count from the start of the process."""
        newer, began = self.publish(), time.monotonic()
        end = FAULTS[fault][0](self.hub, REPO)
        with running("app.py", **self.environment) as app:
            up = time.monotonic() - began
            seen = asyncio.run(_recovery(app.port, end, newer))
        return Seen(up + seen.notice_s, seen.notice, seen.recovery_s)

    async def run(self, port: int, pid: int) -> tuple[dict[str, Seen], Tally]:
        """Let one app go through all faults while a client keeps sending requests."""
        tally, seen = Tally(), {}
        async with clients(port, pid, tally, local(1)):
            for fault, (begin, _) in FAULTS.items():
                newer = self.publish()
                seen[fault] = await _recovery(port, begin(self.hub, REPO), newer)
        return seen, tally

    def push(self, fault: str) -> dict[str, Any]:
        """Push the other index during the fault, and again after it; returns the error, if any, and its seconds.

        The repository holds the complete old index or the complete new one during the fault, and the new one after it.
        """
        self.turn += 1
        folder, before, began = self.indexes[self.turn % 2], published(self.hub), time.monotonic()
        (folder / "turn.bin").write_text(str(self.turn))
        end = PUSHING[fault](self.hub, REPO)
        error = self._push(folder)
        seconds = time.monotonic() - began
        assert error or published(self.hub) == contents(folder)
        end()
        assert published(self.hub) in (before, contents(folder))
        assert self._push(folder) is None and published(self.hub) == contents(folder)
        return {"the push": error or "published", "after, s": seconds, "the same push after the fault": "published"}

    def _push(self, folder: Path) -> str | None:
        """Push from a process of its own; returns the name of the error, if any."""
        command = [sys.executable, "-c", PUSH, str(folder), REPO]
        environment = {**os.environ, **self.environment, "HF_TOKEN": OWNER}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        last = ["", *done.stderr.splitlines()][-1]
        assert not done.returncode or last.startswith("recsys.errors."), done.stderr
        return last.removeprefix("recsys.errors.").partition(":")[0] if done.returncode else None
