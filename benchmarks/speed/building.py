"""The speed of a build, beside the encoder alone on decoded pictures before and after it."""

from __future__ import annotations

import shutil
from itertools import islice, pairwise
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.core.timing import ms
from recsys.build.pipeline import build_index
from recsys.catalog import Catalog
from recsys.encoder import BATCH_SIZE, Encoder
from recsys.images.decode import decode
from recsys.types import Pixels
from testkit.memory import memory_mb


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
    `alone_s` before and after each build.
    """
    network = Encoder.from_pretrained(encoder, device="cpu").compiled()
    catalog = Catalog.open(data, limit=limit)
    pictures = [product.picture for product in islice(catalog, batch_size) if product.picture]
    pixels = network.pixels([decode(picture) for picture in pictures])
    alone, rates, reports = [_alone(network, pixels, alone_s)], [], []
    for _ in range(rounds):
        _remove(output)
        reports.append(build_index(catalog, network, output, batch_size=batch_size))
        rates.append(reports[-1].embedded / reports[-1].seconds)
        alone.append(_alone(network, pixels, alone_s))
    bounds = [(one + other) / 2 for one, other in pairwise(alone)]
    report = reports[-1]
    shutil.rmtree(output.with_name(f".{output.name}.vectors"))
    return {
        "architecture": network.spec.architecture,
        "runtime": network.runtime,
        "products": report.count,
        "skipped": len(report.skipped),
        "batch_size": batch_size,
        "encoder_a_second": alone,
        "build_a_second": rates,
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


def _alone(encoder: Encoder, pixels: Pixels, seconds: float) -> float:
    """Pictures a second of the encoder alone."""
    taken: list[float] = []
    while not taken or sum(taken) < 1000 * seconds:
        taken.append(ms(lambda: encoder.features(pixels))[0])
    return 1000 * len(pixels) / median(taken)


def _remove(output: Path) -> None:
    """Remove an index and the vectors that the build stores beside it."""
    for folder in (output, output.with_name(f".{output.name}.vectors")):
        shutil.rmtree(folder, ignore_errors=True)
