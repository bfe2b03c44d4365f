"""The text tower of a new index: that of its encoder, or one that is fitted on the catalogue's own names and values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from recsys.core.holdout import held_out
from recsys.encoder import Encoder
from recsys.evaluate.words import evaluate_words, figures, is_useful, summary
from recsys.format.encoder_spec import EncoderSpec
from recsys.format.layout import ENCODER
from recsys.types import Item, Vectors
from recsys.words.tower import TextTower

MIN_PRODUCTS = 500
"""Fewer products have too few words to learn from."""
MAX_PRODUCTS = 50_000
"""A larger catalogue is sampled, so that the fit takes at most some minutes."""
NO_TOWER = "Search by words: by names and values alone."
TOWER_OF_ENCODER = "Search by words: by the text tower that comes with the encoder, beside names and values."

FitTower = Callable[[Sequence[Item], Vectors, EncoderSpec], TextTower | None]
"""Fits a tower on products and the unit vectors of their pictures, which a specification describes."""


def save_tower_of_encoder(encoder: Encoder, folder: Path) -> TextTower | None:
    """Write the tower that lies beside an encoder's own files to the index `folder`, if it fits the encoder."""
    tower = TextTower.load(encoder.files) if encoder.files else None
    if tower is None or not tower.fits(encoder.spec):
        return None
    tower.save(folder / ENCODER)
    return tower


def fit_own_tower(items: Sequence[Item], vectors: Vectors, spec: EncoderSpec, fit: FitTower, folder: Path) -> list[str]:
    """Fit a tower on the products that are not held out, and write it to the index `folder` if it is of use.

    Returns lines that say how good it is on the held-out products, or why there is none.
    """
    rows = np.arange(len(items))[:: 1 + len(items) // MAX_PRODUCTS]
    items, vectors = [items[row] for row in rows.tolist()], vectors[rows]
    held = np.array([held_out(item.id) for item in items], bool)
    if len(items) < MIN_PRODUCTS or not held.any():
        return [f"{NO_TOWER} {len(items):,} products are too few to fit a text tower on; it needs {MIN_PRODUCTS}."]
    kept = np.flatnonzero(~held)
    tower = fit([items[row] for row in kept.tolist()], vectors[kept], spec)
    if tower is None:
        return [f"{NO_TOWER} The products have no words to fit a text tower on."]
    reports = evaluate_words(items, vectors, held, tower)
    lines = summary(reports)
    if not is_useful(reports):
        return [f"{NO_TOWER} A text tower was fitted, but it finds no better than chance:", *lines]
    tower.info = replace(tower.info, measured=figures(reports))
    tower.save(folder / ENCODER)
    return [
        f"Search by words: a text tower was fitted on {len(kept):,} products. For texts about held-out products:",
        *lines,
    ]
