"""The scores of the encoders on a task, and their section of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recsys.core.ranking import Estimate
from recsys.evaluate.markdown import table
from recsys.types import Rows

RECALL_KS = (1, 5, 10)


@dataclass(frozen=True)
class TaskScore:
    """The measures of one encoder, or of a baseline, on the queries of one case of a task."""

    case: str
    encoder: str
    queries: int
    measures: Mapping[str, Estimate]


@dataclass(frozen=True)
class TaskReport:
    """The scores of a task. `note` says what its queries and measures are."""

    task: str
    note: str
    scores: tuple[TaskScore, ...]

    def to_markdown(self) -> str:
        """The note, and the scores as a table."""
        if not self.scores:
            return f"{self.note} The catalogue has no such queries."
        names = list(dict.fromkeys(name for score in self.scores for name in score.measures))
        rows = [
            {self.task: score.case, "encoder": score.encoder, "queries": f"{score.queries:,}"}
            | {f"{name} (95 %)": str(score.measures.get(name, "")) for name in names}
            for score in self.scores
        ]
        return f"{self.note}\n\n{table(rows)}"


def recalls(ranks: Rows) -> dict[str, Estimate]:
    """R@1, R@5 and R@10: the share of the queries whose right product is among the first k.

    `ranks` [n] is the number of products that are found before the right one.
    """
    return {f"R@{k}": Estimate.from_values(np.asarray(ranks < k)) for k in RECALL_KS}
