"""Pictures to unit vectors, with timm. The only module that imports timm.

The folder of an encoder is timm's own format (`config.json`, `model.safetensors`). A network trained here carries
`"embedding": true` in its config: its classifier is the embedding layer. Of any other network the pooled features are
taken, and a projection beside the weights brings them to fewer dimensions.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Self

# Threads that spin while they wait starve each other where another process has a core: a query of 24 ms took 310 ms.
# The OpenMP runtime reads this once, when torch loads it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from recsys import hub
from recsys.digest import file_sha256
from recsys.errors import EncoderError, IndexMismatchError
from recsys.picture import decode
from recsys.projection import Projection, unit
from recsys.recipe import EncoderRecipe, HubSource, is_repo_id
from recsys.types import Vectors

MANIFEST, FOLDER = "index.json", "encoder"
CONFIG, WEIGHTS = "config.json", "model.safetensors"
HEADS, PROJECTION = "heads.safetensors", "projection.safetensors"
EMBEDDING = "embedding"
BATCH_SIZE = 32


def _import_timm() -> tuple[ModuleType, torch.library.Library | None]:
    """timm, and what keeps it importable where torchvision's compiled part does not load.

    A CUDA build of torchvision beside a CPU torch fails for want of two operators, which timm never calls: declaring
    their schemas is enough, for as long as the library object lives.
    """
    library = None
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return importlib.import_module("timm"), library


timm, _torchvision_operators = _import_timm()


class Encoder:
    """Pictures to unit vectors; the same object builds an index, serves it and is judged."""

    def __init__(
        self,
        network: torch.nn.Module,
        recipe: EncoderRecipe,
        *,
        projection: Projection | None = None,
        files: Path | None = None,
        device: str = "auto",
    ):
        """`network` maps normalised pictures [n, c, h, w] to features [n, features]; `files` is its folder."""
        self.recipe, self.projection, self.files = recipe, projection, files
        self._device = torch.device(_best_device() if device == "auto" else device)
        self._network = in_channels_last(network.eval().to(self._device))
        self._transform = timm.data.create_transform(**_transform_options(recipe))

    @classmethod
    def from_pretrained(
        cls, source: str | Path, *, revision: str | None = None, token: str | None = None, device: str = "auto"
    ) -> Self:
        """The encoder of a folder (an index folder too), a timm name, or a model repository in timm's format.

        Raises EncoderError for a source that is none of these or does not load, HubError where the Hub fails.
        """
        folder, name = Path(source), str(source)
        if (folder / MANIFEST).is_file():
            return cls.of_index(folder, token=token, device=device)
        if (folder / CONFIG).is_file():
            return cls._from_config(folder, None, device)
        if timm.models.is_model(name.split(".")[0]):
            return cls._from_timm(name, revision, token, device)
        if is_repo_id(name) and not folder.exists():
            found = hub.pull(name, repo_type="model", revision=revision, token=token, files=[CONFIG, WEIGHTS])
            return cls._from_config(found.folder, HubSource(name, found.revision), device)
        raise EncoderError(
            f"{name} is no encoder: neither a folder with {CONFIG} or {MANIFEST}, nor a model of timm"
            f" {timm.__version__}, nor a repository named owner/name. timm.list_pretrained() lists the names."
        )

    @classmethod
    def of_index(cls, folder: Path, *, token: str | None = None, device: str = "auto") -> Self:
        """The encoder that an index was built with, as its manifest records it.

        Raises IndexMismatchError where what loads is not what the index was built with.
        """
        recipe = EncoderRecipe.from_json(json.loads((folder / MANIFEST).read_text())["encoder"])
        own = folder / FOLDER
        if recipe.source is None:
            encoder = cls._from_config(own, None, device)
        elif recipe.config is None:
            encoder = cls._from_timm(recipe.architecture, recipe.source.revision, token, device)
        else:
            repo, revision = recipe.source.repo, recipe.source.revision
            found = hub.pull(repo, repo_type="model", revision=revision, token=token, files=[CONFIG, WEIGHTS])
            encoder = cls._from_config(found.folder, recipe.source, device)
        if recipe.projection:
            encoder = encoder.with_projection(Projection.load(_existing(own / PROJECTION, "The index")))
        if encoder.recipe != recipe:
            raise IndexMismatchError(
                "The index was built with another encoder than the one that loads:"
                f" {recipe.difference(encoder.recipe)} (index against encoder)."
                " Build it anew with: python build_index.py --encoder ENCODER, or fetch the index again."
            )
        return encoder

    @classmethod
    def _from_timm(cls, name: str, revision: str | None, token: str | None, device: str) -> Self:
        cfg = timm.models.get_pretrained_cfg(name) if timm.models.is_model_pretrained(name) else None
        if cfg is None or not cfg.hf_hub_id:
            known = ", ".join(timm.list_pretrained(f"{name.split('.')[0]}.*")[:8]) or "none"
            raise EncoderError(f"timm has no weights named {name} on the Hub. Of this architecture it has: {known}.")
        name = f"{cfg.architecture}.{cfg.tag}" if cfg.tag else cfg.architecture
        found = hub.pull(cfg.hf_hub_id, repo_type="model", revision=revision, token=token, files=[WEIGHTS])
        weights = _existing(found.folder / WEIGHTS, f"The repository {cfg.hf_hub_id}")
        network = _create(name, num_classes=0, pretrained_cfg_overlay={"file": str(weights)})
        recipe = _recipe(network, name, weights, source=HubSource(cfg.hf_hub_id, found.revision))
        return cls(network, recipe, device=device)

    @classmethod
    def _from_config(cls, folder: Path, source: HubSource | None, device: str) -> Self:
        where = f"The repository {source.repo}" if source else f"The folder {folder.name}"
        weights, config = _existing(folder / WEIGHTS, where), _existing(folder / CONFIG, where)
        described = json.loads(config.read_text())
        options: dict[str, Any] = {} if described.get(EMBEDDING) else {"num_classes": 0}
        network = _create(f"local-dir:{folder}", **options)
        recipe = _recipe(network, described["architecture"], weights, config=file_sha256(config), source=source)
        return cls(network, recipe, files=folder, device=device)

    @property
    def dim(self) -> int:
        """The number of dimensions of a vector."""
        return self.recipe.dim

    @property
    def trained(self) -> bool:
        """Whether the network's own output is an embedding, so that no projection is needed."""
        return self.files is not None and bool(json.loads((self.files / CONFIG).read_text()).get(EMBEDDING))

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of these pictures, float32 [n, dim]."""
        features = self.features(images)
        return self.projection(features) if self.projection else features

    def features(self, images: Sequence[Image.Image]) -> Vectors:
        """The network's own unit vectors before any projection, float32 [n, features].

        Raises EncoderError where the network gives something that is not a number.
        """
        batches = [images[start : start + BATCH_SIZE] for start in range(0, len(images), BATCH_SIZE)]
        features = unit(np.concatenate([self._forward(batch) for batch in batches]))
        if not np.isfinite(features).all():
            raise EncoderError(
                f"{self.recipe.architecture} gives vectors that are not finite. Its weights are damaged."
            )
        return features

    def with_projection(self, projection: Projection) -> Self:
        """The same encoder with a projection behind its network."""
        recipe = replace(self.recipe, dim=projection.dim, projection=projection.sha256)
        return type(self)(self._network, recipe, projection=projection, files=self.files, device=str(self._device))

    def save(self, folder: Path) -> None:
        """Write what the Hub does not hold: trained weights with their config, and the projection."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.recipe.source is None and self.files:
            for name in (CONFIG, WEIGHTS, HEADS):
                if (self.files / name).is_file():
                    shutil.copyfile(self.files / name, folder / name)
        if self.projection:
            self.projection.save(folder / PROJECTION)

    @torch.inference_mode()
    def _forward(self, images: Sequence[Image.Image]) -> np.ndarray:
        batch = torch.stack([self._transform(decode(image)) for image in images])
        batch = batch.to(self._device, memory_format=torch.channels_last, non_blocking=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=self._device.type == "cuda"):
            return self._network(batch).float().cpu().numpy()


