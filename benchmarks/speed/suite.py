"""The speed of everything in one report: encoder, build, query, start-up, search, load, growth.

    python -m benchmarks speed --data SMALL --queries LARGER
    python -m benchmarks speed --small --check

The small run needs no data and takes a minute. With --check it fails if a ratio is worse than noise explains. The
sections run one after the other, each in a new process; nothing reaches the network.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.core.processes import ROOT, in_fresh_process
from benchmarks.core.results import Result
from benchmarks.speed.bars import failures
from benchmarks.speed.tables import tables

SHIPPED = ROOT / "index"
Sections = Mapping[str, Callable[[], Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", help="the catalogue: a folder in the layout of a dataset repository")
    parser.add_argument("--queries", help="another one, whose pictures are the queries")
    parser.add_argument("--small", action="store_true", help="run without data, in a minute")
    parser.add_argument(
        "--check", action="store_true", help="with --small: fail if a ratio is worse than noise explains"
    )


def run(options: argparse.Namespace) -> Result:
    if options.small == bool(options.data and options.queries) or (options.check and not options.small):
        raise SystemExit("speed: give --data and --queries, or --small; --check needs --small")
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HF_HOME=f"{folder}/cache", HF_HUB_OFFLINE="1")
        work = Path(folder)
        measure(small(work) if options.small else full(work, options.data, options.queries), report)
    return Result(tables(report), failures(report) if options.check else [], report)


def measure(sections: Sections, report: dict[str, Any]) -> None:
    """Measure the sections one after the other into the report. An error is stored in place of its section."""
    for name, section in sections.items():
        *parents, last = name.split("/")
        place = report
        for parent in parents:
            place = place.setdefault(parent, {})
        started = time.monotonic()
        try:
            place[last] = section()
        except Exception as error:  # the other sections of an hour's report are still worth having
            place[last] = {"error": f"{type(error).__name__}: {error}"}
        print(f"{name}: {time.monotonic() - started:.0f} s, {place[last].get('error', 'done')}", flush=True)


def full(work: Path, data: str, queries: str) -> Sections:
    """The sections of the whole report. Indexes are built under `work`, that of the whole catalogue first."""
    whole, random, few = work / "whole", work / "random", work / "resnet50"
    return {
        "build/shipped": partial(in_fresh_process, "speed.building.measure", data, str(SHIPPED), whole),
        "encoders/shipped": partial(in_fresh_process, "speed.encoders.measure", whole),
        "build/resnet50": partial(_build_with_resnet50, random, data, few, limit=512, rounds=3),
        "encoders/resnet50": partial(in_fresh_process, "speed.encoders.measure", few),
        "query": partial(in_fresh_process, "speed.query.measure", whole, queries),
        "startup": partial(in_fresh_process, "speed.startup.measure", whole, queries),
        "neighbours": lambda: in_fresh_process("speed.neighbours.measure", _vectors(whole)),
        "load": partial(_load, whole, (1, 2, 4, 8, 16), 8.0),
        "growth": lambda: in_fresh_process("growth.search.measure", _vectors(whole)),
    }


def small(work: Path) -> Sections:
    """The same sections with the pictures of the shipped index."""
    pictures, index = work / "pictures", work / "small"
    runtimes = ("eager_passive", "compiled")
    return {
        "build/shipped": partial(_build_shipped, pictures, index),
        "encoders/shipped": partial(in_fresh_process, "speed.encoders.measure", index, (1, 16), 5, 50.0, runtimes),
        "query": partial(in_fresh_process, "speed.query.measure", index, rounds=20),
        "startup": partial(in_fresh_process, "speed.startup.measure", index, rounds=1),
        "neighbours": lambda: _few_neighbours(_vectors(index)),
        "load": partial(_load, index, (1, 8), 2.0),
        "growth": lambda: in_fresh_process("growth.search.measure", _vectors(index), (10_000,)),
    }


def _build_with_resnet50(encoder: Path, data: str, output: Path, **options: int) -> dict[str, Any]:
    """A build with ResNet-50 and random weights, which take as long as trained ones."""
    in_fresh_process("speed.building.write_random_encoder", encoder)
    return in_fresh_process("speed.building.measure", data, str(encoder), output, **options)


def _build_shipped(pictures: Path, output: Path) -> dict[str, Any]:
    """A build of the shipped index's own pictures, as small files."""
    in_fresh_process("core.photos.write_small", SHIPPED, pictures)
    return in_fresh_process("speed.building.measure", str(pictures), str(SHIPPED), output, rounds=2, alone_s=0.7)


def _few_neighbours(vectors: npt.NDArray[np.float32]) -> dict[str, Any]:
    grown = in_fresh_process("growth.search.grown", vectors, 4000)
    return in_fresh_process("speed.neighbours.measure", grown, held_out=200, rounds=1)


def _vectors(index: Path) -> npt.NDArray[np.float32]:
    """The vectors of an index, float32 [n, dim]."""
    from recsys.index.folder import IndexFolder

    folder = IndexFolder.open(index)
    return folder.searcher.vectors(range(len(folder.items)))


def _load(index: Path, clients: tuple[int, ...], seconds: float) -> dict[str, Any]:
    from benchmarks.speed import load

    found = load.measure(index, clients, seconds)
    one, many = found[1], found[load.MANY]
    return {
        "by_clients": {str(count): row for count, row in found.items()},
        "throughput": many["throughput"] / one["throughput"],
        "p95": many["p95"] / one["p50"],
    }
