"""python -m recsys.train --dataset DATASET --output FOLDER"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from itertools import chain
from pathlib import Path

from recsys.catalog import Catalog
from recsys.errors import RecsysError
from recsys.evaluate import held_out
from recsys.sample import products as drawings
from recsys.train.config import TrainConfig
from recsys.train.data import load
from recsys.train.loop import train


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, load the catalogues, train; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m recsys.train", description="Train an encoder on catalogues.")
    parser.add_argument("--dataset", action="append", required=True, help="a Hub id, a folder or 'sample'; repeatable")
    parser.add_argument("--output", type=Path, default=Path("runs/encoder"), help="where the encoder goes")
    parser.add_argument("--limit", type=int, help="only the first N products of each dataset")
    for option in fields(TrainConfig):
        if option.name != "attributes":
            kind = str if option.type == "str | None" else type(option.default)
            parser.add_argument(f"--{option.name.replace('_', '-')}", type=kind, default=option.default)
    options = vars(parser.parse_args(arguments))
    datasets, output, limit = options.pop("dataset"), options.pop("output"), options.pop("limit")
    try:
        run(TrainConfig(**options), datasets, output, limit)
    except RecsysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def run(config: TrainConfig, datasets: Sequence[str], output: Path, limit: int | None) -> None:
    """Train on all of `datasets` but what is held out, and judge on what is held out of the first."""
    catalogs = [Catalog.open(dataset, limit=limit) for dataset in datasets]
    kept = (product for catalog in catalogs for product in catalog if not held_out(product.item.id))
    data = load(chain(kept, drawings(config.drawings, config.drawings_seed)), config.size)
    judged = (product for product in catalogs[0] if held_out(product.item.id))
    train(config, data, load(judged, config.size, data.vocabulary), output)


if __name__ == "__main__":
    sys.exit(main())
