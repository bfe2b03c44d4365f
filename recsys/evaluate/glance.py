"""A first judgement of an index while it is built, from what is at hand: no picture is embedded for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys import plots
from recsys.calibration import Calibration
from recsys.digest import sha256
from recsys.evaluate.confidence import calibrate
from recsys.evaluate.exam import exam_across
from recsys.evaluate.pool import Pool, thumbnail_pixels
from recsys.evaluate.report import score_table
from recsys.evaluate.retrieval import Score, score_all
from recsys.evaluate.trial import K, Trial
from recsys.picture import decode
from recsys.splits import PRODUCT_SPLIT, held_out
from recsys.types import Item, Rows, Vectors

FEWEST_HELD_OUT = 50


@dataclass(frozen=True)
class Quick:
    """The scores of an index, none where the catalogue has no attributes or is tiny, and how to read its cosines.

    `note` says for people what was asked for, and among what.
    """

    scores: tuple[Score, ...]
    calibration: Calibration | None
    note: str

    def to_markdown(self) -> str:
        """The scores as a table."""
        return f"{self.note}\n\n{score_table(self.scores)}" if self.scores else self.note

    def draw(self, folder: Path) -> None:
        """Write confidence.png, the confidence by cosine, where there is one."""
        found = self.calibration
        if found and found.attribute:
            path = folder / "confidence.png"
            plots.confidence_curve(found.similarity, found.confidence, found.threshold, found.attribute, path)


def quick(
    items: Sequence[Item],
    vectors: Vectors,
    thumbnails: Iterable[bytes],
    *,
    queries: Pool | None = None,
    limit: int = 1000,
) -> Quick:
    """Judge unit `vectors` [n, dim] of these items; `thumbnails` are their encoded pictures, all readable.

    Queries are products that training never saw: `queries`, or up to `limit` of the items, the others being the
    gallery. Of a shop with less than 50 such products, up to `limit` of all are queries, each of which searches all but
    itself. Of given `queries` those count whose kind the gallery has.
    """
    pool = Pool(items, vectors, np.stack([thumbnail_pixels(decode(picture)) for picture in thumbnails]))
    if len(pool) <= K + 1:
        return Quick((), None, "There are too few products to judge by.")
    if queries is not None:
        exam = exam_across(queries, pool, PRODUCT_SPLIT)
        return Quick(score_all(exam.retrieval), calibrate(exam.ordinary), exam.note)
    trial = _trial(pool, limit)
    how = (
        "of the index itself, each of which searches the others"
        if (trial.itself >= 0).any()
        else "kept out of training"
    )
    note = f"{len(trial.queries):,} queries, products {how}; {len(trial.gallery):,} products in the gallery."
    return Quick(score_all(trial), calibrate(trial), note)


def _trial(pool: Pool, limit: int) -> Trial:
    held = np.array([held_out(item.id) for item in pool.items])
    if held.sum() >= FEWEST_HELD_OUT:
        return Trial.of(pool.take(_drawn(pool, np.flatnonzero(held), limit)), pool.take(~held))
    chosen = _drawn(pool, np.arange(len(pool)), limit)
    return Trial(pool.take(chosen), pool, itself=chosen)


def _drawn(pool: Pool, rows: Rows, limit: int) -> Rows:
    """At most `limit` of the rows, drawn by the ids."""
    ids = [pool.items[row].id for row in rows]
    order = sorted(range(len(rows)), key=lambda place: sha256(f"query {ids[place]}".encode()))
    return np.sort(rows[order[:limit]])
