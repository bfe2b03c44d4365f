"""The speed of a build, beside the encoder alone on decoded pictures before and after it."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from itertools import islice, pairwise
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result
from benchmarks.core.timing import cpu_seconds
from recsys.build import pipeline
from recsys.build.pipeline import build_index
from recsys.catalog import Catalog
from recsys.encoder import BATCH_SIZE, Encoder
from recsys.images.decode import decode
from recsys.types import Pixels
from testkit.memory import memory_mb


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, help="the catalogue: a folder in the layout of a dataset repository")
    parser.add_argument("--encoder", default=str(ROOT / "index"), help="the encoder; by default the shipped one")
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "index"
        found = measure(options.data, options.encoder, output, options.count, rounds=options.rounds)
    rows = [
        {"round": number, "encoder alone, a second": bound, "build, a second": rate, "share": rate / bound}
        for number, (rate, bound) in enumerate(zip(found["build_a_second"], found["bounds_a_second"], strict=True), 1)
    ]
    alone, whole = found["encoder_cpu_ms"], found["build_cpu_ms"]
    cpu = {"CPU of a picture, ms": whole, "by the encoder alone": alone, "share by processor time": alone / whole}
    return Result({"": rows, "Medians": [{"share of the encoder's rate": found["of_bound"], **cpu}]}, raw=found)


def measure(
    data: str,
    encoder: str,
    output: Path,
    limit: int | None = None,
    batch_size: int = BATCH_SIZE,
    rounds: int = 1,
    alone_s: float = 3.0,
) -> dict[str, Any]:
    """Build the index of the first `limit` products into `output`, `rounds` times; compare pictures a second.

    The time of a build is from the first product read to the last vector and thumbnail written; `total_s` includes
    trees, confidence and card. `of_bound` is the build's rate as a share of that of the encoder alone, which runs for
    `alone_s` before and after each build. The CPU times of a picture, in ms, depend less on what else the machine does.
    """
    network = Encoder.from_pretrained(encoder, device="cpu").compiled()
    catalog = Catalog.open(data, limit=limit)
    pictures = [product.picture for product in islice(catalog, batch_size) if product.picture]
    pixels = network.pixels([decode(picture) for picture in pictures])
    alone, rates, reports, cpu_ms = [_alone(network, pixels, alone_s)], [], [], []
    for _ in range(rounds):
        _remove(output)
        with cpu_seconds(pipeline, ["embed_catalog"]) as cpu:
            reports.append(build_index(catalog, network, output, batch_size=batch_size))
        rates.append(reports[-1].embedded / reports[-1].seconds)
        cpu_ms.append(1000 * cpu["embed_catalog"] / reports[-1].embedded)
        alone.append(_alone(network, pixels, alone_s))
    bounds = [(one[0] + other[0]) / 2 for one, other in pairwise(alone)]
    report = reports[-1]
    shutil.rmtree(output.with_name(f".{output.name}.vectors"))
    return {
        "architecture": network.spec.architecture,
        "runtime": network.runtime,
        "products": report.count,
        "skipped": len(report.skipped),
        "batch_size": batch_size,
        "encoder_a_second": [rate for rate, _ in alone],
        "encoder_cpu_ms": median(cpu for _, cpu in alone),
        "bounds_a_second": bounds,
        "build_a_second": rates,
        "build_cpu_ms": median(cpu_ms),
        "of_bound": median(rate / bound for rate, bound in zip(rates, bounds, strict=True)),
        "embedding_s": report.seconds,
        "total_s": report.total_seconds,
        "peak_mb": memory_mb("self", "VmHWM"),
        "index_mb": sum(file.stat().st_size for file in output.rglob("*") if file.is_file()) / 2**20,
    }


def write_random_encoder(folder: Path, architecture: str = "resnet50.tv_in1k") -> None:
    """Write an encoder folder with a network of timm and random weights of a fixed seed."""
    import torch

    from recsys.encoder.torch_network import timm

    torch.manual_seed(0)
    network = timm.create_model(architecture, num_classes=0, zero_init_last=False)
    timm.models.save_for_hf(network, str(folder), safe_serialization=True)


def _alone(encoder: Encoder, pixels: Pixels, seconds: float) -> tuple[float, float]:
    """Pictures a second of the encoder alone, and the CPU time of one in ms."""
    started, cpu_started, count = time.perf_counter(), time.process_time(), 0
    while (taken := time.perf_counter() - started) < seconds:
        encoder.features(pixels)
        count += len(pixels)
    return count / taken, 1000 * (time.process_time() - cpu_started) / count


def _remove(output: Path) -> None:
    """Remove an index and the vectors that the build stores beside it."""
    for folder in (output, output.with_name(f".{output.name}.vectors")):
        shutil.rmtree(folder, ignore_errors=True)
