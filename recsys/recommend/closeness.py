"""Decides whether the nearest products are close to a query."""

from __future__ import annotations

import numpy as np

from recsys.core.calibration import Calibration
from recsys.core.crops import CropCalibration
from recsys.core.items import Items
from recsys.core.reranking import coverage
from recsys.core.same_pictures import SamePictures
from recsys.recommend.found import Found, Query
from recsys.types import ImageEncoder


def is_close(
    nearest: Found,
    query: Query,
    encoder: ImageEncoder,
    items: Items,
    pictures: SamePictures,
    calibration: Calibration | None,
    crops: CropCalibration | None,
) -> bool | None:
    """Whether the nearest products that pass the filter are close; None where that is unknown.

    Each picture counts once. Nothing is close to a product that shows a placeholder, nor to a picture of a kind that
    the catalogue does not have.
    """
    if calibration is None or not len(nearest.cosines):
        return None
    places = pictures.places(nearest.rows)[: calibration.nearest]
    if not len(places) or (query.row is not None and pictures.is_placeholder[query.row]):
        return False
    cosines = nearest.cosines[places].tolist()
    if query.part is None or not query.part.by_crops:
        return calibration.is_close(cosines, _coverage(query, encoder, items, calibration))
    return crops is not None and crops.is_close(float(np.mean(cosines)), query.part.size)


def _coverage(query: Query, encoder: ImageEncoder, items: Items, calibration: Calibration) -> float:
    """The probability that the catalogue has the kind of the query; 1 where it is not known."""
    kind = calibration.attribute if query.row is None else None
    found = coverage(encoder, query.embedding, kind, items.columns.get(kind or ""))
    return 1.0 if found is None else float(found[0])
