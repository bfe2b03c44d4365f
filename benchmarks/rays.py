"""Builds by --engine ray on two nodes of this machine against plain ones: kills, equality, CPU. Prints Markdown."""

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

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "scale")]

import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import load_file

from testkit.loopback import Loopback

FILES = 4
SECOND = os.sysconf("SC_CLK_TCK")
MARK = "BENCHMARK"
LOST = "was lost at product"
EMBEDDED = re.compile(r"([\d,]+) pictures embedded")


class Cpu(threading.Thread):
    """Counts the seconds of CPU, user and system, of all processes whose environment has this mark, dead ones too."""

    def __init__(self, mark: str):
        super().__init__(daemon=True)
        self._mark, self._ended = f"{MARK}={mark}".encode(), threading.Event()
        self._before: dict[str, float] = {}
        self._now: dict[str, float] = {}

    def run(self) -> None:
        """Look at them again and again; one that ends is counted as it was last seen."""
        self._look()
        self._before = dict(self._now)
        while not self._ended.wait(0.2):
            self._look()

    def stop(self) -> float:
        """The seconds since the start."""
        self._ended.set()
        self.join()
        self._look()
        return sum(seconds - self._before.get(pid, 0) for pid, seconds in self._now.items())

    def _look(self) -> None:
        for place in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if place.name.isdecimal() and self._mark in (place / "environ").read_bytes():
                    fields = (place / "stat").read_text().rpartition(")")[2].split()
                    self._now[place.name] = (int(fields[11]) + int(fields[12])) / SECOND


def write_catalogue(data: Path, folder: Path, count: int) -> Path:
    """The first products of a dataset repository, in a few files."""
    table = pa.concat_tables([pq.read_table(path) for path in sorted((data / "data").glob("*.parquet"))])[:count]
    (folder / "data").mkdir(parents=True)
    for part in range(FILES):
        rows = slice(part * count // FILES, (part + 1) * count // FILES)
        pq.write_table(table[rows], folder / "data" / f"train-{part:05d}-of-{FILES:05d}.parquet")
    return folder


class Build:
    """A build that runs, of this catalogue to this folder."""

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
    def kept(self) -> int:
        """How many vectors are on the disk."""
        shards = self.output.with_name(f".{self.output.name}.vectors").glob("*/*.safetensors")
        return sum(len(load_file(shard)["keys"]) for shard in shards)

    def until(self, kept: int) -> None:
        """Wait for so many vectors."""
        while self.kept < kept:
            assert self.process.poll() is None, self.end()
            time.sleep(0.2)

    def until_embedded(self) -> None:
        """Wait until all is embedded, and the index to be completed."""
        keys = self.output.with_name(f".{self.output.name}.new") / "pictures.npy"
        while not keys.exists() and self.process.poll() is None:
            time.sleep(0.02)

    def until_lost(self) -> None:
        """Wait until it tells of a loss."""
        while LOST not in self.printed():
            assert self.process.poll() is None, self.printed()
            time.sleep(0.02)

    def printed(self) -> str:
        """What it has printed so far."""
        return Path(self._log.name).read_text("utf-8")

    def end(self) -> str:
        """What it printed, when it is over."""
        self.process.wait()
        return self.printed()

    def embedded(self) -> int:
        """How many pictures it embedded, at its end."""
        found = EMBEDDED.search(printed := self.end())
        assert found, printed
        return int(found[1].replace(",", ""))


def cpu(build: Build, mark: str) -> float:
    """The seconds of CPU until all is embedded; the end is waited for."""
    clock = Cpu(mark)
    clock.start()
    build.until_embedded()
    seconds = clock.stop()
    build.embedded()
    return seconds


def equal(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files, byte for byte."""
    names = [{path.relative_to(each) for path in each.rglob("*") if path.is_file()} for each in (one, other)]
    return names[0] == names[1] and all(filecmp.cmp(one / name, other / name, shallow=False) for name in names[0])


@contextlib.contextmanager
def cluster(work: Path, mark: str) -> Iterator[Loopback]:
    """Two nodes of a core each, and a head without any."""
    with tempfile.TemporaryDirectory(prefix="rays", ignore_cleanup_errors=True) as folder:
        nodes = Loopback(Path(folder))
        nodes.environment["HF_HOME"] = str(work)
        try:
            yield nodes
        finally:
            nodes.stop()


def main() -> None:
    """Kill and compare, then count the seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--few", type=int, default=1500, help="products of the smaller build, for the marginal time")
    options = parser.parse_args()
    mark = secrets.token_hex(8)
    os.environ |= {MARK: mark}
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        here = os.environ | {"HF_HOME": temporary}
        many, few = (write_catalogue(options.data, work / str(n), n) for n in (options.count, options.few))
        Build(few, work / "warm", here).embedded()
        plain = {each: cpu(Build(each, work / f"plain-{each.name}", here), mark) for each in (few, many)}
        print(f"- plain: {plain[few]:.1f} s of CPU for {options.few:,}, {plain[many]:.1f} s for {options.count:,}")
        with cluster(work, mark) as nodes:
            flags = ["--engine", "ray", "--address", nodes.address]
            environment = nodes.environment
            rayed = {each: cpu(Build(each, work / f"ray-{each.name}", environment, *flags), mark) for each in plain}
            print(f"- ray: {rayed[few]:.1f} s of CPU for {options.few:,}, {rayed[many]:.1f} s for {options.count:,}")
            more = options.count - options.few
            marginal = [1000 * (seconds[many] - seconds[few]) / more for seconds in (plain, rayed)]
            total = [1000 * seconds[many] / options.count for seconds in (plain, rayed)]
            for name, (ours, theirs) in {"marginal": marginal, "in all": total}.items():
                print(f"- a picture, {name}: {theirs:.2f} ms against {ours:.2f}, {theirs / ours:.2f} times")
            same = equal(work / f"plain-{many.name}", work / f"ray-{many.name}")
            print(f"- equal byte for byte without a kill: {same}", flush=True)
            killed_driver(many, work, nodes, flags)
            killed_nodes(many, work, nodes, flags)


def killed_driver(many: Path, work: Path, nodes: Loopback, flags: list[str]) -> None:
    """Kill the build itself, and start it again."""
    first = Build(many, work / "driver", nodes.environment, *flags)
    first.until(1500)
    first.process.kill()
    first.end()
    kept = first.kept
    embedded = Build(many, work / "driver", nodes.environment, *flags).embedded()
    same = equal(work / f"plain-{many.name}", work / "driver")
    print(
        f"- driver killed with {kept:,} vectors kept: {embedded:,} embedded by the next, {kept + embedded:,} in all,"
        f" equal byte for byte: {same}",
        flush=True,
    )


def killed_nodes(many: Path, work: Path, nodes: Loopback, flags: list[str]) -> None:
    """Kill a node, and then the worker that is left."""
    started = time.monotonic()
    build = Build(many, work / "nodes", nodes.environment, *flags)
    build.until(500)
    nodes.halt(2)
    nodes.kill_node(2)
    build.until_lost()
    build.until(build.kept + 1)
    nodes.halt(1)
    nodes.kill_worker(1)
    killed_at = build.kept
    embedded, lost = build.embedded(), build.end().count(LOST)
    same = equal(work / f"plain-{many.name}", work / "nodes")
    print(
        f"- a node killed, then the last worker with {killed_at:,} vectors kept: {embedded:,} embedded,"
        f" {lost} losses told, {time.monotonic() - started:.0f} s, equal byte for byte: {same}"
    )


if __name__ == "__main__":
    main()
