"""The task "drawn shop": a real photo should find a drawn product of the same kind and colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys.core.ranking import Estimate
from recsys.evaluate.pool import embed
from recsys.evaluate.retrieval import roles_of
from recsys.evaluate.search_task import PRECISION_K, SearchTask
from recsys.evaluate.task_inputs import Contender, TaskInputs
from recsys.evaluate.task_report import TaskReport, TaskScore
from recsys.types import Product


def evaluate_drawn_shop(inputs: TaskInputs, shop: Sequence[Product]) -> TaskReport:
    """Ask another shop, whose pictures are drawings, with all held-out products of the catalogue."""
    note = (
        f"Drawn shop: the catalogue's pictures of held-out products, in another shop of {len(shop):,} products, where"
        " that has the query's kind and colour. The measures are the shares of the queries whose first result has both,"
        f" and of those that have such a product among the first {PRECISION_K}."
    )
    scores = [score for contender in inputs.contenders if (score := _score(inputs, contender, shop))]
    return TaskReport("drawn shop", note, tuple(scores))


def _score(inputs: TaskInputs, contender: Contender, shop: Sequence[Product]) -> TaskScore | None:
    rows, gallery = np.flatnonzero(inputs.held), embed(shop, contender.encode)
    task = SearchTask.disjoint(inputs.pool.take(rows).with_vectors(contender.vectors[rows]), gallery)
    roles = roles_of(gallery)
    if not (roles.kind and roles.colour and len(rows)):
        return None
    label = task.label([roles.kind, roles.colour])
    asked = task.relevant_counts(label) > 0
    if not asked.any():
        return None
    right = label.matches(task.neighbours[0][:, :PRECISION_K])[asked]
    measures = {
        "first has both": Estimate.from_values(right[:, 0]),
        f"one of {PRECISION_K} has both": Estimate.from_values(np.asarray(right.any(1))),
    }
    return TaskScore(f"{roles.kind} and {roles.colour}", contender.name, len(right), measures)
