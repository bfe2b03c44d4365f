"""The task "same name": a product should find the other products of the same name."""

from __future__ import annotations

from collections import Counter

import numpy as np

from recsys.evaluate.search_task import RANKING_K, nearest
from recsys.evaluate.task_inputs import TaskInputs
from recsys.evaluate.task_report import TaskReport, TaskScore, recalls
from recsys.types import Rows

MAX_OTHERS = 5
"""A name that more other products have says too little about the product."""


def same_name_queries(inputs: TaskInputs) -> tuple[Rows, Rows]:
    """The rows of the held-out products whose name 1 to 5 others have, and a number for the name of every product."""
    names = [item.name for item in inputs.pool.items]
    counts = Counter(names)
    asked = [name is not None and 2 <= counts[name] <= 1 + MAX_OTHERS for name in names]
    numbers = {name: number for number, name in enumerate(counts)}
    return np.flatnonzero(inputs.held & asked), np.array([numbers[name] for name in names])


def evaluate_same_name(inputs: TaskInputs) -> TaskReport:
    """Ask with every held-out product whose name 1 to 5 other products of the gallery have."""
    note = (
        f"Same name: a held-out product whose name 1 to {MAX_OTHERS} others of {len(inputs.pool):,} products have."
        " It does not find itself. R@k is the share of the queries that find one of these among the first k."
    )
    rows, names = same_name_queries(inputs)
    scores = []
    for contender in inputs.contenders if len(rows) else ():
        depth = min(RANKING_K, len(inputs.pool) - 1)
        found = nearest(contender.vectors[rows], [contender.vectors], depth, rows)[0]
        right = names[found] == names[rows][:, None]
        first = np.where(right.any(1), right.argmax(1), RANKING_K)
        scores.append(TaskScore("catalogue picture", contender.name, len(rows), recalls(first)))
    return TaskReport("same name", note, tuple(scores))
