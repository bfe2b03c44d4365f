"""Kills builds at random moments: a small catalogue, a changed one, and a process that reads the index meanwhile.

Builds run in processes forked from one that has imported everything, so that a kill hits the build and not its imports.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testkit.fake_shop import KINDS, draw
from testkit.hub_double import File, HubDouble, is_lfs

REPO = "me/killed"
MAX_KILL_TIME = 1.1
"""The latest kill, as a multiple of the time of an uninterrupted build. A build that ends before is not counted."""
STEPS = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree", "socket.connect"}
"""Audit events of Python before which a build can be killed."""
PRELOADED = [
    "recsys.cli.build",
    "recsys.build.pipeline",
    "recsys.encoder",
    "recsys.encoder.openvino_network",
    "recsys.encoder.loading",
]

forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload([*PRELOADED, "recsys.hub", "huggingface_hub.hf_api", __name__])


@dataclass(frozen=True)
class Moment:
    """When a build is killed: some seconds after it began to write, or before the audit event of this number."""

    seconds: float | None = None
    step: int | None = None


class Shop:
    """An index of yesterday's catalogue, in a folder and published, and the commands that build today's."""

    def __init__(self, work: Path, hub: HubDouble, encoder: Path, cache: Path, products: int = 100):
        start_forks()
        self.work, self.hub, self.cache, self.output = work, hub, cache, work / "out"
        self._flags = ["--encoder", str(encoder), "--batch-size", "4", "--push-to-hub", REPO]
        write_pictures(work / "yesterday", products, changed=False)
        write_pictures(work / "today", products, changed=True)
        self.old = self._unbroken("yesterday")
        self.lengths: dict[bool, tuple[float, int]] = {}
        for cold in (True, False):
            self.reset(cold=cold)
            started = time.monotonic()
            self.new = self._unbroken("today")
            self.lengths[cold] = time.monotonic() - started, int((work / "steps").read_text())

    def reset(self, *, cold: bool) -> None:
        """Put yesterday's index in the output folder and on the Hub. `cold` deletes the compiled network too."""
        shutil.rmtree(self.output.with_name(".out.vectors"), ignore_errors=True)
        if cold:
            shutil.rmtree(self.cache)
        self.place("yesterday")
        files = {name: File(data, is_lfs(name)) for name, data in self.old.items()}
        self.hub.repo("datasets", REPO).commit("main", files, "reset")

    def place(self, day: str) -> None:
        """Replace the index in the output folder by that of this day."""
        from recsys.index.replace import replace_folder

        shutil.copytree(self.work / f"index of {day}", self.work / "copy")
        replace_folder(self.work / "copy", self.output)

    def draw(self, rng: random.Random, *, cold: bool) -> Moment:
        """A random moment of a build: for half of the kills a time, for the others an audit event."""
        seconds, steps = self.lengths[cold]
        if rng.random() < 0.5:
            return Moment(seconds=rng.uniform(0, MAX_KILL_TIME * seconds))
        return Moment(step=rng.randrange(steps))

    def build(self, catalogue: str, moment: Moment, *, update: bool = False, exchange: bool = True) -> int:
        """Build and publish, killed at this moment. Returns the exit code: -9 if the process was killed."""
        from recsys.index.replace import beside

        flags = [*self._flags, "--dataset", str(self.work / catalogue), "--output", str(self.output)]
        process = forks.Process(target=_build, args=(flags + ["--update"] * update, self.work, moment.step, exchange))
        process.start()
        if moment.seconds is not None:
            while process.is_alive() and not beside(self.output, "new").is_dir():
                time.sleep(0.001)
            process.join(moment.seconds)
            process.kill()
        process.join()
        status = process.exitcode
        process.close()
        return status

    def published(self) -> dict[str, bytes]:
        """The files of the repository on the Hub."""
        files = self.hub.files("datasets", REPO)
        return {name: data for name, data in files.items() if name != ".gitattributes"}

    def state(self) -> str:
        """The stage that a killed build had reached, judged by its files."""
        if self.published() == self.new:
            return "published"
        if contents(self.output) == self.new:
            return "in place"
        new = self.output.with_name(".out.new")
        if (new / "index.json").is_file():
            return "written"
        if (new / "pictures.npy").is_file():
            return "embedded"
        return "embedding" if new.is_dir() else "starting"

    def leftovers(self) -> set[str]:
        """The files beside the index, except for the cached vectors."""
        return {path.name for path in self.work.glob(".out.*")} - {".out.vectors"}

    def _unbroken(self, catalogue: str) -> dict[str, bytes]:
        assert self.build(catalogue, Moment()) == 0, (self.work / "log").read_text()
        shutil.copytree(self.output, self.work / f"index of {catalogue}", dirs_exist_ok=True)
        return contents(self.output)


def start_forks() -> None:
    """Start the process that is forked. It finds its modules by PYTHONPATH only."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    multiprocessing.forkserver.ensure_running()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


def contents(folder: Path) -> dict[str, bytes]:
    """The content of every file of a folder, by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write_pictures(folder: Path, count: int, *, changed: bool) -> None:
    """A folder of pictures by kind. If `changed`, a tenth each is new, removed, or another picture."""
    for number in range(count // 10 if changed else 0, count + (count // 10 if changed else 0)):
        kind = KINDS[number % len(KINDS)]
        (folder / kind).mkdir(parents=True, exist_ok=True)
        shade = 255 if changed and number % 10 == 0 else number
        draw(kind, f"#{2 * number % 256:02x}{shade:02x}40", (60, 80)).save(folder / kind / f"{number}.png")


@contextmanager
def reader(path: Path) -> Iterator[Any]:
    """Run a process that opens the index again and again. Gives a dict, filled at the end: manifests, and errors."""
    ours, theirs = forks.Pipe()
    process = forks.Process(target=_read, args=(path, theirs))
    process.start()
    seen: dict[str, Any] = {}
    try:
        yield seen
        ours.send("stop")
        seen.update(ours.recv())
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
        theirs.close()


def _read(path: Path, pipe: Any) -> None:
    from recsys.index.folder import IndexFolder

    counts: Counter[str] = Counter()
    broken: list[str] = []
    while not pipe.poll():
        try:
            folder = IndexFolder.open(path)
            last = len(folder.items) - 1
            assert folder.searcher.vectors([last]).shape == (1, folder.manifest.search.dim)
            assert folder.thumbnail(last).startswith(b"\x89PNG")
            counts[folder.manifest.to_json()] += 1
        except Exception as error:
            broken.append(repr(error))
    pipe.send({"opened": counts, "broken": broken})


def _build(flags: list[str], work: Path, kill_at: int | None, exchange: bool) -> None:
    """Run a build in this process. It kills itself before the audit event of number `kill_at`."""
    from tqdm import tqdm

    from recsys.cli import build
    from recsys.index import replace

    log = os.open(work / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if not exchange:
        replace._exchange = lambda one, other: False
    count = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event not in STEPS or (event == "open" and not str(arguments[0]).startswith(str(work))):
            return
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    sys.addaudithook(watch)
    tqdm.set_lock(threading.RLock())  # the default lock is a semaphore, which would outlive a kill
    status = build.main(flags)
    (work / "steps").write_text(str(count))
    sys.stdout.flush()
    os._exit(status)
