"""Builds through the Hub: killed and continued against unbroken. Prints Markdown."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import torch
from safetensors.torch import save
from watch import run

from recsys.encoder.torch_network import timm
from testkit.hub_double import HubDouble

DATASET, MODEL = "ashraq/fashion-product-images-small", "resnet50.tv_in1k"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def random_weights() -> bytes:
    """ResNet-50 as timm initialises it, with a fixed seed."""
    torch.manual_seed(0)
    return save(timm.create_model("resnet50").state_dict())


def killed_and_unbroken(work: Path, environment: dict[str, str], limit: int) -> list[str]:
    """Build `limit` products twice with ResNet-50, once killed half-way, and compare."""
    lines = []
    for name, kill_after in (("killed", limit // 512), ("unbroken", None)):
        command = ["build_index.py", "--limit", str(limit), "--output", str(work / name)]
        if kill_after:
            shards = work / f".{name}.vectors"
            killed = run(command, environment, lambda s=shards, n=kill_after: len(list(s.glob("*/*.safetensors"))) >= n)
            lines.append(f"killed (status {killed.status}) after {killed.seconds:.0f} s")
        done = run(command, environment)
        lines.append(f"{name}: status {done.status}, peak {done.peak_mb:.0f} MB, {done.output.strip()}")
    same = contents(work / "killed") == contents(work / "unbroken")
    return [*lines, f"the continued index equals the unbroken one byte for byte: {same}"]


def main() -> None:
    """Run both and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=2000)
    parser.add_argument("--keep", type=Path, help="where the indexes stay; a folder that is removed by default")
    options = parser.parse_args()
    hub = HubDouble()
    hub.start()
    with tempfile.TemporaryDirectory() as temporary:
        work = (options.keep or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        hub.seed("datasets", DATASET, contents(options.data))
        hub.seed("models", f"timm/{MODEL}", {"model.safetensors": random_weights()})
        environment = {"HF_ENDPOINT": hub.url, "HF_HOME": temporary, "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "hf_test"}
        print(f"## {options.limit:,} products of `{DATASET}`, `{MODEL}` with random weights, from a stand-in Hub\n")
        print("\n".join(f"- {line}" for line in killed_and_unbroken(work, environment, options.limit)), flush=True)
    hub.stop()


if __name__ == "__main__":
    main()
