"""The training loop: seeded by the step, so that a run that was killed ends as the unbroken one would have."""

from __future__ import annotations

import json
import math
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from recsys.encoder import Encoder
from recsys.encoder.heads import Heads
from recsys.encoder.loading import embedding_network
from recsys.encoder.torch_network import find_device, in_channels_last, save_network
from recsys.errors import CatalogError, EncoderError
from recsys.evaluate import plots
from recsys.format.encoder_spec import is_repo_id
from recsys.train.augment import augment
from recsys.train.comparison import NEW, START, Precisions, as_table, compare, warnings
from recsys.train.config import TrainConfig
from recsys.train.data import MISSING, PictureSet
from recsys.train.grounds import textures
from recsys.train.instance import Memory, instance_loss
from recsys.train.judge import Judgement, judgement
from recsys.train.model import MultiTask, Targets, freeze, loss_of
from recsys.train.sampling import epoch_order

CHECKPOINT, REPORT, PLOTS = "checkpoint.pt", "report.json", "plots"
CHECKPOINT_EVERY = 250
PROGRESS_EVERY = 50
NO_FILE_NAME = re.compile(r"[^\w-]")


def train(
    config: TrainConfig, data: PictureSet, held_out: PictureSet, folder: Path, datasets: Sequence[str] = ()
) -> dict[str, Any]:
    """Train to the end and write the encoder to `folder`, with report and plots; a run that was killed goes on from its
    last checkpoint, where recipe and data are the same.

    Returns the report: the recipe and, an epoch, the loss and the accuracies on `held_out`. It names the `datasets`
    that are ids on the Hub, but no folders of this machine. Raises CatalogError where
    no attribute has a head.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = config.for_attributes(data.vocabulary)
    run = _Run(config, data)
    report: dict[str, Any] = {"datasets": [name for name in datasets if is_repo_id(name) and not Path(name).exists()]}
    report |= {"recipe": asdict(config), "data": data.fingerprint, "epochs": [], "step": 0, "losses": []}
    report, started = _resume(folder / CHECKPOINT, run.parts, report), time.monotonic()
    begun = report["step"]
    while report["step"] < config.epochs * run.steps_per_epoch:
        report["losses"].append(run.step(report["step"]))
        report["step"] += 1
        epoch, place = divmod(report["step"], run.steps_per_epoch)
        if place == 0:
            accuracy = {name: round(found.scores["accuracy"], 4) for name, found in run.judge(held_out).items()}
            losses, report["losses"] = report["losses"], []
            known = {"epoch": epoch, "loss": sum(losses) / len(losses), **accuracy}
            report["epochs"].append(known | {"seconds": round(time.monotonic() - started)})
            print(json.dumps(report["epochs"][-1]), flush=True)
        if report["step"] % PROGRESS_EVERY == 0:
            _tell_progress(report, config.epochs * run.steps_per_epoch, time.monotonic() - started, begun)
        if report["step"] % CHECKPOINT_EVERY == 0 or place == 0:
            _save_checkpoint(folder / CHECKPOINT, run.parts, report)
    return _finish(run, held_out, folder, report)


class _Run:
    """Network, its moving average and its optimizer."""

    def __init__(self, config: TrainConfig, data: PictureSet):
        self.config, self.data, self.device = config, data, find_device(config.device)
        self.steps_per_epoch = max(1, len(data) // config.batch_size)
        self.precision = _precision(config.precision, self.device)
        self._epoch, self._order = -1, torch.arange(0)
        torch.manual_seed(config.seed)
        classes = {
            name: len(values) for name, values in data.vocabulary.items() if config.weight(name) > 0 and len(values) > 1
        }
        if not classes:
            raise CatalogError(
                "There is no attribute to learn from. Check the dataset, or the weights of the attributes."
            )
        backbone, known = embedding_network(config.architecture, config.dim, config.start_from, config.model_args)
        own = backbone.pretrained_cfg  # what the encoder will normalise by
        self.mean, self.std = (torch.tensor(own[name])[:, None, None] for name in ("mean", "std"))  # type: ignore[index]
        model = MultiTask(in_channels_last(backbone), config.dim, classes, data.words.shape[1], config.scale)
        for name, head in zip(model.names, model.heads, strict=True):
            _take_over(head, data.vocabulary[name], known, name)
        self.model = model.to(self.device)
        self.frozen = freeze(model.backbone, config.frozen_stages)
        self.average = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay), use_buffers=True)
        self.optimizer = torch.optim.AdamW(_parameter_groups(self.model, config.weight_decay), lr=config.learning_rate)
        self.parts: dict[str, Any] = {"model": self.model, "average": self.average, "optimizer": self.optimizer}
        self.memory = None
        if config.instance and config.memory:
            self.memory = self.parts["memory"] = Memory(config.memory, config.dim).to(self.device)
        self.grounds = textures(config.seed) if config.scenes else None

    def step(self, step: int) -> float:
        """One step of the optimizer; returns the loss."""
        config, data = self.config, self.data
        for group in self.optimizer.param_groups:
            group["lr"] = config.learning_rate * _schedule(step, config, self.steps_per_epoch)
        self.model.train()
        for module in self.frozen:
            module.eval()
        generator = torch.manual_seed(config.seed * 1_000_003 + step)
        rows = self._rows(step)
        pictures = self.data.pictures[rows]
        scenes = (config.scenes, self.grounds)
        views = augment(pictures, data.products[rows], config.plain, config.clutter, generator, *scenes)
        labels = {name: data.labels[name][rows].to(self.device) for name in self.model.names}
        targets = Targets(labels, data.words[rows].to(self.device), data.outliers[rows].to(self.device))
        outputs = self._forward(self.model, views)
        loss = loss_of(outputs, targets, config)
        if config.instance:
            groups = data.groups[rows].to(self.device)
            loss = loss + config.instance * self._instance_loss(outputs.embedding, pictures, groups)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.average.update_parameters(self.model)
        return float(loss.detach())

    def _instance_loss(self, queries: torch.Tensor, pictures: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
        """The loss that has each query find its own picture, as the moving average embeds it, among other pictures.

        The moving average embeds without gradients (He et al. 2020, MoCo), as it will embed the gallery. A step is
        faster than with gradients of both views.
        """
        averaged: MultiTask = self.average.module  # type: ignore[assignment]
        averaged.eval()
        with torch.no_grad():
            keys = self._forward(averaged, pictures.float() / 255).embedding
        loss = instance_loss(keys, queries, groups, self.config.instance_scale, self.memory)
        if self.memory is not None:
            self.memory.keep(keys, groups)
        return loss

    def _rows(self, step: int) -> torch.Tensor:
        """The batch of this step: a function of the seed and the step alone, so that a resumed run sees the same."""
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, epoch_order(self.data, self.config, epoch)
        return self._order[place * self.config.batch_size : (place + 1) * self.config.batch_size]

    @torch.inference_mode()
    def judge(self, data: PictureSet, batch_size: int = 256) -> dict[str, Judgement]:
        """What the heads of the moving average say of pictures as they are, where there are labels to compare."""
        averaged: MultiTask = self.average.module  # type: ignore[assignment]
        averaged.eval()
        outputs = [self._forward(averaged, part.float() / 255).logits for part in data.pictures.split(batch_size)]
        logits = {name: torch.cat([part[name] for part in outputs]).cpu() for name in averaged.names}
        return {
            name: judgement(scores, data.labels[name])
            for name, scores in logits.items()
            if (data.labels[name] != MISSING).any()
        }

    def _forward(self, model: MultiTask, pictures: torch.Tensor) -> Any:
        batch = ((pictures - self.mean) / self.std).to(self.device, memory_format=torch.channels_last)
        half = self.precision == torch.bfloat16
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            return model(batch)


@torch.no_grad()
def _take_over(head: torch.Tensor, values: list[str], known: Heads, name: str) -> None:
    """Copy the weights of the values that the start encoder already has; the other values keep their random weights."""
    numbers = {value: number for number, value in enumerate(known.values.get(name, ()))}
    for row, value in enumerate(values):
        if value in numbers:
            head[row] = F.normalize(torch.from_numpy(known.weights[name][numbers[value]]), dim=0)


def _precision(name: str, device: torch.device) -> torch.dtype:
    """Auto is bfloat16 on a GPU. A CPU that has it is faster with it at full convolutions but not at depthwise ones, so
    that it has to be asked for there. Raises EncoderError.
    """
    if name == "auto":
        name = "bfloat16" if device.type == "cuda" else "float32"
    if name not in ("bfloat16", "float32"):
        raise EncoderError(f"There is no precision {name!r} to train in. Take auto, float32 or bfloat16.")
    return getattr(torch, name)  # type: ignore[no-any-return]


def _schedule(step: int, config: TrainConfig, steps_per_epoch: int) -> float:
    """Linear warm-up, then a cosine to zero."""
    total = max(1, config.epochs * steps_per_epoch)
    warmup = min(config.warmup_steps, total // 10)
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))


def _parameter_groups(model: torch.nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    decayed = [parameter for parameter in trained if parameter.ndim > 1]
    others = [parameter for parameter in trained if parameter.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _resume(path: Path, parts: Mapping[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    """The report of the run that stopped here, whose parts are loaded; `report` itself where there is none like it."""
    if not path.is_file():
        return report
    saved = torch.load(path, map_location="cpu", weights_only=True)
    if any(saved["report"].get(part) != report[part] for part in ("recipe", "data")):
        return report
    for name, part in parts.items():
        part.load_state_dict(saved[name])
    return dict(saved["report"])


def _save_checkpoint(path: Path, parts: Mapping[str, Any], report: dict[str, Any]) -> None:
    beside = path.with_suffix(".tmp")
    torch.save({name: part.state_dict() for name, part in parts.items()} | {"report": report}, beside)
    os.replace(beside, path)


def _tell_progress(report: Mapping[str, Any], steps: int, seconds: float, begun: int) -> None:
    """Print the step, the loss of the last steps and the time that is left, to stderr."""
    step, recent = report["step"], report["losses"][-PROGRESS_EVERY:]
    loss = f"loss {sum(recent) / len(recent):.3f}, " if recent else ""
    minutes = (steps - step) * seconds / (step - begun) / 60
    print(f"step {step:,} of {steps:,}, {loss}{minutes:.0f} min left", file=sys.stderr, flush=True)


def _finish(run: _Run, held_out: PictureSet, folder: Path, report: dict[str, Any]) -> dict[str, Any]:
    """Write the encoder, the report and the plots."""
    judged = run.judge(held_out)
    names = run.model.names
    report["held_out"] = {name: found.scores for name, found in judged.items()}
    model: MultiTask = run.average.module.cpu()  # type: ignore[assignment]
    heads = {
        name: F.normalize(head.detach()) * run.config.scale / (judged[name].temperature if name in judged else 1.0)
        for name, head in zip(names, model.heads, strict=True)
    }
    values = {name: run.data.vocabulary[name] for name in names}
    config = run.config
    save_network(model.backbone, folder, (3, config.height, config.width), heads, values, config.split)
    for name in ("step", "losses"):
        report.pop(name)
    report["comparison"] = _compare(run, held_out, folder)
    (folder / REPORT).write_text(json.dumps(report, indent=1))
    plots.learning_curves(report["epochs"], folder / PLOTS / "learning_curves.png")
    for name, found in judged.items():
        path = folder / PLOTS / f"confusion_{NO_FILE_NAME.sub('_', name)}.png"
        plots.confusion_matrix(found.confusion, run.data.vocabulary[name], name, path)
    return report


def _compare(run: _Run, held_out: PictureSet, folder: Path) -> Precisions:
    """Print P@5 of the saved encoder beside its start and thumbnails, and warn where it is worse."""
    encoders = {NEW: Encoder.from_pretrained(folder, device=run.config.device)}
    if run.config.start_from:
        encoders[START] = Encoder.from_pretrained(run.config.start_from, device=run.config.device)
    scores = compare(encoders, run.data, held_out)
    print(as_table(scores), flush=True)
    for line in warnings(scores):
        print(line, file=sys.stderr, flush=True)
    return scores
