"""Fits how likely the nearest product is the very product in the picture, to changed pictures of the products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from recsys.core.calibration import Calibration, isotonic, thinned
from recsys.core.ranking import TIE_TOLERANCE
from recsys.evaluate.corruptions import all_at_once, lightly_changed, seeded
from recsys.images.decode import decode
from recsys.types import ImageEncoder, Rows, Searcher, Vectors

PICTURES = 150
"""The products whose pictures are changed, each in two ways, with the seed below."""
MIN_PRODUCTS = 100
"""Fewer products give no fit."""
SEED = 23


def fit_product_chance(
    calibration: Calibration, encoder: ImageEncoder, searcher: Searcher, thumbnails: Iterable[bytes], count: int
) -> Calibration:
    """The calibration with the chance that the nearest product is the one in the picture, by its cosine.

    `thumbnails` are those of all `count` products. Pictures of some products are changed lightly, and as a visitor
    would photograph them. Each of them searches twice: with its product in the catalogue, and without it. So the chance
    is that of a visitor who is as likely as not to ask for a product that the shop has.
    """
    if count < MIN_PRODUCTS:
        return calibration
    rows = np.sort(np.random.default_rng(SEED).choice(count, min(count, PICTURES), replace=False))
    wanted = set(rows.tolist())
    pictures = [decode(data) for row, data in enumerate(thumbnails) if row in wanted]
    photos, shown = _changed(pictures, rows)
    cosines, found = _nearest_with_and_without(encoder.encode(photos), shown, searcher)
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


def _nearest_with_and_without(vectors: Vectors, shown: Rows, searcher: Searcher) -> tuple[Vectors, np.ndarray]:
    """The cosine of the nearest product of each photo, and whether it is the one shown: first with that, then without.

    A product with the same picture counts as the one shown.
    """
    nearest, cosines = searcher.search(vectors, 2)
    own = np.einsum("nd,nd->n", vectors, searcher.vectors(shown))
    is_first = cosines[:, 0] <= own + TIE_TOLERANCE
    others = np.where(nearest[:, 0] == shown, cosines[:, 1], cosines[:, 0])
    return np.concatenate([cosines[:, 0], others]), np.concatenate([is_first, np.zeros(len(shown), bool)])


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    """To three digits: the encoder's last ones differ from run to run, and a build is to give the same index again."""
    return tuple(np.round(values, 3).tolist())
