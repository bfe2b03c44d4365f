"""Encodes pictures to unit vectors."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from recsys.core.holdout import PRODUCT_SPLIT
from recsys.core.linalg import unit
from recsys.encoder.compilation import compiled, compiled_to_int8, load_compiled, runs_on_cpu, without_int8
from recsys.encoder.heads import Heads
from recsys.encoder.heatmap import similarity_map
from recsys.encoder.parts import EncoderParts
from recsys.encoder.projection import Projection
from recsys.encoder.transform import Transform
from recsys.errors import EncoderError, IndexMismatchError
from recsys.format.encoder_spec import EncoderSpec
from recsys.format.layout import CONFIG, ENCODER, HEADS, MANIFEST, NOTICE, PROJECTION, WEIGHTS
from recsys.format.manifest import Manifest
from recsys.images.decode import decode
from recsys.types import Pixels, Vectors

BATCH_SIZE = 32


class Encoder:
    """Encodes pictures to unit vectors. The same class builds an index, serves it and is evaluated."""

    def __init__(self, parts: EncoderParts):
        """Raises EncoderError if the heads are damaged, or the transform of the spec is not supported."""
        network, spec, config, projection = self._parts = parts
        self.network, self.spec, self.config, self.projection = network, spec, config, projection
        self.heads = Heads.load(config, spec.dim) if config and config.trained and not projection else Heads({}, {})
        self._transform = Transform(spec)

    @classmethod
    def from_pretrained(
        cls, source: str | Path, *, revision: str | None = None, token: str | None = None, device: str = "auto"
    ) -> Encoder:
        """The encoder of a folder (an index folder too), a timm name, or a model repository in timm's format.

        Raises EncoderError for a source that is none of these or does not load, HubError if the Hub fails, and for an
        index folder what `from_spec` raises.
        """
        if (Path(source) / MANIFEST).is_file():
            spec = Manifest.read(Path(source)).encoder
            return cls.from_spec(spec, Path(source) / ENCODER, token=token, device=device)
        from recsys.encoder import loading

        return cls(loading.load(source, revision, token, device))

    @classmethod
    def from_spec(cls, spec: EncoderSpec, folder: Path, *, token: str | None = None, device: str = "auto") -> Encoder:
        """The encoder that a spec describes, as an index records it; `folder` holds what `save` wrote.

        PyTorch is not imported if the folder has the compiled form and the device is a CPU. Where an int8 form cannot
        be used, PyTorch runs the network in float32, and the spec of the encoder says so. Raises EncoderError and
        HubError as `from_pretrained` does, and IndexMismatchError if the loaded encoder has another spec.
        """
        parts = load_compiled(folder, spec) if runs_on_cpu(device) else None
        if parts is None:
            from recsys.encoder import loading

            parts, spec = loading.load_spec(spec, folder, token, device), without_int8(spec, folder)
        if spec.projection:
            parts = parts.with_projection_from(folder)
        if parts.spec != spec:
            raise IndexMismatchError(
                "The index was built with another encoder than the one that loads:"
                f" {spec.difference(parts.spec)} (index against encoder)."
                " Rebuild the index with: python build_index.py --encoder ENCODER, or fetch it again."
            )
        return cls(parts)

    def compiled(self) -> Encoder:
        """The same encoder with its network compiled for the CPU; `save` writes the compiled form too.

        Returns itself if it is compiled already or runs on a GPU, and also if compiling fails, which is logged.
        """
        parts = compiled(self._parts)
        return self if parts.network is self.network else Encoder(parts)

    def in_int8(self, images: Sequence[Image.Image]) -> Encoder:
        """The same encoder computing in int8, calibrated on these pictures: faster, with slightly different vectors.

        Raises EncoderError if the encoder cannot be compiled, or NNCF is not installed.
        """
        return Encoder(compiled_to_int8(compiled(self._parts), self.pixels(images)))

    def with_projection(self, projection: Projection) -> Encoder:
        """The same network, followed by a projection."""
        return Encoder(self._parts.with_projection(projection))

    @property
    def trained(self) -> bool:
        """Whether the network was trained to embed, so that its features need no projection."""
        return self.config is not None and self.config.trained

    @property
    def split(self) -> str:
        """The name of the held-out split, which its training did not use."""
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
        """torch-cpu, torch-cuda or openvino. The vectors of two runtimes differ by float32 rounding."""
        return self.network.runtime

    @property
    def values(self) -> Mapping[str, tuple[str, ...]]:
        """The attributes that have a head, with their values; empty for a network that is not trained to embed."""
        return self.heads.values

    @property
    def dim(self) -> int:
        """The number of dimensions of a vector."""
        return self.spec.dim

    def logits(self, vectors: Vectors) -> dict[str, Vectors]:
        """Attribute → [n, values] for embeddings [n, dim]; the softmax of a row is the probability of each value."""
        return self.heads.logits(vectors)

    def heat(self, image: Image.Image, item: Vectors) -> Vectors | None:
        """How much each region of a picture adds to its similarity to an item [dim]; see `similarity_map`.

        None for a network without a feature map.
        """
        pixels = Transform(self.spec, self.network.scale)(decode(image))
        regions = self.network.regions(pixels[None])
        return similarity_map(*regions, self.projection, item) if regions else None

    def pixels(self, images: Sequence[Image.Image]) -> Pixels:
        """The pictures as input of the network, resized and cropped: uint8 [n, h, w, 3]."""
        return np.stack([self.pixels_of(decode(image)) for image in images])

    def pixels_of(self, picture: Image.Image) -> Pixels:
        """One picture as input of the network, uint8 [h, w, 3]; it must be as `decode` returns it."""
        return self._transform(picture)

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of these pictures, float32 [n, dim]."""
        if not images:
            return np.zeros((0, self.dim), np.float32)
        batches = [images[start : start + BATCH_SIZE] for start in range(0, len(images), BATCH_SIZE)]
        return np.concatenate([self.embed(self.pixels(batch)) for batch in batches])

    def embed(self, pixels: Pixels) -> Vectors:
        """Unit vectors of pictures as `pixels` returns them, float32 [n, dim]."""
        features = self.features(pixels)
        return self.projection(features) if self.projection else features

    def features(self, pixels: Pixels) -> Vectors:
        """The unit vectors before the projection, float32 [n, features].

        Raises EncoderError if the network returns NaN or infinity.
        """
        features = unit(self.network.features(pixels))
        if not np.isfinite(features).all():
            raise EncoderError(f"{self.spec.architecture} returns vectors that are not finite: damaged weights.")
        return features

    def save(self, folder: Path) -> None:
        """Write the files that are not on the Hub: trained weights, config, NOTICE, compiled form, projection."""
        folder.mkdir(parents=True, exist_ok=True)
        self.network.save(folder)
        for name in (CONFIG, HEADS) if self.spec.source else (CONFIG, WEIGHTS, HEADS):
            if self.files and (self.files / name).is_file():
                shutil.copyfile(self.files / name, folder / name)
        if self.config and self.trained and (notice := self.config.origin.notice()):
            (folder / NOTICE).write_text(notice, "utf-8")
        if self.projection:
            self.projection.save(folder / PROJECTION)
