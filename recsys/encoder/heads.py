"""The attribute heads of a trained encoder: linear classifiers over its embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from recsys.encoder.config import EncoderConfig
from recsys.errors import EncoderError
from recsys.format.layout import CONFIG, HEADS
from recsys.types import Vectors


@dataclass(frozen=True, eq=False)
class Heads:
    """`values`: attribute → its values. `weights`: attribute → float32 [values, dim], one row for each value."""

    values: Mapping[str, tuple[str, ...]]
    weights: Mapping[str, Vectors]

    @classmethod
    def load(cls, config: EncoderConfig, dim: int) -> Self:
        """The heads for embeddings of `dim` dimensions. Raises EncoderError if they are not those the config lists."""
        folder, values = config.folder, config.values
        if not values:
            return cls({}, {})
        if not all(_are_names(known) for known in values.values()):
            raise EncoderError(
                f"{CONFIG} of {folder.name} lists values that are not distinct names. Train or fetch it again."
            )
        try:
            weights = {name: array.astype(np.float32) for name, array in load_file(folder / HEADS).items()}
        except (OSError, SafetensorError, ValueError) as error:
            raise EncoderError(f"{HEADS} of {folder.name} cannot be read. Train or fetch the encoder again.") from error
        shapes = {name: (len(known), dim) for name, known in values.items()}
        if {name: array.shape for name, array in weights.items()} != shapes:
            raise EncoderError(
                f"{HEADS} of {folder.name} does not match its {CONFIG}. Train or fetch the encoder again."
            )
        if not all(np.isfinite(array).all() for array in weights.values()):
            raise EncoderError(
                f"{HEADS} of {folder.name} has a weight that is not a number. Train or fetch the encoder again."
            )
        return cls({name: tuple(known) for name, known in values.items()}, weights)

    def logits(self, vectors: Vectors) -> dict[str, Vectors]:
        """Attribute → [n, values] for unit embeddings [n, dim]; their softmax is the probability of each value."""
        return {name: vectors @ weights.T for name, weights in self.weights.items()}


def _are_names(known: Any) -> bool:
    return isinstance(known, list) and all(isinstance(name, str) for name in known) and 0 < len({*known}) == len(known)
