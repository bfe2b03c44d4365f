"""How often the heads of an encoder name the right value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.core.ranking import Estimate, confusion, macro_f1, weighted_f1
from recsys.evaluate.search_task import Trial
from recsys.types import Vectors


@dataclass(frozen=True)
class Classification:
    """One head on queries that have its attribute.

    Values that the head does not know, those of `unknown` queries, count as wrong, and as classes of F1 zero.
    `majority` is the accuracy of always naming the gallery's most common value.
    """

    attribute: str
    queries: int
    unknown: int
    accuracy: Estimate
    macro_f1: float
    weighted_f1: float
    majority: float


def judge_heads(
    trial: Trial, logits: Mapping[str, Vectors], values: Mapping[str, Sequence[str]]
) -> tuple[Classification, ...]:
    """Judge each head by its `logits` [queries, values], where the catalogue has its attribute."""
    judged = [_judge(name, trial, logits[name].argmax(1), known) for name, known in values.items()]
    return tuple(classification for classification in judged if classification)


def _judge(name: str, trial: Trial, predicted: np.ndarray, known: Sequence[str]) -> Classification | None:
    truth = [item.attributes.get(name) for item in trial.queries.items]
    common = [value for item in trial.gallery.items if (value := item.attributes.get(name)) is not None]
    asked = np.array([value is not None for value in truth])
    if not asked.any() or not common:
        return None
    names = list(dict.fromkeys([*known, *(value for value in truth if value is not None)]))
    number = {value: place for place, value in enumerate(names)}
    right = np.array([number[value] for value in truth if value is not None])
    counts = confusion(predicted[asked], right, len(names))
    most_common = Counter(common).most_common(1)[0][0]
    return Classification(
        attribute=name,
        queries=len(right),
        unknown=int((right >= len(known)).sum()),
        accuracy=Estimate.from_values(predicted[asked] == right),
        macro_f1=macro_f1(counts),
        weighted_f1=weighted_f1(counts),
        majority=float((right == number.get(most_common, -1)).mean()),
    )
