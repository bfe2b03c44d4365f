"""P@5 of a trained encoder beside the encoder that training started from and beside 16×16 thumbnails."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from PIL import Image

from recsys.core.roles import Roles
from recsys.encoder import Encoder
from recsys.evaluate.markdown import table
from recsys.evaluate.pool import Encode, Pool, encode_in_batches, thumbnail_pixels, thumbnail_vectors
from recsys.evaluate.retrieval import JOINT, joint_labels, precisions
from recsys.evaluate.search_task import PRECISION_K, SearchTask
from recsys.evaluate.task_inputs import THUMBNAILS
from recsys.train.data import MISSING, PictureSet
from recsys.types import Item

MAX_GALLERY = 4000
MAX_QUERIES = 1000
MAX_JOINT = 3
NEW, START, THUMBNAIL = "trained", "start", THUMBNAILS

Precisions = dict[str, dict[str, float]]
"""Label → encoder → P@5."""


def compare(encoders: Mapping[str, Encoder], gallery: PictureSet, queries: PictureSet) -> Precisions:
    """P@5 of `queries` in `gallery`, by each attribute and by type, colour and gender together.

    At most 4,000 products of the gallery and 1,000 queries take part, since embedding is slow on a CPU. Outliers take
    no part. Queries without the label are not counted.
    """
    parts = [_part(queries, MAX_QUERIES), _part(gallery, MAX_GALLERY)]
    encodes = {name: encoder.encode for name, encoder in encoders.items()} | {THUMBNAIL: thumbnail_vectors}
    tasks = {
        name: SearchTask.disjoint(*(_pool(items, pictures, encode) for items, pictures in parts))
        for name, encode in encodes.items()
    }
    together = [label for label in joint_labels(Roles.from_names(gallery.vocabulary)) if len(label) == MAX_JOINT]
    scores: Precisions = {}
    for names in [*((name,) for name in gallery.vocabulary), *together]:
        found = {name: precisions(names, task) for name, task in tasks.items()}
        if len(found[THUMBNAIL]):
            scores[JOINT.join(names)] = {name: round(float(each.mean()), 4) for name, each in found.items()}
    return scores


def as_table(scores: Precisions) -> str:
    """The scores as a Markdown table."""
    column = f"P@{PRECISION_K}"
    rows = [
        {column: label} | {name: f"{value:.3f}" for name, value in found.items()} for label, found in scores.items()
    ]
    return table(rows) if rows else "No attribute of the held-out products is known, so that nothing is compared."


def warnings(scores: Precisions) -> list[str]:
    """One line for each label by which the trained encoder finds less than its start or than thumbnails do."""
    return [
        f"warning: by {label}, the trained encoder is worse than the {name}: P@{PRECISION_K} {found[NEW]:.3f} <"
        f" {value:.3f}. Train for more epochs or on more products, or keep the encoder that you had."
        for label, found in scores.items()
        for name, value in found.items()
        if found[NEW] < value
    ]


def _part(data: PictureSet, most: int) -> tuple[list[Item], list[Image.Image]]:
    """At most `most` products with their pictures. The values of their attributes are the numbers of the labels."""
    rows = (~data.outliers).nonzero()[:, 0]
    rows = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[:most]]
    numbers = {name: labels[rows].tolist() for name, labels in data.labels.items()}
    values = {name: [None if number == MISSING else str(number) for number in of] for name, of in numbers.items()}
    items = [Item(str(place), None, {name: of[place] for name, of in values.items()}) for place in range(len(rows))]
    return items, [Image.fromarray(picture.numpy()) for picture in data.pictures[rows].permute(0, 2, 3, 1)]


def _pool(items: list[Item], pictures: list[Image.Image], encode: Encode) -> Pool:
    pixels = np.stack([thumbnail_pixels(picture) for picture in pictures])
    return Pool(items, encode_in_batches(pictures, encode), pixels)
