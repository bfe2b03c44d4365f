"""The text tower as a network of PyTorch, to train it."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from recsys.types import Vectors
from recsys.words.tower import Vocabulary
from recsys.words.tower.features import Bag

START_SCALE = 0.1


class TowerNetwork(torch.nn.Module):
    """The same computation as `TextTower.encode`."""

    def __init__(self, vocabulary: Vocabulary, width: int, hidden: int, dim: int):
        super().__init__()
        self.embedding = torch.nn.EmbeddingBag(vocabulary.size, width, mode="sum")
        torch.nn.init.normal_(self.embedding.weight, std=START_SCALE)
        self.norm = torch.nn.LayerNorm(width)
        self.hidden = torch.nn.Linear(width, hidden)
        self.output = torch.nn.Linear(hidden, dim)
        self.skip = torch.nn.Linear(width, dim, bias=False)

    def forward(self, bag: Bag) -> torch.Tensor:
        """Unit vectors of the texts, [n, dim]."""
        rows, weights, starts = map(torch.from_numpy, bag)
        normed = self.norm(self.embedding(rows, starts, per_sample_weights=weights))
        return F.normalize(self.output(F.relu(self.hidden(normed))) + self.skip(normed), dim=1)

    def arrays(self) -> dict[str, Vectors]:
        """The weights as `TextTower` takes them, float16."""
        names = {"embedding.weight": "embedding"}
        weights = {names.get(name, name): weight.numpy() for name, weight in self.state_dict().items()}
        return {name: weight.astype(np.float16) for name, weight in weights.items()}
