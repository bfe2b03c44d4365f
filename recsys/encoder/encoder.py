"""Pictures to unit vectors."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image
from safetensors import SafetensorError

from recsys import hub
from recsys.core.holdout import PRODUCT_SPLIT
from recsys.core.linalg import unit
from recsys.encoder.config import EncoderConfig, existing
from recsys.encoder.heads import Heads
from recsys.encoder.heatmap import similarity_map
from recsys.encoder.projection import Projection
from recsys.encoder.transform import Transform
from recsys.errors import EncoderError, IndexMismatchError
from recsys.format.encoder_spec import EncoderRecipe
from recsys.format.layout import COMPILED, CONFIG, ENCODER, HEADS, MANIFEST, PROJECTION, WEIGHTS
from recsys.format.manifest import Manifest
from recsys.images.decode import decode
from recsys.runtime.hashing import file_sha256, sha256
from recsys.types import Pixels, Vectors

BATCH_SIZE = 32
GPU = Path("/dev/nvidiactl")

logger = logging.getLogger(__name__)


class Network(Protocol):
    """What maps the pixels of pictures to features: PyTorch's network, or its compiled form."""

    @property
    def runtime(self) -> str:
        """What computes it: torch-cpu, torch-cuda, openvino. Their features differ by the rounding of float32."""
        ...

    @property
    def parameters(self) -> int:
        """The number of weights."""
        ...

    @property
    def scale(self) -> int:
        """How many times larger than for `features` the picture is that `regions` takes."""
        ...

    def features(self, pixels: Pixels) -> Vectors:
        """The features of pictures uint8 [n, h, w, 3], float32 [n, features]."""
        ...

    def regions(self, pixels: Pixels) -> tuple[Vectors, Vectors] | None:
        """Features of a picture uint8 [1, scale · h, scale · w, 3], whole [features] and of each position of its map
        [rows, columns, features]; None for a network without one.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write what loads faster than the weights, if there is such a thing."""
        ...


