"""The runtimes that can compute a network, each in a process of its own, so that they share no memory and no settings.

A process prepares its runtime and then measures on request. Requests and answers are lines of JSON on standard input
and output.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import numpy as np

from benchmarks.core.processes import ROOT
from benchmarks.core.timing import ms
from recsys.format.encoder_spec import EMBEDDING
from recsys.types import Pixels, Vectors
from testkit.memory import memory_mb

MATRIX_SIDE = 2048
"""Side of the matrices whose product measures the processor."""
SETTLE_S = 0.05
"""Time in which the threads of a process that has answered stop spinning."""
WARM_UP = 1
WAIT_POLICY = "OMP_WAIT_POLICY"
"""Whether PyTorch's threads spin or sleep while they wait. `recsys.encoder` sets it, and child processes inherit it."""

Run = Callable[[int], Vectors]


class Runtime:
    """A running process with one of the runtimes, over the encoder of an index."""

    def __init__(self, name: str, index: Path, pixels: Path):
        """`pixels` is a file of pictures uint8 [n, h, w, 3]. Raises RuntimeError if the runtime is not available."""
        command = [sys.executable, "-m", "benchmarks.speed.runtimes", name, str(index.resolve()), str(pixels)]
        environment = {key: value for key, value in os.environ.items() if key != WAIT_POLICY}
        if name == "eager_passive":
            environment[WAIT_POLICY] = "PASSIVE"
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        started = time.monotonic()
        try:
            self.features = np.array(self._answer()["features"], np.float32)
        except RuntimeError:
            self.close()
            raise
        self.load_s = time.monotonic() - started

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def ms(self, count: int, repeats: int) -> list[float]:
        """The milliseconds of `count` pictures at once, `repeats` times after a warm-up."""
        return self._ask(count=count, repeats=repeats)["ms"]

    def facts(self) -> dict[str, Any]:
        """Its resident memory in MB, and other facts such as the GFLOP of a picture."""
        return self._ask(count=0, repeats=0)["facts"]

    def close(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()

    def _ask(self, **question: int) -> dict[str, Any]:
        assert self._process.stdin
        print(json.dumps(question), file=self._process.stdin, flush=True)
        answer = self._answer()
        time.sleep(SETTLE_S)
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the runtime ended; its error is above")
        return json.loads(line)


def eager(index: Path, pixels: Pixels) -> tuple[Run, dict[str, Any]]:
    """Plain PyTorch: eager, float32, contiguous NCHW, glibc's default allocation, pictures normalised beforehand."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with patch.object(ctypes, "CDLL", _without_mallopt):
        from recsys.encoder.torch_network import timm

    folder = index / "encoder"
    trained = json.loads((folder / "config.json").read_text("utf-8")).get(EMBEDDING)
    options = {} if trained else {"num_classes": 0}
    network = timm.create_model(f"local-dir:{folder}", pretrained=True, **options).eval()
    data = timm.data.resolve_data_config(network.pretrained_cfg)
    mean, std = (torch.tensor(data[name])[:, None, None] for name in ("mean", "std"))
    pictures = ((torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255 - mean) / std).contiguous()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network(pictures[:1])

    def run(count: int) -> Vectors:
        with torch.inference_mode():
            return network(pictures[:count]).numpy()

    return run, {"gflop": counter.get_total_flops() / 1e9}


def eager_passive(index: Path, pixels: Pixels) -> tuple[Run, dict[str, Any]]:
    """Plain PyTorch with threads that sleep while they wait: slower on an idle machine, faster on a busy one."""
    return eager(index, pixels)


def _without_mallopt(name: str | None, *args: Any, library: Any = ctypes.CDLL, **options: Any) -> Any:
    """`ctypes.CDLL` that keeps our encoder from setting glibc's allocator, since plain PyTorch does not."""
    return library(name, *args, **options) if name else None


def torch(index: Path, pixels: Pixels) -> tuple[Run, dict[str, Any]]:
    """PyTorch as this project runs it without OpenVINO: channels last, and glibc keeps freed memory."""
    from recsys.encoder import Encoder

    network = Encoder.from_pretrained(index / "encoder", device="cpu").network
    return lambda count: network.features(pixels[:count]), {}


def compiled(index: Path, pixels: Pixels) -> tuple[Run, dict[str, Any]]:
    """The compiled network of the index, as it is served."""
    from recsys.encoder import Encoder

    network = Encoder.from_pretrained(index, device="cpu").network
    if network.runtime != "openvino":
        raise RuntimeError(f"the index {index.name} has no compiled network that loads here")
    return lambda count: network.features(pixels[:count]), {}


def int8(index: Path, pixels: Pixels) -> tuple[Run, dict[str, Any]]:
    """The compiled network in int8, fitted on the same pictures."""
    from PIL import Image

    from recsys.encoder import Encoder

    encoder = Encoder.from_pretrained(index / "encoder", device="cpu")
    network = encoder.in_int8([Image.fromarray(picture) for picture in pixels]).network
    return lambda count: network.features(pixels[:count]), {}


def matmul(index: Path, pixels: Pixels) -> tuple[Run, dict[str, Any]]:
    """No network: a large NumPy matrix product, float32, on all cores."""
    left, right = np.random.default_rng(0).random((2, MATRIX_SIDE, MATRIX_SIDE), dtype=np.float32)
    return lambda count: (left @ right)[:1, :1], {"gflop": 2 * MATRIX_SIDE**3 / 1e9}


RUNTIMES = {made.__name__: made for made in (eager, eager_passive, torch, compiled, int8, matmul)}


def main(name: str, index: str, pixels: str) -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    run, facts = RUNTIMES[name](Path(index), np.load(pixels))
    print(json.dumps({"features": run(len(np.load(pixels))).tolist()}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["repeats"]:
            once = partial(run, asked["count"])
            answer: dict[str, Any] = {"ms": [ms(once)[0] for _ in range(asked["repeats"] + WARM_UP)][WARM_UP:]}
        else:
            memory = {"memory_mb": memory_mb("self"), "peak_mb": memory_mb("self", "VmHWM")}
            answer = {"facts": memory | facts}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
