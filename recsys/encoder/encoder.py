"""Pictures to unit vectors."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from safetensors import SafetensorError

from recsys import hub
from recsys.digest import file_sha256
from recsys.encoder.heads import Heads
from recsys.encoder.heat import enlarged, similarity_map
from recsys.encoder.networks import (
    EMBEDDING,
    SPLIT,
    create,
    describe,
    find_device,
    in_channels_last,
    timm,
    transform_of,
)
from recsys.errors import EncoderError, IndexMismatchError
from recsys.manifest import ENCODER, MANIFEST, Manifest
from recsys.picture import decode
from recsys.projection import Projection, unit
from recsys.recipe import CONFIG, HEADS, PROJECTION, VALUES, WEIGHTS, EncoderRecipe, HubSource, is_repo_id
from recsys.splits import PRODUCT_SPLIT
from recsys.types import Vectors

BATCH_SIZE = 32
LONGEST_STRIP = 4


class Encoder:
    """Pictures to unit vectors; the same object builds an index, serves it and is judged."""

    def __init__(
        self,
        network: torch.nn.Module,
        recipe: EncoderRecipe,
        *,
        trained: bool = False,
        heads: Heads | None = None,
        split: str = PRODUCT_SPLIT,
        projection: Projection | None = None,
        files: Path | None = None,
        device: str = "auto",
    ):
        """`network` maps normalised pictures [n, c, h, w] to features [n, features]; `files` is its folder.

        `trained` says that these features are an embedding, so that they need no projection, and `split` what that
        training never saw. Raises EncoderError for a device that is not there.
        """
        self.recipe, self.trained, self.projection, self.files = recipe, trained, projection, files
        self.heads, self.split = heads or Heads({}, {}), split
        self.device = find_device(device)
        self._network = in_channels_last(network.eval().to(self.device))
        self._transform = transform_of(recipe)

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
            encoder = cls._from_config(folder, None, device)
            return encoder._with_projection_of(folder) if (folder / PROJECTION).is_file() else encoder
        if timm.models.is_model(name.split(".")[0]):
            return cls._from_timm(name, revision, token, device)
        if is_repo_id(name) and not folder.exists():
            revision = hub.pull_weights(name, revision, token).revision
            return cls._from_repository(HubSource(name, revision), token, device)
        raise EncoderError(
            f"{name} is no encoder: neither a folder with {CONFIG} or {MANIFEST}, nor a model of timm"
            f" {timm.__version__}, nor a repository named owner/name. timm.list_pretrained() lists the names."
        )

    @classmethod
    def of_index(cls, folder: Path, *, token: str | None = None, device: str = "auto") -> Self:
        """The encoder that an index was built with, as its manifest records it.

        Raises IndexFolderError for a manifest that cannot be used, IndexMismatchError where what loads is not what the
        index was built with.
        """
        recipe = Manifest.read(folder).encoder
        if recipe.source is None:
            encoder = cls._from_config(folder / ENCODER, None, device)
        elif recipe.config is None:
            encoder = cls._from_timm(recipe.architecture, recipe.source.revision, token, device)
        else:
            encoder = cls._from_repository(recipe.source, token, device)
        if recipe.projection:
            encoder = encoder._with_projection_of(folder / ENCODER)
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
        found = hub.pull_weights(cfg.hf_hub_id, revision, token, with_config=False)
        weights = found.folder / WEIGHTS
        network = create(name, num_classes=0, pretrained_cfg_overlay={"file": str(weights)})
        recipe = describe(network, name, weights, source=HubSource(cfg.hf_hub_id, found.revision))
        return cls(network, recipe, device=device)

    @classmethod
    def _from_repository(cls, source: HubSource, token: str | None, device: str) -> Self:
        return cls._from_config(hub.pull_weights(source.repo, source.revision, token).folder, source, device)

    @classmethod
    def _from_config(cls, folder: Path, source: HubSource | None, device: str) -> Self:
        where = f"The repository {source.repo}" if source else f"The folder {folder.name}"
        weights, config = _existing(folder / WEIGHTS, where), _existing(folder / CONFIG, where)
        try:
            described = json.loads(config.read_text("utf-8"))
            architecture, trained = described["architecture"], bool(described.get(EMBEDDING))
            split, values = str(described.get(SPLIT, PRODUCT_SPLIT)), dict(described.get(VALUES, {}))
        except (ValueError, KeyError, TypeError) as error:
            raise EncoderError(f"{where} has a {CONFIG} that is not timm's. Give one in timm's own format.") from error
        options: dict[str, Any] = {} if trained else {"num_classes": 0}
        network = create(f"local-dir:{folder}", **options)
        recipe = describe(network, architecture, weights, config=file_sha256(config), source=source)
        heads = Heads.load(folder, values if trained else {}, recipe.dim)
        return cls(network, recipe, trained=trained, heads=heads, split=split, files=folder, device=device)

    @property
    def parameters(self) -> int:
        """The number of weights of the network."""
        return sum(weights.numel() for weights in self._network.parameters())

    @property
    def values(self) -> Mapping[str, tuple[str, ...]]:
        """The attributes that it can tell, with their values; none for a network that was not trained here."""
        return self.heads.values

    def logits(self, vectors: Vectors) -> dict[str, Vectors]:
        """Attribute → [n, values] for embeddings [n, dim]; the softmax of a row is the probability of each value."""
        return self.heads.logits(vectors)

    def heat(self, image: Image.Image, item: Vectors) -> npt.NDArray[np.float32] | None:
        """The regions of a picture that make it like an item [dim]; see `similarity_map`."""
        return similarity_map(self._network, enlarged(self._network, self._tensors([image])), self.projection, item)

    @property
    def dim(self) -> int:
        """The number of dimensions of a vector."""
        return self.recipe.dim

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of these pictures, float32 [n, dim]."""
        features = self.features(images)
        return self.projection(features) if self.projection else features

    def features(self, images: Sequence[Image.Image], batch_size: int = BATCH_SIZE) -> Vectors:
        """The network's own unit vectors before any projection, float32 [n, features].

        Raises EncoderError where the network gives something that is not a number.
        """
        if not images:
            return np.zeros((0, len(self.projection.mean) if self.projection else self.dim), np.float32)
        batches = [images[start : start + batch_size] for start in range(0, len(images), batch_size)]
        features = unit(np.concatenate([self._forward(batch) for batch in batches]))
        if not np.isfinite(features).all():
            raise EncoderError(f"{self.recipe.architecture} gives vectors that are not finite: bad weights.")
        return features

    def with_projection(self, projection: Projection) -> Self:
        """The same encoder with a projection behind its network."""
        recipe = replace(self.recipe, dim=projection.dim, projection=projection.sha256)
        parts: dict[str, Any] = {"trained": self.trained, "files": self.files, "device": str(self.device)}
        parts |= {"heads": self.heads, "split": self.split}
        return type(self)(self._network, recipe, projection=projection, **parts)

    def _with_projection_of(self, folder: Path) -> Self:
        path = _existing(folder / PROJECTION, f"The folder {folder.name}")
        try:
            return self.with_projection(Projection.load(path))
        except (SafetensorError, KeyError) as error:
            raise EncoderError(f"{PROJECTION} of {folder.name} cannot be read. Build the index anew.") from error

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
        batch = self._tensors(images)
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            return self._network(batch).float().cpu().numpy()

    def _tensors(self, images: Sequence[Image.Image]) -> torch.Tensor:
        batch = torch.stack([self._transform(self._prepared(image)) for image in images])
        return batch.to(self.device, memory_format=torch.channels_last, non_blocking=True)

    def _prepared(self, image: Image.Image) -> Image.Image:
        """The picture in RGB. Of a long strip only the middle, where the transform would crop to it anyway.

        timm's transform enlarges the short side first: a strip of 65,000 × 1 px would take gigabytes on the way.
        """
        image = decode(image)
        longest = LONGEST_STRIP * min(image.size)
        if self.recipe.crop_mode != "center" or max(image.size) <= longest:
            return image
        left, top = max(0, image.width - longest) // 2, max(0, image.height - longest) // 2
        return image.crop((left, top, image.width - left, image.height - top))


def embedding_network(
    architecture: str, dim: int, source: str | None = None, model_args: Mapping[str, Any] | None = None
) -> tuple[torch.nn.Module, Heads]:
    """A timm network whose classifier is an embedding layer of `dim`, for training, and the heads it has already.

    Its weights are random, or those of `source` (a folder or timm name), whose own embedding layer and heads are kept
    where it has them in `dim`; `model_args` are for a random one. Raises EncoderError for an architecture that timm
    does not have.
    """
    if source is None:
        return create(architecture, pretrained=False, num_classes=dim, **(model_args or {})), Heads({}, {})
    encoder = Encoder.from_pretrained(source, device="cpu")
    if encoder.trained and encoder.recipe.dim == dim:
        return encoder._network, encoder.heads
    encoder._network.reset_classifier(dim)  # type: ignore[operator]
    return encoder._network, Heads({}, {})


def _existing(path: Path, where: str) -> Path:
    if not path.is_file():
        raise EncoderError(f"{where} has no {path.name}, which an encoder needs. Give one in timm's own format.")
    return path
