"""The candidates of a comparison: a network frozen, reduced by PCA, with a trained layer, or fine-tuned."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from recsys.catalog import Catalog
from recsys.compare.head import LinearHead
from recsys.core.holdout import unseen
from recsys.encoder import Encoder
from recsys.encoder.projection import Projection
from recsys.encoder.torch_network import create, timm
from recsys.errors import EncoderError
from recsys.evaluate import Pool, embed
from recsys.evaluate.pool import Encode
from recsys.train.config import TrainConfig
from recsys.train.data import load
from recsys.train.loop import train
from recsys.train.pretrained import PACKAGES, convert, packaged_weights
from recsys.types import Vectors

PACKAGED = "packaged:"
"""The prefix of architectures whose weights are those of an installed package."""
MODELS = (
    "index",
    *(f"{PACKAGED}{architecture}" for architecture in PACKAGES),
    "resnet50.tv_in1k",
    "tf_efficientnetv2_s.in21k",
    "convnext_tiny.in12k",
    "mobilenetv4_conv_small.e2400_r224_in1k",
    "hgnetv2_b0.ssld_stage2_ft_in1k",
)
"""The shipped encoder, frozen networks from installed packages, and frozen networks from the Hub."""
MODES = ("frozen", "pca", "head", "tuned")
FINE_TUNING_RATE = 5e-4
"""The learning rate for pretrained weights, which is lower than that for random weights."""


@dataclass(frozen=True)
class Plan:
    """The settings of a comparison. `dim` applies to the PCA, the trained layer and the fine-tuned network."""

    catalog: Catalog
    dim: int
    epochs: int
    device: str
    random: bool


@dataclass(frozen=True, eq=False)
class Candidate:
    """A way to embed pictures. `pool` has the products with its vectors; `rate` is in pictures per second."""

    mode: str
    encode: Encode
    pool: Pool
    split: str
    parameters: int
    rate: float


def open_encoder(name: str, plan: Plan, folder: Path) -> Encoder:
    """The encoder of this name, or one with random weights. Raises RecsysError.

    The weights of `packaged:ARCHITECTURE` are those of an installed package; see `recsys.train.pretrained`. These and
    random weights are written to `folder`.
    """
    architecture = name.removeprefix(PACKAGED)
    if architecture != name:
        convert(architecture, packaged_weights(architecture), folder)
        return Encoder.from_pretrained(folder, device=plan.device)
    if not plan.random:
        return Encoder.from_pretrained(name, device=plan.device)
    torch.manual_seed(0)
    network = create(name, pretrained=False, num_classes=0)
    timm.models.save_for_hf(network, str(folder), safe_serialization=True)
    return Encoder.from_pretrained(folder, device=plan.device)


def embedded(encoder: Encoder, plan: Plan) -> Candidate:
    """The frozen network. Raises CatalogError where there is no picture."""
    seconds = []

    def encode(images: Sequence[Image.Image]) -> Vectors:
        return encoder.features(encoder.pixels(images))

    def timed(images: Sequence[Image.Image]) -> Vectors:
        started = time.perf_counter()
        vectors = encode(images)
        seconds.append(time.perf_counter() - started)
        return vectors

    pool = embed(plan.catalog, timed)
    return Candidate("frozen", encode, pool, encoder.split, encoder.parameters, len(pool) / sum(seconds))


def projected(frozen: Candidate, plan: Plan) -> Candidate:
    """The PCA of the features of the network. Raises EncoderError for too few features or products."""
    features = frozen.pool.take(_seen(frozen)).vectors
    projection = Projection.fit([features], plan.dim)
    if projection is None or plan.dim >= features.shape[1]:
        raise EncoderError(
            f"There are {features.shape[1]} features of {len(features):,} products, too few for a projection to"
            f" {plan.dim} dimensions. Choose a smaller --dim."
        )
    return _behind("pca", projection, projection.mean.size + projection.components.size, frozen)


def with_head(frozen: Candidate, plan: Plan) -> Candidate:
    """A linear layer trained on the features. Raises CatalogError where no attribute can be learned."""
    known = frozen.pool.take(_seen(frozen))
    config = TrainConfig(dim=plan.dim, epochs=plan.epochs, device=plan.device)
    head = LinearHead.fit(known.vectors, known.items, config)
    return _behind("head", head, head.parameters, frozen)


def tuned(name: str, encoder: Encoder, plan: Plan, folder: Path) -> Candidate:
    """The network fine-tuned as by `python -m recsys.train`. Raises RecsysError."""
    _, height, width = encoder.spec.input_size
    config = TrainConfig(
        architecture=encoder.spec.architecture,
        start_from=str(encoder.files or name),
        learning_rate=TrainConfig.learning_rate if plan.random else FINE_TUNING_RATE,
        dim=plan.dim,
        height=height,
        width=width,
        epochs=plan.epochs,
        device=plan.device,
        split=encoder.split,
    )
    is_unseen = unseen(encoder.split)
    data = load((product for product in plan.catalog if not is_unseen(product.item)), height, width)
    held_out = (product for product in plan.catalog if is_unseen(product.item))
    with contextlib.redirect_stdout(sys.stderr):
        train(config, data, load(held_out, height, width, data.vocabulary), folder)
    return replace(embedded(Encoder.from_pretrained(folder, device=plan.device), plan), mode="tuned")


def _behind(mode: str, layer: Projection | LinearHead, size: int, frozen: Candidate) -> Candidate:
    """The frozen network followed by a layer that has `size` weights."""
    pool = frozen.pool.with_vectors(layer(frozen.pool.vectors))

    def encode(images: Sequence[Image.Image]) -> Vectors:
        return layer(frozen.encode(images))

    return Candidate(mode, encode, pool, frozen.split, frozen.parameters + size, frozen.rate)


def _seen(candidate: Candidate) -> np.ndarray:
    """The mask of the products that may be used for training."""
    is_unseen = unseen(candidate.split)
    return np.array([not is_unseen(item) for item in candidate.pool.items])
