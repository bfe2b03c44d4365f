"""The task "clutter": a product at 0.3 to 0.8 of the frame's height on clutter should find products of its kind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys.core.ranking import Estimate
from recsys.evaluate.corruptions import seeded
from recsys.evaluate.grounds import EMPTY_SIZE, Grounds, empty, place
from recsys.evaluate.search_task import PRECISION_K
from recsys.evaluate.task_inputs import TaskInputs
from recsys.evaluate.task_report import TaskReport, TaskScore
from recsys.recommend.recommender import Recommender

HEIGHTS = (0.3, 0.5, 0.8)
PIPELINE = "query pipeline"

Matches = npt.NDArray[np.bool_]


def evaluate_clutter(inputs: TaskInputs, grounds: Grounds, shop: Recommender) -> TaskReport:
    """Ask with products on each ground at each height: the whole picture, and the query pipeline of `shop`."""
    note = (
        "Clutter: a held-out product, pasted at a random place on a ground, at a share of the height of the frame. The"
        f" encoders search with the whole picture among the {len(inputs.kept):,} products that are not held out. The"
        f" {PIPELINE} chooses by itself what to search with. P@{PRECISION_K} is the share of the first {PRECISION_K}"
        f" that are of the query's {inputs.kind}, any the share of the queries with one such product among them."
    )
    scores = []
    for height in HEIGHTS if inputs.kind else ():
        for name, pictures in grounds.items():
            scores += _scores(f"{height:g} of the height on {name}", height, pictures, inputs, shop)
    return TaskReport("clutter", note, tuple(scores))


def evaluate_empty_clutter(inputs: TaskInputs, grounds: Grounds, shop: Recommender) -> TaskReport:
    """Ask with grounds that show no product: nothing should be close."""
    note = "Empty clutter: grounds without a product or a piece of one. The measure is the share said to be close."
    scores = []
    for name, pictures in grounds.items() if shop.calibration and len(inputs.rows) else ():
        ids = [inputs.pool.items[row].id for row in inputs.rows]
        photos = [empty(EMPTY_SIZE, pictures, (), seeded(f"empty {name}", item_id)) for item_id in ids]
        for way, refine in (("whole picture", False), (PIPELINE, True)):
            close = np.array([shop.recommend(photo, PRECISION_K, refine=refine).close for photo in photos], bool)
            scores.append(TaskScore(name, way, len(photos), {"close": Estimate.from_values(close)}))
    return TaskReport("empty clutter", note, tuple(scores))


def _scores(
    case: str, height: float, grounds: Sequence[Image.Image], inputs: TaskInputs, shop: Recommender
) -> list[TaskScore]:
    photos, rows = inputs.photos(case, lambda picture, others, random: place(picture, height, grounds, others, random))
    known = np.flatnonzero(inputs.kinds[rows] >= 0)
    photos, rows = [photos[at] for at in known], rows[known]
    if not photos:
        return []
    by_pipeline = [
        _pipeline_matches(photo, row, inputs, shop) for photo, row in zip(photos, rows.tolist(), strict=True)
    ]
    return [
        *(_score(case, each.name, inputs.kind_matches(each, each.embed(photos), rows)) for each in inputs.contenders),
        _score(case, PIPELINE, np.stack(by_pipeline)),
    ]


def _pipeline_matches(photo: Image.Image, row: int, inputs: TaskInputs, shop: Recommender) -> Matches:
    kind = str(inputs.kind)
    wanted = inputs.pool.items[row].value(kind)
    return np.array([match.item.value(kind) == wanted for match in shop.recommend(photo, PRECISION_K)])


def _score(case: str, name: str, matches: Matches) -> TaskScore:
    measures = {
        f"P@{PRECISION_K}": Estimate.from_values(matches.mean(1)),
        f"any of {PRECISION_K}": Estimate.from_values(np.asarray(matches.any(1))),
    }
    return TaskScore(case, name, len(matches), measures)
