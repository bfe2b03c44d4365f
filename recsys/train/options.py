"""The options of `python -m recsys.train`, and the encoder that training starts from by default."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from recsys.format.encoder_spec import EMBEDDING
from recsys.format.layout import CONFIG, ENCODER, MANIFEST, sample_index
from recsys.format.weights_origin import WeightsOrigin
from recsys.runtime.hashing import read_json
from recsys.train.config import TrainConfig

SCRATCH = "none"
HELP = {
    "architecture": "timm architecture for random weights",
    "model_args": "arguments of the timm architecture, for random weights",
    "start_from": "encoder to start from: an encoder folder, an index folder, a timm name or a repository; 'none' for"
    " random weights. The default is the shipped encoder, or random weights if --architecture is given",
    "dim": "dimensions of the embedding",
    "height": "height of the input in pixels; the default is that of a trained encoder to start from",
    "width": "width of the input in pixels; the default is that of a trained encoder to start from",
    "epochs": "passes over the pictures",
    "batch_size": "products per step",
    "learning_rate": "peak learning rate of AdamW; a cosine schedule ends at 0",
    "weight_decay": "weight decay of AdamW",
    "warmup_steps": "steps of linear warm-up, at most a tenth of all",
    "ema_decay": "decay of the moving average of the weights, which is the encoder that is saved",
    "scale": "inverse temperature of the attribute heads",
    "label_smoothing": "label smoothing of the attribute losses",
    "balance": "class-balancing exponent: the sampling weight is frequency ** -balance",
    "plain": "share of pictures that are not augmented",
    "clutter": "share of augmented pictures with a cluttered background",
    "words": "weight of the loss that predicts words of the product names",
    "outliers": "weight of the loss that keeps outliers away from products",
    "contrast": "weight of the supervised contrastive loss by attribute",
    "instance": "weight of the loss by which each augmented picture finds the unchanged one; 0 leaves it out",
    "instance_scale": "inverse temperature of the instance loss",
    "memory": "embeddings of earlier batches that serve as further negatives of the instance loss",
    "hard_negatives": "share of each batch that is of one article type",
    "scenes": "share of augmented pictures with the product at 0.3 to 1 of the frame's height on a textured ground",
    "frozen_stages": "stages of the network, from the stem on, that are not trained; 0 trains all",
    "grounds": "number of pictures of grounds without a product that are added as outliers",
    "split": "what training never sees: product, type or year:2017",
    "precision": "auto, float32 or bfloat16",
    "device": "auto, cpu or cuda",
    "seed": "seed of the weights, the order and the augmentation",
    "attributes": "weight of the loss of each attribute",
    "margins": "margin of the cosine with the right value of an attribute",
    "drawings": "no longer used: write drawings as a dataset with python -m sample_shop",
    "drawings_seed": "no longer used",
}
RESOLVED = {"architecture", "start_from", "height", "width"}
"""Options whose defaults depend on one another. They are None if they are not given."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each field of `TrainConfig`, with its default in the help."""
    for option in fields(TrainConfig):
        flag, default = f"--{option.name.replace('_', '-')}", option.default
        kind: Any = str if default is None else type(default)
        text, metavar = f"{HELP[option.name]} (default: %(default)s)", None
        if option.default_factory is not MISSING:
            kind, default, metavar = json.loads, option.default_factory(), "JSON"
        if option.name in RESOLVED:
            text = HELP[option.name] if default is None else f"{HELP[option.name]} (otherwise: {default})"
            default = None
        parser.add_argument(flag, type=kind, default=default, metavar=metavar, help=text)


def add_origin_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that state the origin of the weights; `origin_from` reads them."""
    default = "(default: what the config of the start states)"
    parser.add_argument("--license", help=f"licence of the weights to start from, such as apache-2.0 {default}")
    parser.add_argument("--origin-url", metavar="URL", help=f"where those weights come from {default}")
    parser.add_argument("--origin", metavar="TEXT", help=f"who made those weights, for the NOTICE file {default}")


def origin_from(options: Mapping[str, Any]) -> WeightsOrigin:
    """The origin that the options of `add_origin_options` state."""
    return WeightsOrigin(options["license"], options["origin_url"], options["origin"])


def config_from(options: Mapping[str, Any], index: Path | None = None) -> TrainConfig:
    """The recipe of parsed options. `index` is the index whose encoder is the default start, by default the shipped."""
    given = {name: value for name, value in options.items() if not (name in RESOLVED and value is None)}
    index = index or sample_index()
    start = given.get("start_from")
    if start is None and "architecture" not in given and (index / MANIFEST).is_file():
        start = str(index)
    given["start_from"] = None if start == SCRATCH else start
    return TrainConfig(**{**(_input_size(given["start_from"]) if given["start_from"] else {}), **given})


def _input_size(start: str) -> dict[str, int]:
    """Height and width of the input of a trained encoder in a folder; empty for any other start."""
    folder = Path(start) / ENCODER if (Path(start) / MANIFEST).is_file() else Path(start)
    try:
        said = read_json(folder / CONFIG)
        _, height, width = said["pretrained_cfg"]["input_size"] if said.get(EMBEDDING) else (0, 0, 0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # the encoder is loaded next, and says what is wrong with it
    return {"height": height, "width": width} if height else {}
