"""How fast all of it is, in one run and one report: JSON, Markdown and plots.

    python benchmarks/speed.py --data SMALL --queries LARGER --output FOLDER
    python benchmarks/speed.py --small --check --output FOLDER

The small run needs no data and takes a minute. With `--check` it fails where a ratio is worse than noise can
make it. One thing is measured after the other; nothing here reaches the network.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import machine
import numpy as np
import numpy.typing as npt
from bars import failures
from fresh import fresh
from report import summary, to_markdown
from watch import ROOT

SHIPPED = ROOT / "index"
Sections = Mapping[str, Callable[[], Any]]


def full(work: Path, data: str, queries: str) -> Sections:
    """What the whole report measures; indexes are built under `work`, the whole catalogue's first."""
    whole, random, few = work / "whole", work / "random", work / "resnet50"
    return {
        "build/shipped": partial(fresh, "building.measure", data, str(SHIPPED), whole),
        "encoders/shipped": partial(fresh, "encoders.measure", whole),
        "build/resnet50": partial(_random, random, data, few, limit=512, rounds=3),
        "encoders/resnet50": partial(fresh, "encoders.measure", few),
        "query": partial(fresh, "query.measure", whole, queries),
        "startup": partial(fresh, "startup.measure", whole, queries),
        "neighbours": lambda: _neighbours(_vectors(whole)),
        "load": lambda: _load(whole, (1, 2, 4, 8, 16), 8.0),
        "growth": lambda: fresh("growth.measure", _vectors(whole)),
    }


def small(work: Path) -> Sections:
    """The same, as far as the pictures of the shipped index go."""
    pictures, index = work / "pictures", work / "small"
    return {
        "build/shipped": partial(_shipped, pictures, index),
        "encoders/shipped": partial(fresh, "encoders.measure", index, (1, 16), 5, 50.0, ("eager_passive", "compiled")),
        "query": partial(fresh, "query.measure", index, rounds=20),
        "startup": partial(fresh, "startup.measure", index, rounds=1),
        "neighbours": lambda: _neighbours(fresh("growth.grown", _vectors(index), 4000), held_out=200, rounds=1),
        "load": lambda: _load(index, (1, 8), 2.0),
        "growth": lambda: fresh("growth.measure", _vectors(index), (10_000,)),
    }


def _random(encoder: Path, data: str, output: Path, **options: int) -> dict[str, Any]:
    """A build with ResNet-50, whose random weights take as long as any."""
    fresh("building.write_random", encoder)
    return fresh("building.measure", data, str(encoder), output, **options)


def _shipped(pictures: Path, output: Path) -> dict[str, Any]:
    """A build of the shipped index's own pictures, as small files."""
    fresh("photos.write", SHIPPED, pictures)
    return fresh("building.measure", str(pictures), str(SHIPPED), output, rounds=2, alone_s=0.7)


def _vectors(index: Path) -> npt.NDArray[np.float32]:
    """The vectors of an index, float32 [n, dim]."""
    from recsys.index.folder import IndexFolder

    folder = IndexFolder.open(index)
    return folder.searcher.vectors(range(len(folder.items)))


def _neighbours(vectors: npt.NDArray[np.float32], **options: int) -> dict[str, Any]:
    found = fresh("neighbours.measure", vectors, **options)
    return found | {"slowest_filter_ms": max(row["ms"] for row in found["filters"])}


def _load(index: Path, clients: tuple[int, ...], seconds: float) -> dict[str, Any]:
    import load

    found = load.measure(index, clients, seconds)
    one, many = found[1], found[load.MANY]
    return {
        "by_clients": {str(count): row for count, row in found.items()},
        "throughput": many["throughput"] / one["throughput"],
        "p95": many["p95"] / one["p50"],
    }


def measured(sections: Sections, report: dict[str, Any], write: Callable[[], None]) -> None:
    """Measure one section after the other into the report, which is written after each; what fails is noted in it."""
    for name, measure in sections.items():
        *parents, last = name.split("/")
        place = report
        for parent in parents:
            place = place.setdefault(parent, {})
        started = time.monotonic()
        try:
            place[last] = measure()
        except Exception as error:  # a report of an hour is not lost for one of its sections
            place[last] = {"error": f"{type(error).__name__}: {error}"}
        print(f"{name}: {time.monotonic() - started:.0f} s, {place[last].get('error', 'done')}", flush=True)
        write()


def rounded(value: Any) -> Any:
    """The same with six digits of each number, and none of what is no number."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): rounded(part) for name, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, list | tuple) else value


def main() -> int:
    """Measure, write the report, and print its summary; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="a folder in the layout of a dataset repository: the catalogue")
    parser.add_argument("--queries", help="another one, whose pictures visitors bring")
    parser.add_argument("--output", type=Path, required=True, help="where report.json, report.md and the plots go")
    parser.add_argument("--small", action="store_true", help="without data, in a minute")
    parser.add_argument("--check", action="store_true", help="with --small: fail on a ratio that is worse than noise")
    options = parser.parse_args()
    if not options.small and not (options.data and options.queries):
        parser.error("--data and --queries name the pictures; --small does without them")
    if options.check and not options.small:
        parser.error("--check is for --small")
    options.output.mkdir(parents=True, exist_ok=True)
    command = "python benchmarks/speed.py " + ("--small" if options.small else "--data SMALL --queries LARGER")
    report: dict[str, Any] = {"command": command, "machine": machine.measure()}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HF_HOME=f"{folder}/cache", HF_HUB_OFFLINE="1", TQDM_DISABLE="1")
        work = Path(folder)
        sections = small(work) if options.small else full(work, options.data, options.queries)
        measured(sections, report, lambda: _write_json(report, options.output))
    from charts import draw

    (options.output / "report.md").write_text(to_markdown(report, draw(report, options.output)), "utf-8")
    print(f"\n{summary(report)}")
    problems = failures(report) if options.check else []
    for problem in problems:
        print(f"worse than noise can make it: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _write_json(report: Mapping[str, Any], output: Path) -> None:
    (output / "report.json").write_text(json.dumps(rounded(report), indent=1, allow_nan=False), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
