"""How right the heads are on products that training never saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from recsys.core.ranking import confusion, macro_f1, weighted_f1
from recsys.train.data import MISSING

TEMPERATURES = np.geomspace(0.25, 4, 49)


@dataclass(frozen=True, eq=False)
class Judgement:
    """Of one head: its `scores` by name, its confusion matrix, and the temperature that calibrates it."""

    scores: dict[str, float]
    confusion: npt.NDArray[np.int64]
    temperature: float


def judgement(logits: torch.Tensor, labels: torch.Tensor) -> Judgement:
    """Compare logits [n, values] with labels [n], of which at least one is known.

    The temperature is that of least cross-entropy (Guo et al. 2017, "On calibration of modern neural networks").
    """
    known = labels != MISSING
    logits, labels = logits[known], labels[known]
    counts = confusion(logits.argmax(1).numpy(), labels.numpy(), logits.shape[1])
    losses = [float(F.cross_entropy(logits / temperature, labels)) for temperature in TEMPERATURES]
    scores = {
        "accuracy": float(counts.trace() / counts.sum()),
        "macro_f1": macro_f1(counts),
        "weighted_f1": weighted_f1(counts),
        "majority": float(counts.sum(1).max() / counts.sum()),
        "products": int(counts.sum()),
    }
    return Judgement(scores, counts, float(TEMPERATURES[int(np.argmin(losses))]))
