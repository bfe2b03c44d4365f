"""Builds by `--engine ray` on two nodes of this machine against plain builds: kills, equality, processor time.

Needs requirements-scale.txt.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import load_file

from benchmarks.core.processes import ROOT, processor_s
from benchmarks.core.results import Result, figures
from testkit.loopback import Loopback

FILES = 4
MARK = "BENCHMARK"
LOST = "was lost at product"
EMBEDDED = re.compile(r"([\d,]+) pictures embedded")


class Cpu(threading.Thread):
    """Counts the CPU seconds of all processes whose environment has this mark, ended ones included."""

    def __init__(self, mark: str):
        super().__init__(daemon=True)
        self._mark, self._ended = f"{MARK}={mark}".encode(), threading.Event()
        self._before: dict[str, float] = {}
        self._now: dict[str, float] = {}

    def run(self) -> None:
        """Sample the processes; one that ends counts as it was last seen."""
        self._look()
        self._before = dict(self._now)
        while not self._ended.wait(0.2):
            self._look()

    def stop(self) -> float:
        """The CPU seconds since the start."""
        self._ended.set()
        self.join()
        self._look()
        return sum(seconds - self._before.get(pid, 0) for pid, seconds in self._now.items())

    def _look(self) -> None:
        for place in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if place.name.isdecimal() and self._mark in (place / "environ").read_bytes():
                    self._now[place.name] = processor_s(int(place.name))


def write_catalogue(data: Path, folder: Path, count: int) -> Path:
    """Write the first products of a dataset repository to a new one of a few files."""
    table = pa.concat_tables([pq.read_table(path) for path in sorted((data / "data").glob("*.parquet"))])[:count]
    (folder / "data").mkdir(parents=True)
    for part in range(FILES):
        rows = slice(part * count // FILES, (part + 1) * count // FILES)
        pq.write_table(table[rows], folder / "data" / f"train-{part:05d}-of-{FILES:05d}.parquet")
    return folder


class Build:
    """A running build of this catalogue to this folder."""

    def __init__(self, catalogue: Path, output: Path, environment: dict[str, str], *flags: str):
        self.output, self._log = output, output.with_name(f"{output.name}.log").open("w")
        command = [sys.executable, "build_index.py", "--dataset", str(catalogue), "--encoder", "index"]
        self.process = subprocess.Popen(
            [*command, "--output", str(output), *flags],
            cwd=ROOT,
            env=environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    @property
    def stored(self) -> int:
        """How many vectors are stored on disk."""
        shards = self.output.with_name(f".{self.output.name}.vectors").glob("*/*.safetensors")
        return sum(len(load_file(shard)["keys"]) for shard in shards)

    def wait_for_vectors(self, count: int) -> None:
        """Wait until this many vectors are stored."""
        while self.stored < count:
            assert self.process.poll() is None, self.end()
            time.sleep(0.2)

    def wait_until_embedded(self) -> None:
        """Wait until all pictures are embedded; the index is not complete then."""
        keys = self.output.with_name(f".{self.output.name}.new") / "pictures.npy"
        while not keys.exists() and self.process.poll() is None:
            time.sleep(0.02)

    def wait_for_loss(self) -> None:
        """Wait until the build reports a lost actor or node."""
        while LOST not in self.output_text():
            assert self.process.poll() is None, self.output_text()
            time.sleep(0.02)

    def output_text(self) -> str:
        """The output so far."""
        return Path(self._log.name).read_text("utf-8")

    def end(self) -> str:
        """Wait for the end; returns the output."""
        self.process.wait()
        return self.output_text()

    def embedded(self) -> int:
        """Wait for the end; returns how many pictures were embedded."""
        found = EMBEDDED.search(text := self.end())
        assert found, text
        return int(found[1].replace(",", ""))


def cpu_s(build: Build, mark: str) -> float:
    """The CPU seconds until all pictures are embedded. Waits for the end of the build."""
    clock = Cpu(mark)
    clock.start()
    build.wait_until_embedded()
    seconds = clock.stop()
    build.embedded()
    return seconds


def equal(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files, byte for byte."""
    names = [{path.relative_to(each) for path in each.rglob("*") if path.is_file()} for each in (one, other)]
    return names[0] == names[1] and all(filecmp.cmp(one / name, other / name, shallow=False) for name in names[0])


