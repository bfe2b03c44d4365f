"""A first judgement of an index while it is built, from what is at hand: no picture is embedded for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.core.calibration import FEWEST_QUERIES, Calibration
from recsys.core.holdout import held_out
from recsys.evaluate import plots
from recsys.evaluate.confidence import calibrate
from recsys.evaluate.pool import THUMBNAIL, Pool, thumbnail_pixels
from recsys.evaluate.protocol import Exam, exam_across
from recsys.evaluate.report import score_table
from recsys.evaluate.retrieval import Score, score_all
from recsys.evaluate.search_task import K, Trial
from recsys.images.decode import decode
from recsys.types import Item, Vectors

FEWEST_HELD_OUT = 50


@dataclass(frozen=True)
class QuickReport:
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


def quick_report(
    items: Sequence[Item],
    vectors: Vectors,
    thumbnails: Iterable[bytes],
    *,
    queries: Pool | None = None,
    limit: int = 1000,
) -> QuickReport:
    """Judge unit `vectors` [n, dim] of these items; `thumbnails` are their encoded pictures, all readable.

    Queries are up to `limit` products that training never saw: of `queries`, of which those count whose kind the
    gallery has, or of the items, the others being the gallery. Of a shop with less than 50 such products, up to `limit`
    of all are queries, each of which searches all but itself. Where there are too few, the note says so.
    """
    small = (thumbnail_pixels(decode(picture)) for picture in thumbnails)
    pool = Pool(items, vectors, np.fromiter(small, THUMBNAIL, len(items)))
    asked = pool if queries is None else queries
    if len(pool) <= K + 1 or not len(asked):
        few = f"{len(asked):,} to ask with, {len(pool):,} to be found"
        return QuickReport((), None, f"There are too few products to judge by: {few}.")
    exam = _exam(pool, limit) if queries is None else exam_across(asked.take(asked.drawn(limit, "query")), pool)
    calibration, note = calibrate(exam.ordinary), exam.note
    if calibration is None:
        note += f" Queries of what the gallery has are too few to fit a confidence: fewer than {FEWEST_QUERIES}."
    return QuickReport(score_all(exam.retrieval), calibration, note)


def _exam(pool: Pool, limit: int) -> Exam:
    held = np.array([held_out(item.id) for item in pool.items])
    if held.sum() >= FEWEST_HELD_OUT:
        queries, which = pool.take(held), "kept out of training"
        trial = Trial.of(queries.take(queries.drawn(limit, "query")), pool.take(~held))
    else:
        chosen, which = pool.drawn(limit, "query"), "of the index itself, each of which searches the others"
        trial = Trial(pool.take(chosen), pool, itself=chosen)
    return Exam(trial, trial, {}, trial.note(which))
