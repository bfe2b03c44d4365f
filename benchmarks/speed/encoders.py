"""Latency and throughput of an encoder's network by runtime and batch, beside plain PyTorch and a matrix product.

Each runtime has a process of its own; all take turns in each round. The network gets decoded, resized pictures.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.core.timing import ratio, summary
from benchmarks.speed.runtimes import Runtime
from recsys.encoder.transform import Transform
from recsys.images.decode import decode
from recsys.index.folder import IndexFolder
from recsys.types import Pixels, Vectors

BATCHES = (1, 8, 32)
EAGER = ("eager", "eager_passive")
RUNTIMES = (*EAGER, "torch", "compiled", "int8")
MAX_REPEATS = 20


def measure(
    index: Path,
    batches: Sequence[int] = BATCHES,
    rounds: int = 9,
    turn_ms: float = 150.0,
    runtimes: Sequence[str] = RUNTIMES,
) -> dict[str, Any]:
    """The network of an index whose encoder is a folder, by runtime and batch, and in multiples of PyTorch's speed.

    Plain PyTorch is, in each round, the faster of `eager` and `eager_passive`. `one` is the speed-up for one picture,
    `batches` that of the batch size with the smallest speed-up. `of_matmul` is the rate in GFLOP/s as a share of that
    of a large NumPy matrix product, for the best batch size. A turn takes about `turn_ms`.
    """
    folder = IndexFolder.open(index)
    with contextlib.ExitStack() as stack:
        file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "pixels.npy"
        np.save(file, _pixels(folder, max(batches)))
        eager = [name for name in EAGER if name in runtimes]
        running = {name: stack.enter_context(Runtime(name, index, file)) for name in (*runtimes, "matmul")}
        times = _times(running, batches, rounds, turn_ms)
        facts = {name: runtime.facts() for name, runtime in running.items()}
        product = times.pop("matmul")[max(batches)]
        peak = facts["matmul"]["gflop"] / np.array(product) * 1000
        gflop, *_ = [facts[name].pop("gflop") for name in eager]
        plain = {
            batch: [min(turn) for turn in zip(*(times[name][batch] for name in eager), strict=True)]
            for batch in batches
        }
        networks = {
            name: facts[name]
            | {"load_s": running[name].load_s, "cosine": _least_cosine(running[name], running[eager[0]])}
            | _against(times[name], plain, gflop, peak)
            for name in times
        }
    spec = folder.manifest.encoder
    return {
        "architecture": spec.architecture,
        "input": list(spec.input_size),
        "gflop": gflop,
        "matmul_gflops": float(np.median(peak)),
        "runtimes": networks,
    }


def _pixels(folder: IndexFolder, count: int) -> Pixels:
    """Pictures of the index as its network takes them; the first ones are repeated if there are too few."""
    transform = Transform(folder.manifest.encoder)
    rows = np.arange(count) % len(folder.items)
    return np.stack([transform(decode(folder.thumbnail(int(row)))) for row in rows])


def _times(
    runtimes: dict[str, Runtime], batches: Sequence[int], rounds: int, turn_ms: float
) -> dict[str, dict[int, list[float]]]:
    """Runtime → batch → the median milliseconds of each turn; the matrix product counts with the largest batch."""
    repeats = {
        batch: min(MAX_REPEATS, 1 + int(turn_ms / median(runtimes["compiled"].ms(batch, 3)))) for batch in batches
    }
    asked = [(name, batch) for batch in batches for name in runtimes if name != "matmul" or batch == max(batches)]
    times: dict[str, dict[int, list[float]]] = {name: {} for name in runtimes}
    for _ in range(rounds):
        for name, batch in asked:
            times[name].setdefault(batch, []).append(median(runtimes[name].ms(batch, repeats[batch])))
    return times


def _against(
    times: dict[int, list[float]], plain: dict[int, list[float]], gflop: float, peak: Vectors
) -> dict[str, Any]:
    by_batch = {
        batch: summary(taken)
        | {
            "pictures_a_second": 1000 * batch / median(taken),
            "against_eager": ratio(plain[batch], taken),
            "of_matmul": float(np.median(1000 * batch * gflop / np.array(taken) / peak)),
        }
        for batch, taken in times.items()
    }
    return {
        "by_batch": {str(batch): row for batch, row in by_batch.items()},
        "one": by_batch[1]["against_eager"],
        "batches": min(row["against_eager"] for batch, row in by_batch.items() if batch > 1),
        "of_matmul": max(row["of_matmul"] for row in by_batch.values()),
    }


def _least_cosine(runtime: Runtime, reference: Runtime) -> float:
    ours, theirs = runtime.features.astype(float), reference.features.astype(float)
    norms = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return float(((ours * theirs).sum(1) / norms).min())