@contextlib.contextmanager
def cluster(work: Path, mark: str) -> Iterator[Loopback]:
    """Two nodes of one core each, and a head without cores."""
    with tempfile.TemporaryDirectory(prefix="rays", ignore_cleanup_errors=True) as folder:
        nodes = Loopback(Path(folder))
        nodes.environment["HF_HOME"] = str(work)
        try:
            yield nodes
        finally:
            nodes.stop()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="a folder in the layout of a dataset repository")
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--few", type=int, default=1500, help="products of the smaller build, for the marginal time")


def run(options: argparse.Namespace) -> Result:
    mark = secrets.token_hex(8)
    os.environ |= {MARK: mark}
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        here = os.environ | {"HF_HOME": temporary}
        few, many = (write_catalogue(options.data, work / str(n), n) for n in (options.few, options.count))
        Build(few, work / "warm", here).embedded()
        plain = [cpu_s(Build(each, work / f"plain-{each.name}", here), mark) for each in (few, many)]
        with cluster(work, mark) as nodes:
            flags = ["--engine", "ray", "--address", nodes.address]
            by_ray = [
                cpu_s(Build(each, work / f"ray-{each.name}", nodes.environment, *flags), mark) for each in (few, many)
            ]
            same = {
                "without a kill": {"equal byte for byte": equal(work / f"plain-{many.name}", work / f"ray-{many.name}")}
            }
            same["the build killed"] = kill_build(many, work, nodes, flags)
            same["a node killed, then the last worker"] = kill_nodes(many, work, nodes, flags)
    more = options.count - options.few
    rows = [
        {"CPU": f"{options.few:,} products, s", "plain": plain[0], "ray": by_ray[0], "ratio": by_ray[0] / plain[0]},
        {"CPU": f"{options.count:,} products, s", "plain": plain[1], "ray": by_ray[1], "ratio": by_ray[1] / plain[1]},
    ]
    marginal, each = (
        [1000 * (s[1] - s[0]) / more for s in (plain, by_ray)],
        [1000 * s[1] / options.count for s in (plain, by_ray)],
    )
    for name, (one, other) in {"a further picture, ms": marginal, "a picture, all in, ms": each}.items():
        rows.append({"CPU": name, "plain": one, "ray": other, "ratio": other / one})
    failures = [
        f"{name}: the index differs from a plain build"
        for name, facts in same.items()
        if not facts["equal byte for byte"]
    ]
    return Result({"": rows, **{name: figures(facts) for name, facts in same.items()}}, failures)


def kill_build(many: Path, work: Path, nodes: Loopback, flags: list[str]) -> dict[str, Any]:
    """Kill the build itself, and start it again."""
    first = Build(many, work / "driver", nodes.environment, *flags)
    first.wait_for_vectors(1500)
    first.process.kill()
    first.end()
    stored = first.stored
    embedded = Build(many, work / "driver", nodes.environment, *flags).embedded()
    return {
        "vectors stored when killed": stored,
        "embedded by the next build": embedded,
        "equal byte for byte": equal(work / f"plain-{many.name}", work / "driver"),
    }


def kill_nodes(many: Path, work: Path, nodes: Loopback, flags: list[str]) -> dict[str, Any]:
    """Kill a node, and then the worker that is left."""
    started = time.monotonic()
    build = Build(many, work / "nodes", nodes.environment, *flags)
    build.wait_for_vectors(500)
    nodes.halt(2)
    nodes.kill_node(2)
    build.wait_for_loss()
    build.wait_for_vectors(build.stored + 1)
    nodes.halt(1)
    nodes.kill_worker(1)
    stored = build.stored
    embedded, losses = build.embedded(), build.end().count(LOST)
    return {
        "vectors stored when the worker was killed": stored,
        "embedded": embedded,
        "losses reported": losses,
        "s": time.monotonic() - started,
        "equal byte for byte": equal(work / f"plain-{many.name}", work / "nodes"),
    }
