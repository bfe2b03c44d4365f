"""The same queries as visitors would send them, and those that are harder by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from recsys.core.ranking import Estimate
from recsys.evaluate.corruptions import PHOTOGRAPHS
from recsys.evaluate.pool import BATCH_SIZE, Encode, thumbnail_vectors
from recsys.evaluate.search_task import K, Label, Trial
from recsys.images.decode import decode
from recsys.runtime.hashing import sha256
from recsys.types import Rows, Vectors

MOST_QUERIES = 1000
CLUTTER_SIDE = 160
"""Pixels of the longer side of the pictures that clutter is cut from: a thousand are some 60 MB."""
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
    known = trial.take(np.flatnonzero(trial.label([attribute]).asked >= 0))
    return known.take(known.queries.drawn(MOST_QUERIES, "slice"))


def judge_slices(trial: Trial, attribute: str, pictures: Mapping[str, bytes], encode: Encode) -> tuple[Slice, ...]:
    """Judge the queries of `slice_trial`: as they are, those that are rare or small, and as visitors photograph them.

    `pictures` are those of the queries by id.
    """
    if not len(trial.queries):
        return ()
    others, pixels = _survey(trial, pictures)
    label = trial.label([attribute])
    clean, by_thumbnail = (_right(label, places) for places in (trial.found[0], trial.found_by_thumbnail))
    parts = _parts(label, pixels)
    found = [_part(name, rows, clean, by_thumbnail) for name, rows in parts.items() if len(rows)]
    for name, batches in _photographed(trial, pictures, others, encode).items():
        if batches:
            rows, vectors, thumbnails = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
            part, asked = trial.take(rows), Label(label.asked[rows], label.held)
            right = _right(asked, part.search(vectors)[0])
            baseline = float(_right(asked, part.search_by_thumbnail(thumbnails)).mean())
            found.append(
                Slice(name, len(rows), Estimate.from_values(right), Estimate.from_values(clean[rows] - right), baseline)
            )
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
    return Slice(name, len(rows), Estimate.from_values(clean[rows]), None, float(by_thumbnail[rows].mean()))


def _right(label: Label, places: Rows) -> np.ndarray:
    return np.asarray(label.alike(places[:, :K]).mean(1))


def _survey(trial: Trial, pictures: Mapping[str, bytes]) -> tuple[list[Image.Image], Rows]:
    """Small copies of the queries' pictures, and how many pixels each has."""
    small, pixels = [], []
    for item in trial.queries.items:
        image = decode(pictures[item.id])
        pixels.append(image.width * image.height)
        image.thumbnail((CLUTTER_SIDE, CLUTTER_SIDE))
        small.append(image)
    return small, np.array(pixels)


def _photographed(
    trial: Trial, pictures: Mapping[str, bytes], others: list[Image.Image], encode: Encode
) -> dict[str, list[tuple[Rows, Vectors, Vectors]]]:
    """Of each photograph batches of the rows of the queries that it can be taken of, their vectors and thumbnails."""
    found: dict[str, list[tuple[Rows, Vectors, Vectors]]] = {name: [] for name in PHOTOGRAPHS}
    ids = [item.id for item in trial.queries.items]
    for start in range(0, len(ids), BATCH_SIZE):
        images = [decode(pictures[item_id]) for item_id in ids[start : start + BATCH_SIZE]]
        for name, photograph in PHOTOGRAPHS.items():
            taken = [photograph(image, others, _random(name, ids[start + place])) for place, image in enumerate(images)]
            photos = {start + place: photo for place, photo in enumerate(taken) if photo}
            if photos:
                shown = list(photos.values())
                found[name].append((np.array(list(photos)), encode(shown), thumbnail_vectors(shown)))
    return found


def _random(name: str, item_id: str) -> np.random.Generator:
    return np.random.default_rng(int(sha256(f"{name} {item_id}".encode())[:16], 16))
