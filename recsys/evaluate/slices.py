"""Precision by slice of the queries: rare kinds, small pictures, and corrupted pictures as visitors may send them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from recsys.core.ranking import Estimate
from recsys.evaluate.corruptions import CORRUPTIONS, seeded
from recsys.evaluate.pool import BATCH_SIZE, Encode, thumbnail_vectors
from recsys.evaluate.search_task import PRECISION_K, Label, SearchTask
from recsys.images.decode import decode
from recsys.types import Rows, Vectors

MAX_QUERIES = 1000
CLUTTER_SIDE_PX = 160
"""The longer side of the pictures that clutter is cut from. A thousand of them take some 60 MB."""
RARE_BELOW = 50
"""A kind with fewer products in the gallery is rare."""


@dataclass(frozen=True)
class Slice:
    """Precision@5 of the kind, for some of the queries.

    `fall` is the loss against the same queries without the corruption; None where the pictures are not corrupted.
    `thumbnail` is the precision of the baseline, 16 × 16 thumbnails of the same pictures.
    """

    name: str
    queries: int
    precision: Estimate
    fall: Estimate | None
    thumbnail: float


def slice_task(task: SearchTask, attribute: str) -> SearchTask:
    """The task with at most 1,000 of the queries that have the attribute, sampled by their ids."""
    known = task.take(np.flatnonzero(task.label([attribute]).queries >= 0))
    return known.take(known.queries.sample(MAX_QUERIES, "slice"))


def evaluate_slices(
    task: SearchTask, attribute: str, pictures: Mapping[str, bytes], encode: Encode
) -> tuple[Slice, ...]:
    """Evaluate the queries of `slice_task` by slice: all, rare kinds, small and large pictures, and each corruption.

    `pictures` are the encoded pictures of the queries by id.
    """
    if not len(task.queries):
        return ()
    others, pixels = _survey(task, pictures)
    label = task.label([attribute])
    clean, by_thumbnail = (_right(label, places) for places in (task.neighbours[0], task.thumbnail_neighbours))
    parts = _parts(label, pixels)
    found = [_slice(name, clean[rows], by_thumbnail[rows]) for name, rows in parts.items() if len(rows)]
    for name, batches in _corrupted(task, pictures, others, encode).items():
        if batches:
            rows, vectors, thumbnails = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
            part, asked = task.take(rows), Label(label.queries[rows], label.gallery)
            right, baseline = (
                _right(asked, places) for places in (part.search(vectors)[0], part.thumbnail_search(thumbnails))
            )
            found.append(_slice(name, right, baseline, Estimate.from_values(clean[rows] - right)))
    return tuple(found)


def _parts(label: Label, pixels: Rows) -> dict[str, Rows]:
    parts = {
        "as they are": np.arange(len(pixels)),
        f"types of fewer than {RARE_BELOW} products": np.flatnonzero(label.relevant < RARE_BELOW),
    }
    middle = np.median(pixels)
    if pixels.min() < middle:
        parts["small pictures"] = np.flatnonzero(pixels < middle)
        parts["large pictures"] = np.flatnonzero(pixels >= middle)
    return parts


def _slice(name: str, right: np.ndarray, by_thumbnail: np.ndarray, fall: Estimate | None = None) -> Slice:
    return Slice(name, len(right), Estimate.from_values(right), fall, float(by_thumbnail.mean()))


def _right(label: Label, places: Rows) -> np.ndarray:
    return np.asarray(label.matches(places[:, :PRECISION_K]).mean(1))


def _survey(task: SearchTask, pictures: Mapping[str, bytes]) -> tuple[list[Image.Image], Rows]:
    """Small copies of the queries' pictures, and the number of pixels of each picture."""
    small, pixels = [], []
    for item in task.queries.items:
        image = decode(pictures[item.id])
        pixels.append(image.width * image.height)
        image.thumbnail((CLUTTER_SIDE_PX, CLUTTER_SIDE_PX))
        small.append(image)
    return small, np.array(pixels)


def _corrupted(
    task: SearchTask, pictures: Mapping[str, bytes], others: list[Image.Image], encode: Encode
) -> dict[str, list[tuple[Rows, Vectors, Vectors]]]:
    """For each corruption, batches of the rows of the queries that it applies to, with their vectors and thumbnails."""
    found: dict[str, list[tuple[Rows, Vectors, Vectors]]] = {name: [] for name in CORRUPTIONS}
    ids = [item.id for item in task.queries.items]
    for start in range(0, len(ids), BATCH_SIZE):
        images = [decode(pictures[item_id]) for item_id in ids[start : start + BATCH_SIZE]]
        for name, corrupt in CORRUPTIONS.items():
            results = [corrupt(image, others, seeded(name, ids[start + place])) for place, image in enumerate(images)]
            photos = {start + place: photo for place, photo in enumerate(results) if photo}
            if photos:
                shown = list(photos.values())
                found[name].append((np.array(list(photos)), encode(shown), thumbnail_vectors(shown)))
    return found
