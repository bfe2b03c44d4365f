"""recsys train-words --encoder ENCODER --dataset DATASET: train the text tower of an encoder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from recsys.catalog import DEFAULT_DATASET, Catalog
from recsys.core.holdout import held_out, unseen
from recsys.encoder import Encoder
from recsys.errors import CatalogError, EncoderError, RecsysError
from recsys.evaluate.pool import Pool, embed
from recsys.evaluate.words import evaluate_words, figures
from recsys.format.layout import MANIFEST
from recsys.index.tower import add_tower
from recsys.train.text_tower.fit import TowerConfig, fit_tower
from recsys.words.tower import TextTower

HELP = {
    "width": "dimensions of the vector of a word",
    "hidden": "units of the hidden layer",
    "epochs": "passes over the products",
    "min_steps": "the least number of batches, however small the catalogue is",
    "max_steps": "the greatest number of batches",
    "batch_size": "texts of a batch",
    "candidates": "further pictures among which each text has to find its own",
    "learning_rate": "peak learning rate of Adam; a cosine schedule ends near 0",
    "warmup": "share of the batches in which the learning rate rises",
    "scale": "inverse temperature of the loss",
    "phrases": "share of texts that are values, such as a colour and a kind; the others are names",
    "balance": "phrases are about products drawn with the weight frequency ** -balance, so that rare ones count",
    "unread": "share of known words that are read by their letters only",
    "min_words": "the least number of times that a word occurs, to be known",
    "min_pairs": "the same for pairs of words",
    "buckets": "number of groups of letters, for words that are not known",
    "seed": "seed of the weights and of the texts",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the text tower that the command line describes. Returns the exit status."""
    options = _parser().parse_args(arguments)
    config = TowerConfig(**{option.name: getattr(options, option.name) for option in fields(TowerConfig)})
    try:
        encoder = Encoder.from_pretrained(options.encoder, device=options.device)
        folder = _folder(options, encoder)
        print(train_tower(encoder, Catalog.open(options.dataset, limit=options.limit), folder, config))
    except RecsysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def train_tower(
    encoder: Encoder,
    catalog: Catalog,
    folder: Path,
    config: TowerConfig = TowerConfig(),  # noqa: B008
) -> str:
    """Train the tower of an encoder on a catalogue and save it in an encoder folder or an index folder.

    Returns its figures on held-out products as Markdown. Raises CatalogError if the products have no words.
    """
    tower, text = fit_and_measure(embed(_progress(catalog), encoder.encode), encoder, config)
    return f"{text}\n\n{_save(tower, folder)}"


def fit_and_measure(pool: Pool, encoder: Encoder, config: TowerConfig) -> tuple[TextTower, str]:
    """The tower of an encoder, and its figures on held-out products as Markdown.

    It is trained on the products of the pool that the encoder's training may see. Raises CatalogError if they have no
    words.
    """
    is_unseen = unseen(encoder.split)
    seen = pool.take(np.array([not is_unseen(item) for item in pool.items], bool))
    tower = fit_tower(seen.items, seen.vectors, encoder.spec, config) if len(seen) else None
    if tower is None:
        raise CatalogError("No product of the dataset that training may see has a name or a value, so no words.")
    held = np.array([held_out(item.id) for item in pool.items], bool)
    reports = evaluate_words(pool.items, pool.vectors, held, tower) if held.any() else []
    tower.info = replace(tower.info, measured=figures(reports))
    return tower, "\n\n".join(report.to_markdown() for report in reports)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="recsys train-words",
        description="Train the text tower of an encoder, by which words find pictures that have no name. The encoder"
        " stays as it is.",
    )
    add = parser.add_argument
    add("--encoder", default="index", help="encoder folder or index folder (default: %(default)s)")
    add("--dataset", default=DEFAULT_DATASET, help="Hub dataset, folder, or 'sample' (default: %(default)s)")
    add("--output", type=Path, metavar="FOLDER", help="write the tower here (default: into the folder of --encoder)")
    add("--limit", type=int, metavar="N", help="use only the first N products (default: all)")
    add("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    for option in fields(TowerConfig):
        flag, default = f"--{option.name.replace('_', '-')}", option.default
        add(flag, type=type(default), default=default, help=f"{HELP[option.name]} (default: %(default)s)")
    return parser


def _folder(options: argparse.Namespace, encoder: Encoder) -> Path:
    """Where to write. Raises EncoderError for an encoder without a folder of its own, if none is given."""
    if options.output:
        return Path(options.output)
    if not Path(options.encoder).is_dir() or encoder.files is None:
        raise EncoderError(f"{options.encoder} has no folder to write the text tower into. Give one with --output.")
    return Path(options.encoder)


def _save(tower: TextTower, folder: Path) -> str:
    if (folder / MANIFEST).is_file():
        add_tower(folder, tower)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        tower.save(folder)
    return f"The text tower of {tower.info.products:,} products is in {folder}."


def _progress(catalog: Catalog) -> tqdm:
    return tqdm(catalog, total=len(catalog), desc="Embedding", unit=" products", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
