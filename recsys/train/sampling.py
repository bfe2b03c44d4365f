"""The order in which an epoch shows the products: rare kinds more often, and batches with many of one kind."""

from __future__ import annotations

import torch

from recsys.core.roles import Roles
from recsys.train.config import TrainConfig
from recsys.train.data import MISSING, PictureSet


def epoch_order(data: PictureSet, config: TrainConfig, epoch: int) -> torch.Tensor:
    """As many rows as there are, in random order: those of rare article types several times, of frequent ones not all.

    The fractions of the wanted counts are rounded up or down at random.
    """
    generator = torch.Generator().manual_seed(config.seed * 7_919 + epoch)
    kind = Roles.from_names(data.labels).kind or ""
    wanted = _frequency(data.labels.get(kind, torch.full((len(data),), MISSING))) ** -config.balance
    wanted = wanted / wanted.mean()
    times = torch.floor(wanted + torch.rand(len(data), generator=generator)).long()
    rows = torch.arange(len(data)).repeat_interleave(times)
    rows = rows[torch.randperm(len(rows), generator=generator)]
    rows = torch.cat([rows, rows])[: len(data)]
    return _grouped(rows, data, config, generator) if config.instance and config.hard_negatives else rows


def _grouped(rows: torch.Tensor, data: PictureSet, config: TrainConfig, generator: torch.Generator) -> torch.Tensor:
    """The same rows, so that in each batch a share of `hard_negatives` is of one article type, as far as it lasts."""
    kind = Roles.from_names(data.labels).kind
    if kind is None:
        return rows
    run = round(config.batch_size * config.hard_negatives)
    batches = len(rows) // config.batch_size
    alike, others = rows[: run * batches], rows[run * batches :]
    among = torch.rand(int(data.groups.max()) + 2, generator=generator)[data.groups[alike]]
    alike = alike[torch.argsort(among)]
    alike = alike[torch.argsort(data.labels[kind][alike], stable=True)].view(batches, run)
    alike = alike[torch.randperm(batches, generator=generator)]
    rest = config.batch_size - run
    dealt = torch.cat([alike, others[: rest * batches].view(batches, rest)], 1).flatten()
    return torch.cat([dealt, others[rest * batches :]])


def _frequency(labels: torch.Tensor) -> torch.Tensor:
    """How many rows have each row's label; those without one are as frequent as the mean."""
    counts = torch.bincount(labels.clamp(min=0), weights=(labels != MISSING).float()).clamp(min=1)
    known = counts[labels.clamp(min=0)].float()
    return torch.where(labels == MISSING, known[labels != MISSING].mean() if (labels != MISSING).any() else 1.0, known)