def embedding_network(architecture: str, dim: int, source: str | None = None) -> torch.nn.Module:
    """A timm network whose classifier is an embedding layer of `dim`, for training.

    Its weights are random, or those of `source` (a folder or timm name) but for the new layer.
    Raises EncoderError for an architecture that timm does not have.
    """
    if source is None:
        return _create(architecture, pretrained=False, num_classes=dim)
    network = Encoder.from_pretrained(source)._network
    network.reset_classifier(dim)  # type: ignore[operator]
    return network


def in_channels_last(network: torch.nn.Module) -> torch.nn.Module:
    """The network with its weights laid out as convolutions on the CPU and on tensor cores like them."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def save_network(
    network: torch.nn.Module,
    folder: Path,
    input_size: tuple[int, int, int],
    heads: Mapping[str, torch.Tensor],
    vocabulary: Mapping[str, Sequence[str]],
) -> None:
    """Write a trained embedding network in timm's format, in float16; its attribute heads lie beside it.

    A head is [values, dim]: the directions of an attribute's values, which the config lists in that order.
    """
    data = {"input_size": input_size, "crop_pct": 1.0, "crop_mode": "squash", "interpolation": "bicubic"}
    extra = {EMBEDDING: True, "heads": {name: list(values) for name, values in vocabulary.items()}}
    network = network.half().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    timm.models.save_for_hf(network, str(folder), model_config=extra, safe_serialization=True, data_config=data)
    save_file(dict(heads), folder / HEADS)


def _create(name: str, pretrained: bool = True, **options: Any) -> torch.nn.Module:
    try:
        return timm.create_model(name, pretrained=pretrained, **options)
    except (RuntimeError, AttributeError, KeyError, ValueError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise EncoderError(
            f"timm cannot build {Path(name).name}: {reason}. Check its name, config and weights."
        ) from error


def _recipe(network: torch.nn.Module, architecture: str, weights: Path, **parts: Any) -> EncoderRecipe:
    data = timm.data.resolve_data_config(network.pretrained_cfg)
    with torch.inference_mode():
        dim = network.eval()(torch.zeros(1, *data["input_size"])).shape[1]
    data = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    return EncoderRecipe(architecture=architecture, weights=file_sha256(weights), dim=dim, **data, **parts)


def _transform_options(recipe: EncoderRecipe) -> dict[str, Any]:
    names = ("input_size", "mean", "std", "interpolation", "crop_pct", "crop_mode")
    return {name: getattr(recipe, name) for name in names} | {"is_training": False}


def _existing(path: Path, where: str) -> Path:
    if not path.is_file():
        raise EncoderError(f"{where} has no {path.name}, which an encoder needs. Give one in timm's own format.")
    return path


def _best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"
