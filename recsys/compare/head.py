"""A linear embedding of the features of a frozen network, trained with the same heads and loss as fine-tuning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from recsys.core.linalg import unit
from recsys.errors import CatalogError
from recsys.train.config import TrainConfig
from recsys.train.data import number_values, vocabulary_of
from recsys.train.model import MultiTask, Targets, loss_of
from recsys.types import Item, Vectors

BATCH_SIZE = 128
LEARNING_RATE = 5e-3


@dataclass(frozen=True, eq=False)
class LinearHead:
    """x → unit((x − mean) · weights + bias): mean [features], weights [features, dim], bias [dim]."""

    mean: Vectors
    weights: Vectors
    bias: Vectors

    def __call__(self, features: Vectors) -> Vectors:
        """Unit embeddings [n, dim] of features [n, features]."""
        return unit((features - self.mean) @ self.weights + self.bias)

    @property
    def parameters(self) -> int:
        """The number of weights."""
        return self.mean.size + self.weights.size + self.bias.size

    @classmethod
    def fit(cls, features: Vectors, items: Sequence[Item], config: TrainConfig) -> LinearHead:
        """Train on the features [n, features] of these items, with the epochs and the loss weights of `config`.

        Raises CatalogError where no attribute can be learned.
        """
        config = config.for_attributes(dict.fromkeys(name for item in items for name in item.single_values))
        torch.manual_seed(config.seed)
        labels = _labels(items, config)
        classes = {name: int(numbers.max()) + 1 for name, numbers in labels.items()}
        mean, scale = features.mean(0), float(features.std(0).mean()) or 1.0
        layer = _Linear(features.shape[1], config.dim)
        model = MultiTask(layer, config.dim, classes, 0, config.scale)
        _train(model, torch.from_numpy((features - mean) / scale), labels, config)
        weights = layer.classifier.weight.detach().numpy().T / scale
        return cls(mean, np.ascontiguousarray(weights), layer.classifier.bias.detach().numpy())


class _Linear(torch.nn.Module):
    """Takes the place of a backbone: its input are the features, and its classifier is the embedding layer."""

    def __init__(self, width: int, dim: int):
        super().__init__()
        self.classifier = torch.nn.Linear(width, dim)

    def forward_features(self, features: torch.Tensor) -> torch.Tensor:
        return features

    def forward_head(self, features: torch.Tensor, pre_logits: bool) -> torch.Tensor:
        return features

    def get_classifier(self) -> torch.nn.Linear:
        return self.classifier


def _labels(items: Sequence[Item], config: TrainConfig) -> dict[str, torch.Tensor]:
    """Attribute → the class of each item, int64 [n], -1 where it has no value. Attributes of weight 0 are left out."""
    vocabulary = {name: values for name, values in vocabulary_of(items).items() if values and config.weight(name) > 0}
    if not vocabulary:
        raise CatalogError("There is no attribute to learn from. Check the attribute columns of the dataset.")
    return {name: number_values([item.value(name) for item in items], vocabulary[name]) for name in vocabulary}


def _train(model: MultiTask, features: torch.Tensor, labels: Mapping[str, torch.Tensor], config: TrainConfig) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=config.weight_decay)
    batches = [len(features[start : start + BATCH_SIZE]) for start in range(0, len(features), BATCH_SIZE)]
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, config.epochs * len(batches))
    for _ in range(config.epochs):
        for rows in torch.randperm(len(features)).split(batches):
            plain = torch.zeros(len(rows), dtype=torch.bool)
            targets = Targets({name: known[rows] for name, known in labels.items()}, plain[:, None][:, :0], plain)
            loss = loss_of(model(features[rows]), targets, config)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
