"""Fits how likely the nearest product is the very product in the picture, to changed pictures of the products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from recsys.core.calibration import Calibration, isotonic, thinned
from recsys.core.ranking import TIE_TOLERANCE
from recsys.evaluate.corruptions import all_at_once, lightly_changed, seeded
from recsys.evaluate.search_task import nearest
from recsys.images.decode import decode
from recsys.types import ImageEncoder, Rows, Vectors

PICTURES = 150
"""The products whose pictures are changed, each in two ways, with the seed below."""
MIN_PRODUCTS = 100
"""Fewer products give no fit."""
BLOCK = 8192
"""The products that the pictures are compared with at a time."""
SEED = 23


def fit_product_chance(
    calibration: Calibration, encoder: ImageEncoder, vectors: Vectors, thumbnails: Iterable[bytes]
) -> Calibration:
    """The calibration with the chance that the nearest product is the one in the picture, by its cosine.

    `vectors` [n, dim] and `thumbnails` are those of all products. Pictures of some products are changed lightly, and as
    a visitor would photograph them. Each picture searches twice: with its product in the catalogue, and without it. So
    the chance is right where half of the visitors ask for a product that the shop has.
    """
    count = len(vectors)
    if count < MIN_PRODUCTS:
        return calibration
    rows = np.sort(np.random.default_rng(SEED).choice(count, min(count, PICTURES), replace=False))
    wanted = set(rows.tolist())
    pictures = [decode(data) for row, data in enumerate(thumbnails) if row in wanted]
    photos, shown = _changed(pictures, rows)
    cosines, found = _nearest_with_and_without(encoder.encode(photos), shown, vectors)
    similarity, chance = thinned(*isotonic(cosines, found))
    return replace(calibration, product_similarity=_rounded(similarity), product_chance=_rounded(chance))


def _changed(pictures: Sequence[Image.Image], rows: Rows) -> tuple[list[Image.Image], Rows]:
    """Two changed pictures of each product, as far as it can be cut out, and the row of the product in each."""
    photos, shown = [], []
    for picture, row in zip(pictures, rows.tolist(), strict=True):
        for change in (lightly_changed, all_at_once):
            photo = change(picture, pictures, seeded("product", f"{SEED} {row}"))
            if photo:
                photos.append(photo)
                shown.append(row)
    return photos, np.array(shown)


def _nearest_with_and_without(queries: Vectors, shown: Rows, vectors: Vectors) -> tuple[Vectors, np.ndarray]:
    """The cosine of the nearest product of each photo, and whether it is the one shown: first with that, then without.

    A product with the same picture counts as the one shown. The search is exact, so that a build gives the same index
    again.
    """
    blocks = lambda: (vectors[start : start + BLOCK] for start in range(0, len(vectors), BLOCK))  # noqa: E731
    best = nearest(queries, blocks(), 1, np.full(len(shown), -1))[1][:, 0]
    others = nearest(queries, blocks(), 1, shown)[1][:, 0]
    own = np.einsum("nd,nd->n", queries, vectors[shown])
    return np.concatenate([best, others]), np.concatenate([best <= own + TIE_TOLERANCE, np.zeros(len(shown), bool)])


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(np.round(values, 5).tolist())