class Encoder:
    """Pictures to unit vectors; the same object builds an index, serves it and is judged."""

    def __init__(
        self,
        network: Network,
        recipe: EncoderRecipe,
        *,
        config: EncoderConfig | None = None,
        projection: Projection | None = None,
    ):
        """`config` is None for a network that timm itself describes. Raises EncoderError for heads that do not fit."""
        self.network, self.recipe, self.config, self.projection = network, recipe, config, projection
        self.heads = config.heads(recipe.dim) if config and config.trained and not projection else Heads({}, {})
        self._transform = Transform(recipe)

    @classmethod
    def from_pretrained(
        cls, source: str | Path, *, revision: str | None = None, token: str | None = None, device: str = "auto"
    ) -> Encoder:
        """The encoder of a folder (an index folder too), a timm name, or a model repository in timm's format.

        Raises EncoderError for a source that is none of these or does not load, HubError where the Hub fails.
        """
        if (Path(source) / MANIFEST).is_file():
            return cls.of_index(Path(source), token=token, device=device)
        from recsys.encoder import loading as sources

        return sources.load(source, revision, token, device)

    @classmethod
    def of_index(cls, folder: Path, *, token: str | None = None, device: str = "auto") -> Encoder:
        """The encoder that an index was built with, as its manifest records it.

        Where the index has its compiled form, and no GPU is there or asked for, PyTorch is not loaded. Raises
        IndexFolderError for a manifest that cannot be used, IndexMismatchError where what loads is not what the index
        was built with.
        """
        recipe, own = Manifest.read(folder).encoder, folder / ENCODER
        encoder = cls.of_recipe(recipe, own, token=token, device=device)
        if recipe.projection:
            encoder = encoder.with_projection_of(own)
        if encoder.recipe != recipe:
            raise IndexMismatchError(
                "The index was built with another encoder than the one that loads:"
                f" {recipe.difference(encoder.recipe)} (index against encoder)."
                " Build it anew with: python build_index.py --encoder ENCODER, or fetch the index again."
            )
        return encoder

    @classmethod
    def of_recipe(
        cls, recipe: EncoderRecipe, folder: Path, *, token: str | None = None, device: str = "auto"
    ) -> Encoder:
        """The encoder of a recipe without its projection; `folder` has what `save` wrote.

        Raises as `from_pretrained` does.
        """
        on_cpu = device == "cpu" or (device == "auto" and not GPU.exists())
        if on_cpu and (encoder := cls._compiled_of(folder, recipe)):
            return encoder
        from recsys.encoder import loading as sources

        return sources.of_recipe(recipe, folder, token, device)

    @classmethod
    def _compiled_of(cls, folder: Path, recipe: EncoderRecipe) -> Encoder | None:
        """The encoder in its compiled form, without projection; None where that cannot be had."""
        if not _is_compiled(folder):
            return None
        try:
            from recsys.encoder.openvino_network import CompiledNetwork

            network = CompiledNetwork.load(folder, recipe)
        except (EncoderError, ImportError) as error:
            logger.warning("PyTorch runs the encoder, which is slower: %s", error)
            return None
        recipe = replace(recipe, dim=network.dim, projection=None)
        return cls(network, recipe, config=EncoderConfig.read(folder) if (folder / CONFIG).is_file() else None)

    def compiled(self) -> Encoder:
        """The same encoder with its network compiled, once, for the CPU; `save` writes that form too.

        Itself where it is so already, runs on a GPU, or cannot be compiled, which is logged.
        """
        if self.network.runtime != "torch-cpu":
            return self
        try:
            from recsys.encoder.openvino_network import CompiledNetwork
            from recsys.encoder.torch_network import compile_network

            folder = hub.cache_folder("compiled") / self.recipe.fingerprint
            if not _is_compiled(folder):
                compile_network(self.network, self.recipe, folder)
            return self._with(network=CompiledNetwork.load(folder, self.recipe))
        except (EncoderError, ImportError, OSError) as error:
            logger.warning("PyTorch runs the encoder, which is slower: %s", error)
            return self

    def in_int8(self, images: Sequence[Image.Image]) -> Encoder:
        """The same encoder with its network in int8, fitted on these pictures: faster, and not quite the same vectors.

        Raises EncoderError where it cannot be compiled, or NNCF is not installed.
        """
        compiled, pixels = self.compiled(), self.pixels(images)
        if compiled.runtime != "openvino":
            raise EncoderError("An encoder in int8 is made from a compiled one, which cannot be had here; see the log.")
        from recsys.encoder.openvino_network import CompiledNetwork, convert_to_int8

        network: Any = compiled.network
        folder = hub.cache_folder("compiled") / f"{self.recipe.fingerprint}-{sha256(pixels.tobytes())[:16]}"
        if _is_compiled(folder):
            recipe = replace(self.recipe, int8=file_sha256(folder / COMPILED[1]))
        else:
            recipe = convert_to_int8(network, pixels, self.recipe, folder)
        return compiled._with(network=CompiledNetwork.load(folder, recipe), recipe=recipe)

    def with_projection(self, projection: Projection) -> Encoder:
        """The same encoder with a projection behind its network."""
        recipe = replace(self.recipe, dim=projection.dim, projection=projection.sha256)
        return self._with(recipe=recipe, projection=projection)

    def with_projection_of(self, folder: Path) -> Encoder:
        """The same encoder with the projection that a folder holds. Raises EncoderError where it holds none."""
        try:
            projection = Projection.load(existing(folder / PROJECTION, f"The folder {folder.name}"))
        except (SafetensorError, KeyError, ValueError) as error:
            raise EncoderError(f"{PROJECTION} of {folder.name} cannot be read. Build the index anew.") from error
        if len(projection.mean) != self.dim:
            raise EncoderError(
                f"{PROJECTION} of {folder.name} takes {len(projection.mean)} features where the network gives"
                f" {self.dim}. Build the index anew."
            )
        return self.with_projection(projection)

    def _with(self, **parts: Any) -> Encoder:
        own = {"network": self.network, "recipe": self.recipe, "config": self.config, "projection": self.projection}
        return Encoder(**{**own, **parts})

    @property
    def trained(self) -> bool:
        """Whether the features are an embedding already, so that they need no projection."""
        return self.config is not None and self.config.trained

    @property
    def split(self) -> str:
        """What its training never saw."""
        return self.config.split if self.config else PRODUCT_SPLIT

    @property
    def files(self) -> Path | None:
        """The folder of config, weights and heads; None for a network that timm itself describes."""
        return self.config.folder if self.config else None

    @property
    def parameters(self) -> int:
        """The number of weights of the network."""
        return self.network.parameters

    @property
    def runtime(self) -> str:
        """What computes it: torch-cpu, torch-cuda, openvino. Vectors of two differ by the rounding of float32."""
        return self.network.runtime

    @property
    def values(self) -> Mapping[str, tuple[str, ...]]:
        """The attributes that it can tell, with their values; none for a network that was not trained here."""
        return self.heads.values

    @property
    def dim(self) -> int:
        """The number of dimensions of a vector."""
        return self.recipe.dim

    def logits(self, vectors: Vectors) -> dict[str, Vectors]:
        """Attribute → [n, values] for embeddings [n, dim]; the softmax of a row is the probability of each value."""
        return self.heads.logits(vectors)

    def heat(self, image: Image.Image, item: Vectors) -> Vectors | None:
        """The regions of a picture that make it like an item [dim]; see `similarity_map`. None without a map."""
        pixels = Transform(self.recipe, self.network.scale)(decode(image))
        found = self.network.regions(pixels[None])
        return similarity_map(*found, self.projection, item) if found else None

    def pixels(self, images: Sequence[Image.Image]) -> Pixels:
        """What the network sees of these pictures, uint8 [n, h, w, 3]."""
        return np.stack([self._transform(decode(image)) for image in images])

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of these pictures, float32 [n, dim]."""
        if not images:
            return np.zeros((0, self.dim), np.float32)
        batches = [images[start : start + BATCH_SIZE] for start in range(0, len(images), BATCH_SIZE)]
        return np.concatenate([self.embed(self.pixels(batch)) for batch in batches])

    def embed(self, pixels: Pixels) -> Vectors:
        """Unit vectors of pictures as `pixels` gives them, float32 [n, dim]."""
        features = self.features(pixels)
        return self.projection(features) if self.projection else features

    def features(self, pixels: Pixels) -> Vectors:
        """The network's own unit vectors before any projection, float32 [n, features].

        Raises EncoderError where the network gives something that is not a number.
        """
        features = unit(self.network.features(pixels))
        if not np.isfinite(features).all():
            raise EncoderError(f"{self.recipe.architecture} gives vectors that are not finite: bad weights.")
        return features

    def save(self, folder: Path) -> None:
        """Write what the Hub does not hold: trained weights with their config, the compiled form, the projection."""
        folder.mkdir(parents=True, exist_ok=True)
        self.network.save(folder)
        if self.files:
            for name in (CONFIG, HEADS) if self.recipe.source else (CONFIG, WEIGHTS, HEADS):
                if (self.files / name).is_file():
                    shutil.copyfile(self.files / name, folder / name)
        if self.projection:
            self.projection.save(folder / PROJECTION)


def _is_compiled(folder: Path) -> bool:
    return all((folder / name).is_file() for name in COMPILED)
