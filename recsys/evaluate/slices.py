"""The same queries as visitors would send them, and those that are harder by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from recsys.digest import sha256
from recsys.evaluate.pool import BATCH_SIZE, Encode, thumbnail_vectors
from recsys.evaluate.trial import K, Label, Trial
from recsys.evaluate.visitor import PHOTOGRAPHS, Photograph
from recsys.metrics import Estimate
from recsys.picture import decode
from recsys.types import Rows, Vectors

MOST_QUERIES = 1000
RARE = 50


@dataclass(frozen=True)
class Slice:
    """P@5 of the kind of thing, of some queries.

    `fall` is how much lower that is than for the same queries as they are, None where they are as they are.
    `thumbnail` is what 16 × 16 thumbnails reach on the same pictures.
    """

    name: str
    queries: int
    precision: Estimate
    fall: Estimate | None
    thumbnail: float


def slice_trial(trial: Trial, attribute: str) -> Trial:
    """The trial of at most 1,000 of the queries that have the attribute, drawn by their ids."""
    known = np.flatnonzero(trial.label([attribute]).asked >= 0)
    ids = [trial.queries.items[row].id for row in known]
    order = sorted(range(len(known)), key=lambda place: sha256(f"slice {ids[place]}".encode()))
    return trial.take(np.sort(known[order[:MOST_QUERIES]]))


def judge_slices(trial: Trial, attribute: str, pictures: Mapping[str, bytes], encode: Encode) -> tuple[Slice, ...]:
    """Judge the queries of `slice_trial`: as they are, those that are rare or small, and as visitors photograph them.

    `pictures` are those of the queries by id.
    """
    images = [decode(pictures[item.id]) for item in trial.queries.items]
    label = trial.label([attribute])
    clean, by_thumbnail = (_right(label, places) for places in (trial.found[0], trial.found_by_thumbnail))
    parts = _parts(label, np.array([image.width * image.height for image in images]))
    found = [_part(name, rows, clean, by_thumbnail) for name, rows in parts.items() if len(rows)]
    for name, photograph in PHOTOGRAPHS.items():
        rows, vectors, thumbnails = _photographed(name, photograph, trial, images, encode)
        if len(rows):
            part, asked = trial.take(rows), Label(label.asked[rows], label.held)
            right = _right(asked, part.search(vectors)[0])
            baseline = float(_right(asked, part.search_by_thumbnail(thumbnails)).mean())
            found.append(Slice(name, len(rows), Estimate.of(right), Estimate.of(clean[rows] - right), baseline))
    return tuple(found)


def _parts(label: Label, pixels: Rows) -> dict[str, Rows]:
    parts = {
        "as they are": np.arange(len(pixels)),
        f"types of fewer than {RARE} products": np.flatnonzero(label.available < RARE),
    }
    middle = np.median(pixels)
    if pixels.min() < middle:
        parts["small pictures"] = np.flatnonzero(pixels < middle)
        parts["large pictures"] = np.flatnonzero(pixels >= middle)
    return parts


def _part(name: str, rows: Rows, clean: np.ndarray, by_thumbnail: np.ndarray) -> Slice:
    return Slice(name, len(rows), Estimate.of(clean[rows]), None, float(by_thumbnail[rows].mean()))


def _right(label: Label, places: Rows) -> np.ndarray:
    return np.asarray(label.alike(places[:, :K]).mean(1))


def _photographed(
    name: str, photograph: Photograph, trial: Trial, images: Sequence[Image.Image], encode: Encode
) -> tuple[Rows, Vectors, Vectors]:
    """The rows of the queries that can be photographed so, their vectors and their thumbnails."""
    rows: list[int] = []
    vectors, thumbnails = [], []
    for batch in _batches(name, photograph, trial, images):
        rows += [row for row, _ in batch]
        vectors.append(encode([image for _, image in batch]))
        thumbnails.append(thumbnail_vectors([image for _, image in batch]))
    if not rows:
        return np.empty(0, np.int64), np.empty((0, 1), np.float32), np.empty((0, 1), np.float32)
    return np.array(rows), np.concatenate(vectors), np.concatenate(thumbnails)


def _batches(
    name: str, photograph: Photograph, trial: Trial, images: Sequence[Image.Image]
) -> Iterator[list[tuple[int, Image.Image]]]:
    batch: list[tuple[int, Image.Image]] = []
    for row, (item, image) in enumerate(zip(trial.queries.items, images, strict=True)):
        random = np.random.default_rng(int(sha256(f"{name} {item.id}".encode())[:16], 16))
        photo = photograph(image, images, random)
        if photo:
            batch.append((row, photo))
        if len(batch) == BATCH_SIZE:
            yield batch
            batch = []
    if batch:
        yield batch
