"""The training loop: multi-task cross-entropy on a normalised embedding, and an average of the weights that is kept.

The method is that of Zhai & Wu 2019, "Classification is a strong baseline for deep metric learning".
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from recsys.encoder import embedding_network, in_channels_last, save_network
from recsys.errors import CatalogError
from recsys.train.augment import augment
from recsys.train.config import TrainConfig
from recsys.train.data import MISSING, PictureSet

MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
STD = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
CHECKPOINT, REPORT = "checkpoint.pt", "report.json"
CHECKPOINT_EVERY = 250


class MultiTask(torch.nn.Module):
    """A network that embeds, and for each attribute the directions of its values in that space."""

    def __init__(self, backbone: torch.nn.Module, dim: int, classes: Mapping[str, int], scale: float):
        super().__init__()
        self.backbone, self.scale, self.names = backbone, scale, list(classes)
        self.heads = torch.nn.ParameterList(
            torch.nn.Parameter(torch.randn(count, dim) / math.sqrt(dim)) for count in classes.values()
        )

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Unit embeddings [n, dim] and logits attribute → [n, values]."""
        embedding = F.normalize(self.backbone(pictures))
        logits = [self.scale * embedding @ F.normalize(head).T for head in self.heads]
        return embedding, dict(zip(self.names, logits, strict=True))


def train(config: TrainConfig, data: PictureSet, held_out: PictureSet, folder: Path) -> dict[str, Any]:
    """Train to the end and write the encoder to `folder`; a run that was killed goes on from its
    last checkpoint, where recipe and data are the same.

    Returns the report: the recipe and, an epoch, the loss and the accuracies on `held_out`. Raises CatalogError where
    no attribute has a head.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config.seed)
    classes = {name: len(values) for name, values in data.vocabulary.items() if config.weight(name) > 0}
    if not classes:
        raise CatalogError("There is no attribute to learn from. Check the dataset, or the weights of the attributes.")
    backbone = embedding_network(config.architecture, config.dim, config.start_from)
    model = MultiTask(in_channels_last(backbone), config.dim, classes, config.scale)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay), use_buffers=True)
    optimizer = torch.optim.AdamW(_parameter_groups(model, config.weight_decay), lr=config.learning_rate)
    report: dict[str, Any] = {"recipe": asdict(config), "data": data.fingerprint, "epochs": []}
    parts = {"model": model, "average": average, "optimizer": optimizer}
    averaged: MultiTask = average.module  # type: ignore[assignment]
    step, report = _resume(folder / CHECKPOINT, parts, report)
    steps_per_epoch = max(1, len(data) // config.batch_size)
    started, losses = time.monotonic(), []
    while step < config.epochs * steps_per_epoch:
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * _schedule(step, config, steps_per_epoch)
        losses.append(_step(model, optimizer, data, step, config))
        average.update_parameters(model)
        step += 1
        if step % steps_per_epoch == 0:
            epoch = {"epoch": step // steps_per_epoch, "loss": sum(losses) / len(losses)} | judge(averaged, held_out)
            report["epochs"].append(epoch | {"seconds": round(time.monotonic() - started)})
            print(json.dumps(report["epochs"][-1]), flush=True)
            losses = []
        if step % CHECKPOINT_EVERY == 0 or step % steps_per_epoch == 0:
            _save_checkpoint(folder / CHECKPOINT, parts, step, report)
    _save(averaged, data.vocabulary, config, folder, report)
    return report


def _step(
    model: MultiTask, optimizer: torch.optim.Optimizer, data: PictureSet, step: int, config: TrainConfig
) -> float:
    model.train()
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    rows = _rows(len(data), step, config)
    pictures = augment(data.pictures[rows], data.products[rows], config.clutter, generator)
    _, logits = model(((pictures - MEAN) / STD).contiguous(memory_format=torch.channels_last))
    loss = torch.zeros(())
    for name, scores in logits.items():
        labels = data.labels[name][rows]
        known = labels != MISSING
        if known.any():
            of_known = F.cross_entropy(scores[known], labels[known], label_smoothing=config.label_smoothing)
            loss = loss + config.weight(name) * of_known * known.float().mean()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    return float(loss.detach())


def _rows(count: int, step: int, config: TrainConfig) -> torch.Tensor:
    """The batch of this step: a function of the seed and the step alone, so that a resumed run sees the same."""
    epoch, place = divmod(step, max(1, count // config.batch_size))
    order = torch.randperm(count, generator=torch.Generator().manual_seed(config.seed * 7_919 + epoch))
    return order[place * config.batch_size : (place + 1) * config.batch_size]


def _schedule(step: int, config: TrainConfig, steps_per_epoch: int) -> float:
    """Linear warm-up, then a cosine to zero."""
    total = max(1, config.epochs * steps_per_epoch)
    warmup = min(config.warmup_steps, total // 10)
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))


@torch.inference_mode()
def judge(model: MultiTask, data: PictureSet, batch_size: int = 256) -> dict[str, float]:
    """The accuracy of each head on pictures as they are, over those whose label is known."""
    model.eval()
    right: dict[str, float] = dict.fromkeys(model.names, 0.0)
    for start in range(0, len(data), batch_size):
        pictures = data.pictures[start : start + batch_size].float() / 255
        _, logits = model(((pictures - MEAN) / STD).contiguous(memory_format=torch.channels_last))
        for name, scores in logits.items():
            labels = data.labels[name][start : start + batch_size]
            right[name] += float((scores.argmax(1) == labels).sum())
    known = {name: max(1, int((data.labels[name] != MISSING).sum())) for name in right}
    return {name: round(count / known[name], 4) for name, count in right.items()}


def _parameter_groups(model: torch.nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    decayed = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _resume(path: Path, parts: Mapping[str, Any], report: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    if not path.is_file():
        return 0, report
    saved = torch.load(path, weights_only=True)
    if any(saved["report"].get(part) != report[part] for part in ("recipe", "data")):
        return 0, report
    for name, part in parts.items():
        part.load_state_dict(saved[name])
    return saved["step"], saved["report"]


def _save_checkpoint(path: Path, parts: Mapping[str, Any], step: int, report: dict[str, Any]) -> None:
    beside = path.with_suffix(".tmp")
    torch.save({name: part.state_dict() for name, part in parts.items()} | {"step": step, "report": report}, beside)
    os.replace(beside, path)


def _save(
    model: MultiTask, vocabulary: dict[str, list[str]], config: TrainConfig, folder: Path, report: dict[str, Any]
) -> None:
    heads = {name: head.detach().half() for name, head in zip(model.names, model.heads, strict=True)}
    values = {name: vocabulary[name] for name in heads}
    save_network(model.backbone, folder, (3, config.size, config.size), heads, values)
    (folder / REPORT).write_text(json.dumps(report, indent=1))
