"""Loads encoders from folders, timm names and Hub repositories, to run on PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from recsys import hub
from recsys.encoder.config import EncoderConfig, existing
from recsys.encoder.heads import Heads
from recsys.encoder.parts import EncoderParts
from recsys.encoder.torch_network import TorchNetwork, create, describe, timm
from recsys.errors import EncoderError
from recsys.format.encoder_spec import EncoderSpec, HubSource, is_repo_id
from recsys.format.layout import CONFIG, ENCODER, MANIFEST, PROJECTION, WEIGHTS
from recsys.format.manifest import Manifest
from recsys.format.weights_origin import WeightsOrigin
from recsys.runtime.hashing import file_sha256


def load(source: str | Path, revision: str | None, token: str | None, device: str) -> EncoderParts:
    """The parts of an encoder from a folder, a timm name or a model repository; see `Encoder.from_pretrained`."""
    folder, name = Path(source), str(source)
    if (folder / CONFIG).is_file():
        parts = _from_config(folder, None, device)
        return parts.with_projection_from(folder) if (folder / PROJECTION).is_file() else parts
    if timm.models.is_model(name.split(".")[0]):
        return _from_timm(name, revision, token, device)
    if is_repo_id(name) and not folder.exists():
        return _from_repository(HubSource(name, hub.pull_weights(name, revision, token).revision), token, device)
    raise EncoderError(
        f"{name} is not an encoder: neither a folder with {CONFIG} or {MANIFEST}, nor a model of timm"
        f" {timm.__version__}, nor a repository named owner/name. timm.list_pretrained() lists the names."
    )


def load_spec(spec: EncoderSpec, folder: Path, token: str | None, device: str) -> EncoderParts:
    """The encoder that a spec describes, without its projection; `folder` has the weights that are not on the Hub."""
    if spec.source is None:
        return _from_config(folder, None, device)
    if spec.config is None:
        return _from_timm(spec.architecture, spec.source.revision, token, device)
    return _from_repository(spec.source, token, device)


def embedding_network(
    architecture: str, dim: int, source: str | None = None, model_args: Mapping[str, Any] | None = None
) -> tuple[torch.nn.Module, Heads]:
    """A timm network for training, whose classifier is an embedding layer of `dim` dimensions, and its heads.

    Its weights are random, or those of `source`: an encoder folder, an index folder, a repository or a timm name. The
    embedding layer and the heads of `source` are kept if they have `dim` dimensions. `model_args` apply to random
    weights only. Raises EncoderError for an architecture that timm does not have.
    """
    if source is None:
        overlay = asdict(WeightsOrigin())  # timm's config states the licence of weights that are not loaded here
        options = {"num_classes": dim, "pretrained_cfg_overlay": overlay, **(model_args or {})}
        return create(architecture, pretrained=False, **options), Heads({}, {})
    folder = Path(source)
    if (folder / MANIFEST).is_file():
        parts = load_spec(Manifest.read(folder).encoder, folder / ENCODER, None, "cpu")
    else:
        parts = load(source, None, None, "cpu")
    network = parts.network.network  # type: ignore[attr-defined]
    if parts.config and parts.config.trained and parts.spec.dim == dim:
        return network, Heads.load(parts.config, dim)
    network.reset_classifier(dim)
    return network, Heads({}, {})


def _from_timm(name: str, revision: str | None, token: str | None, device: str) -> EncoderParts:
    cfg = timm.models.get_pretrained_cfg(name) if timm.models.is_model_pretrained(name) else None
    if cfg is None or not cfg.hf_hub_id:
        known = ", ".join(timm.list_pretrained(f"{name.split('.')[0]}.*")[:8]) or "none"
        raise EncoderError(f"timm has no weights named {name} on the Hub. Of this architecture it has: {known}.")
    name = f"{cfg.architecture}.{cfg.tag}" if cfg.tag else cfg.architecture
    snapshot = hub.pull_weights(cfg.hf_hub_id, revision, token, with_config=False)
    weights = snapshot.folder / WEIGHTS
    network = create(name, num_classes=0, pretrained_cfg_overlay={"file": str(weights)})
    spec = describe(network, name, weights, source=HubSource(cfg.hf_hub_id, snapshot.revision))
    return EncoderParts(TorchNetwork(network, spec, device), spec)


def _from_repository(source: HubSource, token: str | None, device: str) -> EncoderParts:
    return _from_config(hub.pull_weights(source.repo, source.revision, token).folder, source, device)


def _from_config(folder: Path, source: HubSource | None, device: str) -> EncoderParts:
    where = f"The repository {source.repo}" if source else f"The folder {folder.name}"
    weights, config = existing(folder / WEIGHTS, where), EncoderConfig.read(folder, where)
    options: dict[str, Any] = {} if config.trained else {"num_classes": 0}
    network = create(f"local-dir:{folder}", **options)
    spec = describe(network, config.architecture, weights, config=file_sha256(folder / CONFIG), source=source)
    return EncoderParts(TorchNetwork(network, spec, device), spec, config)
