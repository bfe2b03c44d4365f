"""The specification of an encoder. Two encoders with equal specifications compute equal vectors."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

MIN_SIDE_PX = 8
MAX_SIDE_PX = 2048
"""The sides of the input of a network. A larger input would exhaust the memory."""
MIN_CROP = 0.1
MAX_CROP = 2.0
"""The range of timm's `crop_pct`."""
TRANSFORM = ("input_size", "mean", "std", "interpolation", "crop_pct", "crop_mode")
EMBEDDING, SPLIT, VALUES = "embedding", "split", "values"
"""The keys that training adds to timm's config: whether the classifier is the embedding layer, the split of the
training, and the values of the heads by attribute.
"""


@dataclass(frozen=True)
class HubSource:
    """A model repository, pinned to a commit."""

    repo: str
    revision: str


def is_repo_id(name: str) -> bool:
    """Whether this is a name of the form owner/name, as Hub repositories have."""
    return re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", name, re.ASCII) is not None


@dataclass(frozen=True)
class EncoderSpec:
    """Network, weights and transform of an encoder.

    `weights`, `config`, `projection` and `int8` (compiled int8 weights) are SHA-256 hashes of files. Without `config`,
    timm's registry describes `architecture`. `source` is the Hub repository of the weights; None if they are in the
    index folder. `input_size` is (channels, height, width). `crop_mode` and `crop_pct` are those of timm.
    """

    architecture: str
    weights: str
    dim: int
    input_size: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str
    crop_pct: float
    crop_mode: str
    config: str | None = None
    source: HubSource | None = None
    projection: str | None = None
    int8: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EncoderSpec:
        """The inverse of `asdict`. Raises TypeError for missing or unknown fields, ValueError for invalid values."""
        lists = {name: tuple(data[name]) for name in ("input_size", "mean", "std") if name in data}
        source = HubSource(**data["source"]) if data.get("source") else None
        spec = cls(**{**data, **lists, "source": source})
        check_transform(spec.input_size, spec.mean, spec.std, spec.crop_pct)
        if not all(isinstance(text, str) for text in (spec.architecture, spec.interpolation, spec.crop_mode)):
            raise ValueError("architecture, interpolation and crop_mode have to be strings")
        if source and not (is_repo_id(source.repo) and isinstance(source.revision, str)):
            raise ValueError(f"its source {source.repo!r:.100} is not of the form owner/name")
        return spec

    @property
    def fingerprint(self) -> str:
        """A hash of everything that determines the features before the projection."""
        features = {**asdict(self), "source": None, "projection": None, "dim": None}
        if self.int8 is None:
            features.pop("int8")
        return hashlib.sha256(json.dumps(features, sort_keys=True).encode()).hexdigest()

    def difference(self, other: EncoderSpec) -> str:
        """A readable list of the fields in which two specifications differ; empty if they are equal."""
        ours, theirs = asdict(self), asdict(other)
        differing = [name for name in ours if ours[name] != theirs[name]]
        return ", ".join(f"{name} {_short(ours[name])} against {_short(theirs[name])}" for name in differing)


def check_transform(input_size: Sequence[Any], mean: Sequence[Any], std: Sequence[Any], crop_pct: Any) -> None:
    """Raise ValueError or TypeError for a transform that no network has, or for an input of unreasonable size."""
    sized = len(input_size) == 3 and all(type(side) is int for side in input_size)
    if not sized or input_size[0] != 3 or not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in input_size[1:]):
        raise ValueError(
            f"input_size has to be 3 and two sides from {MIN_SIDE_PX} to {MAX_SIDE_PX} px, not {input_size!r:.60}"
        )
    if not len(mean) == len(std) == 3 or not all(map(math.isfinite, (*mean, *std))) or not min(std) > 0:
        raise ValueError("mean and std have to be three numbers each, and std above 0")
    if not MIN_CROP <= crop_pct <= MAX_CROP:
        raise ValueError(f"crop_pct has to be from {MIN_CROP} to {MAX_CROP}, not {crop_pct!r:.20}")


def _short(value: object) -> str:
    return f"{value[:12]}…" if isinstance(value, str) and len(value) == 64 else str(value)
