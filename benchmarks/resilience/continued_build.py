"""A build through the stand-in Hub with ResNet-50, killed half-way and continued, against an unbroken build."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.core.hub import client_settings, contents, running_hub
from benchmarks.core.processes import Run
from benchmarks.core.processes import run as run_command
from benchmarks.core.results import Result

DATASET, MODEL = "ashraq/fashion-product-images-small", "resnet50.tv_in1k"
SHARD = 512
"""Pictures in a file of stored vectors."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="a folder in the layout of a dataset repository")
    parser.add_argument("--limit", type=int, default=2000, help="products")


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory() as temporary, running_hub() as hub:
        work = Path(temporary)
        hub.seed("datasets", DATASET, contents(options.data))
        hub.seed("models", f"timm/{MODEL}", {"model.safetensors": _random_weights()})
        settings = client_settings(hub, work) | {"HF_TOKEN": "hf_test"}
        command = ["build_index.py", "--limit", str(options.limit), "--output"]
        stored = work / ".continued.vectors"
        killed = run_command(
            [*command, str(work / "continued")],
            settings,
            lambda: len(list(stored.glob("*/*.safetensors"))) >= options.limit // SHARD,
        )
        continued = run_command([*command, str(work / "continued")], settings)
        unbroken = run_command([*command, str(work / "unbroken")], settings)
        same = contents(work / "continued") == contents(work / "unbroken")
    rows = [_row(name, done) for name, done in (("killed", killed), ("continued", continued), ("unbroken", unbroken))]
    summary = [{"what": "the continued index equals the unbroken one byte for byte", "figure": same}]
    return Result({"": rows, " ": summary}, [] if same else ["the continued index differs from the unbroken one"])


def _row(name: str, done: Run) -> dict[str, Any]:
    facts = {"build": name, "status": done.status, "s": done.seconds, "peak, MB": done.peak_mb}
    return facts | {"output": " ".join(done.output.split())}


def _random_weights() -> bytes:
    """ResNet-50 as timm initialises it, with a fixed seed."""
    import torch
    from safetensors.torch import save

    from recsys.encoder.torch_network import timm

    torch.manual_seed(0)
    return save(timm.create_model("resnet50").state_dict())
