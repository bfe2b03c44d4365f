"""The network in training: a backbone that embeds, a head an attribute, and one for the words of product names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from recsys.encoder.torch_network import timm
from recsys.train.config import TrainConfig
from recsys.train.data import MISSING


@dataclass(frozen=True, eq=False)
class Targets:
    """What a batch is to give: `labels` attribute → int64 [n], `words` bool [n, words], `outliers` bool [n]."""

    labels: Mapping[str, torch.Tensor]
    words: torch.Tensor
    outliers: torch.Tensor


@dataclass(frozen=True, eq=False)
class Outputs:
    """What a network gives: unit `embedding` [n, dim], `logits` attribute → [n, values], `words` [n, words].

    `words` is None where no word is frequent.
    """

    embedding: torch.Tensor
    logits: Mapping[str, torch.Tensor]
    words: torch.Tensor | None


class MultiTask(torch.nn.Module):
    """A timm network that embeds; for each attribute the directions of its values in that space (`heads`); and a
    classifier of name words on the features before the embedding, which teaches the backbone and is not kept.
    """

    def __init__(self, backbone: torch.nn.Module, dim: int, classes: Mapping[str, int], words: int, scale: float):
        super().__init__()
        self.backbone, self.scale, self.names = backbone, scale, list(classes)
        self.heads = torch.nn.ParameterList(
            torch.nn.Parameter(torch.randn(count, dim) / math.sqrt(dim)) for count in classes.values()
        )
        width = backbone.get_classifier().in_features  # type: ignore[operator]
        self.words = torch.nn.Linear(width, words) if words else None

    def forward(self, pictures: torch.Tensor) -> Outputs:
        """The outputs for normalised pictures [n, 3, height, width]."""
        network = self.backbone
        features = network.forward_head(network.forward_features(pictures), pre_logits=True)  # type: ignore[operator]
        embedding = F.normalize(network.get_classifier()(features).float())  # type: ignore[operator]
        with torch.autocast(pictures.device.type, enabled=False):
            logits = [self.scale * embedding @ F.normalize(head).T for head in self.heads]
        words = self.words(features).float() if self.words else None
        return Outputs(embedding, dict(zip(self.names, logits, strict=True)), words)


def freeze(network: torch.nn.Module, stages: int) -> list[torch.nn.Module]:
    """Stop the training of the first stages of a timm network; 0 stops none, 1 the stem, 2 the first stage too.

    Returns their modules with statistics of their own, which have to be in evaluation mode in every step.
    """
    if not stages:
        return []
    groups = timm.models.group_parameters(network, network.group_matcher(coarse=True), reverse=True)  # type: ignore[operator]
    frozen = {name for name, stage in groups.items() if stage < stages}
    for name, parameter in network.named_parameters():
        if name in frozen:
            parameter.requires_grad_(False)
    modules = network.named_modules()
    return [module for name, module in modules if hasattr(module, "running_mean") and f"{name}.weight" in frozen]


def loss_of(outputs: Outputs, targets: Targets, config: TrainConfig) -> torch.Tensor:
    """Multi-task cross-entropy; what is missing does not count.

    The heads are those of Zhai & Wu 2019, "Classification is a strong baseline for deep metric learning", with the
    margin of Wang et al. 2018, "Additive margin softmax for face verification". Words are
    learned as Mahajan et al. 2018 learn hashtags: a softmax over all, of which each present one is an equal share.
    Outliers are seen in training, so that what is no product is told from one (Hendrycks et al. 2019, "Deep anomaly
    detection with outlier exposure"); since a search asks for the nearest, they are to be far from every product.
    """
    loss = outputs.embedding.new_zeros(())
    for name, scores in outputs.logits.items():
        labels = targets.labels[name]
        known = labels != MISSING
        if known.any():
            right = F.one_hot(labels[known], scores.shape[1])
            harder = scores[known] - config.scale * config.margins.get(name, 0.0) * right
            of_known = F.cross_entropy(harder, labels[known], label_smoothing=config.label_smoothing)
            loss = loss + config.weight(name) * of_known * known.float().mean()
    named = targets.words.any(1)
    if config.words and outputs.words is not None and named.any():
        shares = F.normalize(targets.words[named].float(), p=1, dim=1)
        loss = loss + config.words * F.cross_entropy(outputs.words[named], shares) * named.float().mean()
    if config.outliers and targets.outliers.any() and not targets.outliers.all():
        loss = loss + config.outliers * nearness(outputs.embedding, targets.outliers, config.scale)
    if config.contrast:
        loss = loss + config.contrast * contrast(outputs.embedding, targets, config)
    return loss


def nearness(embedding: torch.Tensor, outliers: torch.Tensor, scale: float) -> torch.Tensor:
    """The mean over the outliers of a soft maximum of their cosines with the products of the batch."""
    cosines = embedding[outliers] @ embedding[~outliers].T
    return (torch.logsumexp(scale * cosines, 1) - math.log(cosines.shape[1])).mean() / scale


def contrast(embedding: torch.Tensor, targets: Targets, config: TrainConfig) -> torch.Tensor:
    """The supervised contrastive loss (Khosla et al. 2020) of each attribute by its weight."""
    cosines = config.scale * embedding @ embedding.T
    itself = torch.eye(len(embedding), dtype=torch.bool, device=embedding.device)
    log_share = cosines - torch.logsumexp(cosines.masked_fill(itself, -math.inf), 1, keepdim=True)
    loss = embedding.new_zeros(())
    for name, labels in targets.labels.items():
        if config.weight(name):
            alike = (labels[:, None] == labels) & (labels != MISSING) & ~itself
            anchors = alike.any(1)
            if anchors.any():
                of_anchors = -(log_share * alike).sum(1)[anchors] / alike.sum(1)[anchors]
                loss = loss + config.weight(name) * of_anchors.mean()
    return loss
