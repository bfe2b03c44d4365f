"""A recommender over the products of a pool, to evaluate the whole query pipeline without an index folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from recsys.core.calibration import Calibration
from recsys.core.items import Items
from recsys.core.reranking import Ranking
from recsys.evaluate.crop_threshold import MIN_PRODUCTS, fit_crops
from recsys.evaluate.pool import Pool
from recsys.evaluate.retrieval import attributes_of
from recsys.index.annoy.exact import ExactSearch
from recsys.recommend.picture_part import PartChooser
from recsys.recommend.recommender import Recommender
from recsys.types import ImageEncoder, Origin, Rows, Vectors, Where, WordIndex


class MemorySearcher:
    """An exact search over vectors in memory."""

    def __init__(self, vectors: Vectors, items: Items):
        self._vectors, self._items, self._exact = vectors, items, ExactSearch(vectors)

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        return self._vectors[np.asarray(rows, np.int64)]

    def search(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        return self._exact.nearest(vectors, k, self._items.passing(where) if where else None)


@dataclass(frozen=True)
class NoPictures:
    """The assets of a shop that shows nothing."""

    version: str = ""
    card: str = ""
    plots: dict[str, bytes] = field(default_factory=dict)
    picture_numbers: Rows | None = None
    full_text: WordIndex | None = None

    def thumbnail(self, row: int) -> bytes:
        return b""


def memory_shop(
    pool: Pool, encoder: ImageEncoder, calibration: Calibration | None, ranking: Ranking | None = None
) -> Recommender:
    """A recommender over these products, as a build would make it; `encoder` made their vectors."""
    items = Items.from_items(pool.items, attributes_of(pool.items), pool.role_overrides)
    searcher = MemorySearcher(pool.vectors, items)
    crops = fit_crops(PartChooser(encoder, searcher, calibration)) if len(items) >= MIN_PRODUCTS else None
    return Recommender(encoder, searcher, items, NoPictures(), Origin("memory", "memory"), calibration, crops, ranking)
