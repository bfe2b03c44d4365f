"""The task "very product": a changed picture of an indexed product should find that product."""

from __future__ import annotations

import numpy as np

from recsys.core.ranking import TIE_TOLERANCE, Estimate
from recsys.evaluate.corruptions import Corruption, all_at_once, lightly_changed
from recsys.evaluate.search_task import PRECISION_K
from recsys.evaluate.task_inputs import Contender, TaskInputs
from recsys.evaluate.task_report import TaskReport, TaskScore, recalls
from recsys.types import Rows, Vectors

CASES: dict[str, Corruption] = {"light": lightly_changed, "wild": all_at_once}
QUERY_BLOCK = 256
"""The queries that are compared with the gallery at a time."""


def evaluate_very_product(inputs: TaskInputs) -> TaskReport:
    """Ask with the pictures of held-out products, changed lightly, or as a visitor would photograph them."""
    note = (
        f"Very product: the picture of a held-out product, changed, in a gallery of all {len(inputs.pool):,} products."
        " Light: cropped to 90 %, relit, recompressed. Wild: rotated, on clutter, cropped, dark, blurred, recompressed;"
        " only pictures on a plain background. R@k is the share of the queries whose own product is among the first k."
    )
    if inputs.kind:
        note += f" P@{PRECISION_K} of {inputs.kind} is in the gallery without held-out products, its loss against the"
        note += " unchanged pictures."
    scores = [score for case in CASES for score in _scores(case, inputs)]
    return TaskReport("very product", note, tuple(scores))


def ranks(vectors: Vectors, gallery: Vectors, own: Rows) -> Rows:
    """The number of products in the gallery that are more like each query than its own product: [n].

    A product of equal similarity is not counted, so that one of two equal pictures is right.
    """
    found = []
    for start in range(0, len(vectors), QUERY_BLOCK):
        rows = own[start : start + QUERY_BLOCK]
        cosines = vectors[start : start + QUERY_BLOCK] @ gallery.T
        of_own = cosines[np.arange(len(rows)), rows][:, None]
        found.append((cosines > of_own + TIE_TOLERANCE).sum(1))
    return np.concatenate(found)


def _scores(case: str, inputs: TaskInputs) -> list[TaskScore]:
    photos, rows = inputs.photos(case, CASES[case])
    return [_score(case, inputs, contender, contender.embed(photos), rows) for contender in inputs.contenders if photos]


def _score(case: str, inputs: TaskInputs, contender: Contender, vectors: Vectors, rows: Rows) -> TaskScore:
    measures = recalls(ranks(vectors, contender.vectors, rows))
    known = inputs.kinds[rows] >= 0
    if known.any() and len(inputs.kept):
        right = inputs.kind_matches(contender, vectors[known], rows[known]).mean(1)
        clean = inputs.kind_matches(contender, contender.vectors[rows[known]], rows[known]).mean(1)
        measures[f"P@{PRECISION_K} of {inputs.kind}"] = Estimate.from_values(right)
        measures["its loss"] = Estimate.from_values(clean - right)
    return TaskScore(case, contender.name, len(rows), measures)
