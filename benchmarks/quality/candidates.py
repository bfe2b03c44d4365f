"""Candidate networks for the shipped encoder, trained alike on the same products, with one change at a time.

The figures are accuracies on held-out products. The runs are short, so they rank the candidates and say nothing more.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.core.results import Result
from recsys.catalog import Catalog
from recsys.core.holdout import held_out
from recsys.train.config import TrainConfig
from recsys.train.data import load
from recsys.train.loop import train

SHIPPED = TrainConfig(
    model_args={"channels": [64, 128, 256, 384]}, precision="bfloat16", warmup_steps=50, ema_decay=0.95, plain=0.8
)
"""The shipped recipe with a shorter warm-up and average and fewer corrupted pictures, for runs of minutes."""
MOBILE = {"model_args": {}, "precision": "float32"}
CANDIDATES = {
    "resnet10t, last stage of 384 (shipped)": {},
    "mobilenetv3_small_100": {"architecture": "mobilenetv3_small_100", **MOBILE},
    "mobilenetv4_conv_small": {"architecture": "mobilenetv4_conv_small", **MOBILE},
    "narrower at the start: 48, 96, 192, 384": {"model_args": {"channels": [48, 96, 192, 384]}},
    "80 × 60 px": {"height": 80, "width": 60},
    "no words of names": {"words": 0.0},
    "supervised contrast 0.2 besides": {"contrast": 0.2},
    "no balance of types": {"balance": 0.0},
    "scale 30": {"scale": 30.0},
}
SHOWN = ("articleType", "baseColour", "gender")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, help="a folder in the layout of a dataset repository")
    parser.add_argument("--limit", type=int, default=12_000, help="only the first N products")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--only", type=int, help="only the first N candidates")


def run(options: argparse.Namespace) -> Result:
    products = list(Catalog.open(options.data, limit=options.limit))
    rows: list[dict[str, Any]] = []
    for name, changes in list(CANDIDATES.items())[: options.only]:
        config = replace(SHIPPED, epochs=options.epochs, **changes)
        size = (config.height, config.width)
        data = load((product for product in products if not held_out(product.item.id)), *size)
        judged = load((product for product in products if held_out(product.item.id)), *size, data.vocabulary)
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            train(config, data, judged, Path(folder))
            minutes = (time.monotonic() - started) / 60
            scores = json.loads((Path(folder) / "report.json").read_text("utf-8"))["held_out"]
        found = {attribute: scores[attribute]["accuracy"] for attribute in SHOWN}
        found |= {"macro F1 of types": scores["articleType"]["macro_f1"], "minutes": minutes}
        rows.append({"candidate": name} | found)
    return Result({"": rows})
