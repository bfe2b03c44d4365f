"""The parts of an encoder, as a value: loading and compiling return them, and `Encoder` wraps them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Protocol

from safetensors import SafetensorError

from recsys.encoder.config import EncoderConfig, existing
from recsys.encoder.projection import Projection
from recsys.errors import EncoderError
from recsys.format.encoder_spec import EncoderSpec
from recsys.format.layout import PROJECTION
from recsys.types import Pixels, Vectors


class Network(Protocol):
    """Maps the pixels of pictures to features: a PyTorch network, or its compiled form."""

    @property
    def runtime(self) -> str:
        """torch-cpu, torch-cuda or openvino. The features of two runtimes differ by float32 rounding."""

    @property
    def parameters(self) -> int:
        """The number of weights."""

    @property
    def scale(self) -> int:
        """The picture passed to `regions` is this many times larger than the one passed to `features`."""

    @property
    def streams(self) -> int:
        """The number of calls of `features` that run at once."""

    @property
    def fastest_batch(self) -> int:
        """The number of pictures in one call of `features` from which on more are no faster."""

    def features(self, pixels: Pixels) -> Vectors:
        """The features of pictures uint8 [n, h, w, 3], float32 [n, features]."""

    def regions(self, pixels: Pixels) -> tuple[Vectors, Vectors] | None:
        """The features of one picture uint8 [1, scale · h, scale · w, 3], and of each position of its feature map.

        Their shapes are [features] and [rows, columns, features]. None for a network without a feature map.
        """

    def save(self, folder: Path) -> None:
        """Write the files that load faster than the weights, if this runtime has any."""


class EncoderParts(NamedTuple):
    """The parts of an `Encoder`. `config` is None for a network that timm itself describes."""

    network: Network
    spec: EncoderSpec
    config: EncoderConfig | None = None
    projection: Projection | None = None

    def with_projection(self, projection: Projection) -> EncoderParts:
        """The same network, followed by a projection."""
        spec = replace(self.spec, dim=projection.dim, projection=projection.sha256)
        return self._replace(spec=spec, projection=projection)

    def with_projection_from(self, folder: Path) -> EncoderParts:
        """The same network, followed by the projection in a folder. Raises EncoderError if it has none that fits."""
        try:
            projection = Projection.load(existing(folder / PROJECTION, f"The folder {folder.name}"))
        except (SafetensorError, KeyError, ValueError) as error:
            raise EncoderError(f"{PROJECTION} of {folder.name} cannot be read. Build the index again.") from error
        if len(projection.mean) != self.spec.dim:
            raise EncoderError(
                f"{PROJECTION} of {folder.name} takes {len(projection.mean)} features, but the network gives"
                f" {self.spec.dim}. Build the index again."
            )
        return self.with_projection(projection)
