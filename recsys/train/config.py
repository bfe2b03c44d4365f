"""The recipe of a training run; it is written into what the run leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ATTRIBUTE_WEIGHTS = {
    "articleType": 1.0,
    "baseColour": 0.7,
    "gender": 0.5,
    "subCategory": 0.3,
    "masterCategory": 0.2,
    "usage": 0.2,
    "season": 0.1,
    "pattern": 0.3,
    "year": 0.0,
}
OTHER_WEIGHT = 0.5


@dataclass(frozen=True)
class TrainConfig:
    """Every choice of a run. `size` is the input's side in pixels, `scale` the inverse temperature of the heads.

    `start_from` names an encoder to go on from, in place of random weights of `architecture`.
    """

    architecture: str = "mobilenetv3_small_100"
    start_from: str | None = None
    dim: int = 256
    size: int = 96
    epochs: int = 12
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup_steps: int = 500
    ema_decay: float = 0.998
    scale: float = 20.0
    label_smoothing: float = 0.05
    clutter: float = 0.4
    drawings: int = 0
    drawings_seed: int = 1
    seed: int = 0
    attributes: Mapping[str, float] = field(default_factory=lambda: dict(ATTRIBUTE_WEIGHTS))

    def weight(self, attribute: str) -> float:
        """How much the loss of this attribute's head counts; an attribute of weight 0 gets no head."""
        return self.attributes.get(attribute, OTHER_WEIGHT)
