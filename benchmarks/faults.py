"""What comes of it when the Hub fails at the start of the app, as it runs, and in a push. Prints Markdown.

    python benchmarks/faults.py [--index index]

A stand-in Hub has a newer index than the app, and a fault. Each start is a process of its own, with the index before in
its cache; one more process runs through all faults, and is asked for products all the while. Then an index is pushed
amid each fault, and once more after it.
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

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from build import contents
from reload import REPO, Watched, busy, catalog, following, publish, smaller
from served import served

from testkit.hub_double import HubDouble
from testkit.hub_faults import FAULTS, OWNER, PUSHING, READER

STEP = 0.1
LONGEST_WAIT = 90.0
"""Seconds after which something is said never to happen."""
PUSH = "import sys; from pathlib import Path; from recsys import hub; hub.push(Path(sys.argv[1]), sys.argv[2])"


@dataclass(frozen=True)
class Seen:
    """Seconds until the app served its old index with a notice, the notice, and the seconds until the newer came."""

    said_after: float
    notice: str
    back_after: float


class App:
    """What `/catalog` of a running app says."""

    def __init__(self, port: int):
        self.port = port

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> tuple[float, dict[str, Any]]:
        """Wait until `holds` of what it says; the seconds, and what it said."""
        started = time.monotonic()
        while not holds(said := await catalog(self.port)):
            if time.monotonic() - started > LONGEST_WAIT:
                raise TimeoutError(f"after {LONGEST_WAIT:.0f} s the app still says {said['index']}, {said['notice']}")
            await asyncio.sleep(STEP)
        return time.monotonic() - started, said

    async def goes_through(self, end: Callable[[], Any], newer: str) -> Seen:
        """A fault that has begun: wait until it is said, end it, wait for the newer index."""
        said_after, said = await self.until(lambda said: said["notice"] is not None)
        assert said["index"]["revision"] != newer
        end()
        back_after, _ = await self.until(lambda said: said["index"]["revision"] == newer and said["notice"] is None)
        return Seen(said_after, said["notice"], back_after)


class Trial:
    """A Hub with two indexes that replace each other, and how the app is to find it."""

    def __init__(self, hub: HubDouble, index: Path, home: Path):
        whole = Path(shutil.copytree(index, home / "whole"))
        self.hub, self.indexes, self.turn = hub, [whole, smaller(index, home / "smaller")], 0
        self.environment = following(hub, home / "cache", 1) | {"HF_TOKEN": READER}

    def publish(self) -> str:
        """A newer index, with a large file that is in no cache; its commit."""
        self.turn += 1
        return publish(self.hub, self.indexes[self.turn % 2], **{"turn.bin": str(self.turn).encode()})

    def start(self, fault: str) -> Seen:
        """Start the app amid the fault; seconds count from the start of the process."""
        newer, began = self.publish(), time.monotonic()
        end = FAULTS[fault][0](self.hub, REPO)
        with served("app.py", **self.environment) as app:
            up = time.monotonic() - began
            seen = asyncio.run(App(app.port).goes_through(end, newer))
        return Seen(up + seen.said_after, seen.notice, seen.back_after)

    def push(self, fault: str) -> tuple[str, float]:
        """Push the other index amid the fault, and again after it: the error, if any, and its seconds.

        Meanwhile the repository is the old index whole or the new one, and afterwards the new one.
        """
        self.turn += 1
        folder, before, began = self.indexes[self.turn % 2], self._published(), time.monotonic()
        (folder / "turn.bin").write_text(str(self.turn))
        end = PUSHING[fault](self.hub, REPO)
        said = self._push(folder)
        seconds = time.monotonic() - began
        assert said or self._published() == contents(folder)
        end()
        assert self._published() in (before, contents(folder))
        assert self._push(folder) is None
        assert self._published() == contents(folder)
        return said or "published", seconds

    def _push(self, folder: Path) -> str | None:
        command = [sys.executable, "-c", PUSH, str(folder), REPO]
        environment = {**os.environ, **self.environment, "HF_TOKEN": OWNER}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        last = ["", *done.stderr.splitlines()][-1]
        assert not done.returncode or last.startswith("recsys.errors."), done.stderr
        return last.removeprefix("recsys.errors.").partition(":")[0] if done.returncode else None

    def _published(self) -> dict[str, bytes]:
        files = self.hub.files("datasets", REPO)
        return {name: data for name, data in files.items() if name != ".gitattributes"}

    async def run(self, port: int, pid: int) -> tuple[dict[str, Seen], Watched]:
        """Go through all faults with one app, and ask it for products meanwhile."""
        watched, seen = Watched(), {}
        async with busy(port, pid, 1, watched):
            for fault, (begin, _) in FAULTS.items():
                newer = self.publish()
                end = begin(self.hub, REPO)
                seen[fault] = await App(port).goes_through(end, newer)
        return seen, watched


def main() -> None:
    """Go through the faults, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    options = parser.parse_args()
    hub = HubDouble()
    hub.start()
    with tempfile.TemporaryDirectory() as temporary:
        trial = Trial(hub, options.index, Path(temporary))
        trial.publish()
        with served("app.py", **trial.environment) as app:
            running, watched = asyncio.run(trial.run(app.port, app.pid))
        print(
            "| fault | start: the page after, s | the newest after, s | running: said after, s | the newest after, s |"
        )
        print("| --- | --- | --- | --- | --- |")
        for fault, (_, words) in FAULTS.items():
            start, run = trial.start(fault), running[fault]
            for seen in (start, run):
                assert "that last worked" in seen.notice and words in seen.notice, seen.notice
            found = (start.said_after, start.back_after, run.said_after, run.back_after)
            print(f"| {fault} | {' | '.join(f'{seconds:.1f}' for seconds in found)} |", flush=True)
        print("\n| fault | a push amid it | after, s | the same push after it |\n| --- | --- | --- | --- |")
        for fault in PUSHING:
            said, seconds = trial.push(fault)
            print(f"| {fault} | {said} | {seconds:.1f} | published |", flush=True)
    hub.stop()
    print("\nWith each fault the index before was served, with a notice that names the fault, until it was over.")
    print(f"The running app answered {len(watched.trips):,} requests meanwhile; {watched.failed} failed.")


if __name__ == "__main__":
    main()
