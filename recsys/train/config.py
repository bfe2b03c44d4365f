"""The recipe of a training run; it is written into what the run leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from recsys.core.holdout import PRODUCT_SPLIT
from recsys.core.roles import Roles

ROLE_WEIGHTS = {
    "kind": 1.0,
    "colour": 0.8,
    "wearer": 0.6,
    "categories": 0.2,
    "usage": 0.2,
    "season": 0.1,
    "pattern": 0.3,
    "year": 0.0,
}
OTHER_WEIGHT = 0.5
ROLE_MARGINS = {"kind": 0.35, "colour": 0.2, "wearer": 0.15}


@dataclass(frozen=True)
class TrainConfig:
    """Every choice of a run.

    `model_args` are timm's for `architecture`; `start_from` names an encoder to go on from, in place of random weights.
    `height` and `width` are the input's sides in pixels, `scale` is the inverse temperature of the heads. `balance`
    says how much oftener the products of rare article types come up: by the frequency to the power of its negative.
    `plain` is the share of pictures that stay as they are, `clutter` the share of the others that is put on another
    ground. `words` is the weight of a head that predicts the words of product names, and is not kept; `outliers` that
    of the loss on pictures that are no products; `contrast` that of a supervised contrastive loss. `margins` says
    by how much the cosine with the right value of an attribute has to exceed the others. `attributes` and `margins` are
    by the name of an attribute, or by its role.

    `instance` is the weight of the instance-discrimination loss, in which each augmented picture finds the unchanged
    one among those of other products. `memory` is the number of earlier embeddings that serve as negatives, and
    `hard_negatives` the share of a batch that is of one article type. `scenes` is the share of augmented pictures that
    show the product at any size on a textured ground. `grounds` is the number of pictures of empty grounds that are
    added as outliers.
    """

    architecture: str = "resnet10t"
    model_args: Mapping[str, Any] = field(default_factory=dict)
    start_from: str | None = None
    dim: int = 256
    height: int = 96
    width: int = 72
    epochs: int = 12
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup_steps: int = 500
    ema_decay: float = 0.998
    scale: float = 20.0
    label_smoothing: float = 0.05
    balance: float = 0.2
    plain: float = 0.3
    clutter: float = 0.8
    words: float = 0.3
    outliers: float = 1.0
    contrast: float = 0.0
    instance: float = 1.0
    instance_scale: float = 20.0
    memory: int = 4096
    hard_negatives: float = 0.25
    scenes: float = 0.4
    frozen_stages: int = 0
    grounds: int = 0
    drawings: int = 0
    drawings_seed: int = 1
    split: str = PRODUCT_SPLIT
    precision: str = "auto"
    device: str = "auto"
    seed: int = 0
    attributes: Mapping[str, float] = field(default_factory=lambda: dict(ROLE_WEIGHTS))
    margins: Mapping[str, float] = field(default_factory=lambda: dict(ROLE_MARGINS))

    def for_attributes(self, names: Iterable[str]) -> TrainConfig:
        """The same configuration with the weight and the margin of each of these attributes under its name."""
        roles = Roles.from_names(names := list(names))
        role_of = {name: roles.role_of(name) or "" for name in names}
        weights = {name: self.attributes.get(name, self.attributes.get(role_of[name], OTHER_WEIGHT)) for name in names}
        margins = {name: self.margins.get(name, self.margins.get(role_of[name], 0.0)) for name in names}
        return replace(self, attributes=weights, margins=margins)

    def weight(self, attribute: str) -> float:
        """How much the loss of this attribute's head counts; an attribute of weight 0 gets no head."""
        return self.attributes.get(attribute, OTHER_WEIGHT)
