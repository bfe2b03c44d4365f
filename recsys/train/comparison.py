"""P@5 of a trained encoder beside the encoder that training started from and beside 16×16 thumbnails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from PIL import Image

from recsys.core.roles import Roles
from recsys.encoder import Encoder
from recsys.evaluate.markdown import table
from recsys.evaluate.pool import thumbnail_vectors
from recsys.evaluate.search_task import PRECISION_K
from recsys.train.data import MISSING, PictureSet

MAX_GALLERY = 4000
MAX_QUERIES = 1000
BATCH_SIZE = 64
NEW, START, THUMBNAIL = "trained", "start", "16×16 thumbnail"

Precisions = dict[str, dict[str, float]]
"""Label → encoder → P@5."""


def compare(encoders: Mapping[str, Encoder], gallery: PictureSet, queries: PictureSet) -> Precisions:
    """P@5 of `queries` in `gallery`, by each attribute and by type, colour and gender together.

    At most 4,000 products of the gallery and 1,000 queries take part, since embedding is slow on a CPU. Outliers take
    no part. Queries without the label are not counted.
    """
    held, asked = _sample(gallery, MAX_GALLERY), _sample(queries, MAX_QUERIES)
    pictures = gallery.pictures[held], queries.pictures[asked]
    found = {name: _nearest(*(_embed(encoder, part) for part in pictures)) for name, encoder in encoders.items()}
    found[THUMBNAIL] = _nearest(*(_thumbnails(part) for part in pictures))
    labels: list[tuple[str, ...]] = [(name,) for name in gallery.vocabulary]
    roles = Roles.from_names(gallery.vocabulary)
    if roles.kind and roles.colour and roles.wearer:
        labels.append((roles.kind, roles.colour, roles.wearer))
    scores: Precisions = {}
    for names in labels:
        of_queries, of_gallery = (_label(data, rows, names) for data, rows in ((queries, asked), (gallery, held)))
        known = of_queries[:, 0] != MISSING
        if known.any():
            right = {name: of_gallery[near[known]] == of_queries[known][:, None] for name, near in found.items()}
            scores[" ∧ ".join(names)] = {
                name: round(float(each.all(2).float().mean()), 4) for name, each in right.items()
            }
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


def _sample(data: PictureSet, most: int) -> torch.Tensor:
    rows = (~data.outliers).nonzero()[:, 0]
    return rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[:most]]


def _embed(encoder: Encoder, pictures: torch.Tensor) -> torch.Tensor:
    parts = pictures.split(BATCH_SIZE)
    return torch.cat([torch.from_numpy(encoder.encode(_images(part))) for part in parts])


def _thumbnails(pictures: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(thumbnail_vectors(_images(pictures)))


def _images(pictures: torch.Tensor) -> list[Image.Image]:
    return [Image.fromarray(picture.numpy()) for picture in pictures.permute(0, 2, 3, 1)]


def _nearest(gallery: torch.Tensor, queries: torch.Tensor) -> torch.Tensor:
    return (queries @ gallery.T).topk(min(PRECISION_K, len(gallery))).indices


def _label(data: PictureSet, rows: torch.Tensor, names: Sequence[str]) -> torch.Tensor:
    """The numbers of the values of these attributes, [n, attributes]; all are missing if one is."""
    numbers = torch.stack([data.labels[name][rows] for name in names], 1)
    return numbers.masked_fill((numbers == MISSING).any(1, keepdim=True), MISSING)
