"""Candidates for the shipped encoder, each trained alike on the same products. Prints Markdown.

One thing is changed at a time. Figures are accuracies on held-out products; they rank, since the runs are short.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from recsys.catalog import Catalog
from recsys.core.holdout import held_out
from recsys.train.config import TrainConfig
from recsys.train.data import load
from recsys.train.loop import train

SHIPPED = TrainConfig(
    model_args={"channels": [64, 128, 256, 384]}, precision="bfloat16", warmup_steps=50, ema_decay=0.95, plain=0.8
)
"""The shipped spec, but for what a run of minutes has no time for: a long warm-up and average, spoilt pictures."""
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


def main() -> None:
    """Train each candidate and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="a folder in the layout of a dataset repository")
    parser.add_argument("--limit", type=int, default=12_000, help="only the first N products")
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    products = list(Catalog.open(options.data, limit=options.limit))
    print(f"| candidate | {' | '.join(SHOWN)} | macro F1 of types | minutes |")
    print("| --- " * (len(SHOWN) + 3) + "|")
    for name, changes in CANDIDATES.items():
        config = replace(SHIPPED, epochs=options.epochs, **changes)
        size = (config.height, config.width)
        data = load((product for product in products if not held_out(product.item.id)), *size)
        judged = load((product for product in products if held_out(product.item.id)), *size, data.vocabulary)
        folder, started = Path(tempfile.mkdtemp()), time.monotonic()
        train(config, data, judged, folder)
        minutes = (time.monotonic() - started) / 60
        scores = json.loads((folder / "report.json").read_text())["held_out"]
        shutil.rmtree(folder)
        found = " | ".join(f"{scores[attribute]['accuracy']:.3f}" for attribute in SHOWN)
        print(f"| {name} | {found} | {scores['articleType']['macro_f1']:.3f} | {minutes:.1f} |", flush=True)


if __name__ == "__main__":
    main()
