"""A catalogue of thirty drawn pictures and a tiny encoder with random weights, for tests of the real build."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

from testkit.fake_shop import COLOURS, KINDS, draw

DIM = 16
SIDE = 32


def write_pictures(folder: Path) -> Path:
    """A folder of pictures whose sub-folders are labels: KIND/COLOUR.png."""
    for kind in KINDS:
        (folder / kind).mkdir(parents=True)
        for name, colour in COLOURS.items():
            draw(kind, colour, (90, 120)).save(folder / kind / f"{name}.png")
    return folder


def write_encoder(folder: Path, seed: int = 0) -> Path:
    """An encoder folder as training leaves it, with random weights."""
    from recsys.encoder.loading import embedding_network
    from recsys.encoder.torch_network import save_network

    torch.manual_seed(seed)
    network, _ = embedding_network("test_resnet", DIM)
    heads = {"label": torch.randn(len(KINDS), DIM)}
    save_network(network, folder, (3, SIDE, SIDE), heads, {"label": list(KINDS)}, "product")
    return folder


def as_frozen(encoder: Path, folder: Path) -> Path:
    """A copy of the encoder that counts as a frozen network: its 16 outputs are features and no embedding."""
    shutil.copytree(encoder, folder)
    config = json.loads((folder / "config.json").read_text())
    del config["embedding"]
    (folder / "config.json").write_text(json.dumps(config))
    return folder
