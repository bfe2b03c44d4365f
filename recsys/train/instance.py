"""Instance discrimination: a changed picture finds the unchanged one among those of other products."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

NO_GROUP = -1


class Memory(torch.nn.Module):
    """The embeddings of the last batches, as further negatives.

    Wang et al. 2020, "Cross-batch memory for embedding learning".
    """

    def __init__(self, size: int, dim: int):
        super().__init__()
        self.embedding: torch.Tensor
        self.groups: torch.Tensor
        self.next: torch.Tensor
        self.register_buffer("embedding", torch.zeros(size, dim))
        self.register_buffer("groups", torch.full((size,), NO_GROUP))
        self.register_buffer("next", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def keep(self, embedding: torch.Tensor, groups: torch.Tensor) -> None:
        """Put these in the place of the oldest."""
        places = (self.next + torch.arange(len(groups), device=self.next.device)) % len(self.groups)
        self.embedding[places], self.groups[places] = embedding.detach(), groups
        self.next.add_(len(groups)).remainder_(len(self.groups))


def instance_loss(
    first: torch.Tensor, second: torch.Tensor, groups: torch.Tensor, scale: float, memory: Memory | None = None
) -> torch.Tensor:
    """InfoNCE of the unit embeddings [n, dim] of two pictures of each product, both ways (van den Oord et al. 2018).

    Rows of one group are positives of each other and never negatives (Khosla et al. 2020, "Supervised contrastive
    learning"). Rows of no group (-1) are negatives alone. `memory` has more of what `first` is.
    """
    keys, of_keys = first, groups
    if memory is not None:
        filled = memory.groups != NO_GROUP
        keys, of_keys = torch.cat([first, memory.embedding[filled]]), torch.cat([groups, memory.groups[filled]])
    known = groups != NO_GROUP
    if not known.any():
        return first.new_zeros(())
    there = _find(second[known], keys, groups[known], of_keys, scale)
    return (there + _find(first[known], second, groups[known], groups, scale)) / 2


def _find(
    queries: torch.Tensor, keys: torch.Tensor, groups: torch.Tensor, of_keys: torch.Tensor, scale: float
) -> torch.Tensor:
    """Mean cross-entropy of each query and each key of its group against the keys of other groups."""
    cosines = scale * queries @ keys.T
    alike = groups[:, None] == of_keys
    others = torch.logsumexp(cosines.masked_fill(alike, -math.inf), 1, keepdim=True)
    losses = F.softplus((others - cosines).clamp(min=-1e4)) * alike
    return (losses.sum(1) / alike.sum(1)).mean()
