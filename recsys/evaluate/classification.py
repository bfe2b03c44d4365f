"""Accuracy and F1 of the classification heads of an encoder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.core.ranking import Estimate, confusion, macro_f1, weighted_f1
from recsys.evaluate.search_task import SearchTask
from recsys.types import Vectors


@dataclass(frozen=True)
class Classification:
    """One head, on the queries that have a value of its attribute.

    `unknown` is the number of queries whose value is not among the `classes` of the head: they count as wrong, and
    their values as classes of F1 zero. `majority` is the accuracy of always predicting the most common value of the
    gallery.
    """

    attribute: str
    queries: int
    unknown: int
    classes: int
    accuracy: Estimate
    macro_f1: float
    weighted_f1: float
    majority: float


def evaluate_heads(
    task: SearchTask, logits: Mapping[str, Vectors], values: Mapping[str, Sequence[str]]
) -> tuple[Classification, ...]:
    """Evaluate each head by its `logits` [queries, classes], where the catalogue has the attribute of the head."""
    found = [_evaluate(name, task, logits[name].argmax(1), known) for name, known in values.items()]
    return tuple(classification for classification in found if classification)


def _evaluate(name: str, task: SearchTask, predicted: np.ndarray, known: Sequence[str]) -> Classification | None:
    truth = [item.value(name) for item in task.queries.items]
    common = [value for item in task.gallery.items if (value := item.value(name)) is not None]
    asked = np.array([value is not None for value in truth])
    if not asked.any() or not common:
        return None
    values = [value for value in truth if value is not None]
    number = {value: place for place, value in enumerate(dict.fromkeys([*known, *values]))}
    right = np.array([number[value] for value in values])
    counts = confusion(predicted[asked], right, len(number))
    most_common = Counter(common).most_common(1)[0][0]
    return Classification(
        attribute=name,
        queries=len(right),
        unknown=int((right >= len(known)).sum()),
        classes=len(known),
        accuracy=Estimate.from_values(predicted[asked] == right),
        macro_f1=macro_f1(counts),
        weighted_f1=weighted_f1(counts),
        majority=float((right == number.get(most_common, -1)).mean()),
    )
