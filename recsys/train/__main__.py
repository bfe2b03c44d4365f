"""python -m recsys.train --dataset DATASET --output FOLDER"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from recsys import hub
from recsys.catalog import Catalog
from recsys.core.holdout import held_out, unseen
from recsys.errors import RecsysError
from recsys.train import grounds
from recsys.train.config import TrainConfig
from recsys.train.data import load
from recsys.train.loop import train
from recsys.train.options import add_options, add_origin_options, config_from, origin_from
from recsys.train.publish import publish

OWN_OPTIONS = ("dataset", "outliers_from", "output", "limit", "push_to_hub", "license", "origin_url", "origin")
"""The options that are not part of the recipe."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, load the catalogues, train; returns the exit status."""
    parser = argparse.ArgumentParser(prog="recsys train", description="Train an encoder on catalogues.")
    parser.add_argument("--dataset", action="append", required=True, help="a Hub id, a folder or 'sample'; repeatable")
    parser.add_argument(
        "--outliers-from",
        action="append",
        default=[],
        help="pictures of things that are no products, as outliers; repeatable",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("runs/encoder"), help="folder for the encoder (default: %(default)s)"
    )
    parser.add_argument("--limit", type=int, help="only the first N products of each dataset")
    parser.add_argument("--push-to-hub", metavar="REPO", help="publish the encoder as this model repository")
    add_origin_options(parser)
    add_options(parser)
    options = vars(parser.parse_args(arguments))
    own = {name: options.pop(name) for name in OWN_OPTIONS}
    repo, output = own["push_to_hub"], own["output"]
    try:
        if repo:
            hub.check_push(repo, os.environ.get("HF_TOKEN") or None)
        run(config_from(options), own["dataset"], own["outliers_from"], output, own["limit"])
        origin_from(own).write(output)
        if repo:
            print(f"Published: {publish(output, repo).url}")
    except RecsysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def run(config: TrainConfig, datasets: Sequence[str], outliers: Sequence[str], output: Path, limit: int | None) -> None:
    """Train on all of `datasets` but what is held out, and judge on what is held out of the first."""
    if config.drawings:
        raise RecsysError(
            "--drawings no longer draws products: write them with `python -m sample_shop --count"
            f" {config.drawings} --seed {config.drawings_seed} --output FOLDER`, and add `--dataset FOLDER`."
        )
    catalogs = [Catalog.open(dataset, limit=limit) for dataset in datasets]
    is_unseen = unseen(config.split)
    kept = (product for catalog in catalogs for product in catalog if not is_unseen(product.item))
    others = (product for source in outliers for product in Catalog.open(source))
    bare = grounds.pictures(config.grounds, config.height, config.width, config.seed)
    data = load(kept, config.height, config.width, outliers=chain(others, bare))
    judged = (product for product in catalogs[0] if held_out(product.item.id))
    train(config, data, load(judged, config.height, config.width, data.vocabulary), output, datasets)


if __name__ == "__main__":
    sys.exit(main())
