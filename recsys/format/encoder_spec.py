"""What an encoder is, as a value: two encoders with equal specs give equal vectors."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

SIDES = (8, 2048)
"""The least and the most pixels of a side of what a network sees: what is larger takes the memory of the machine."""
CROP = (0.1, 2.0)
TRANSFORM = ("input_size", "mean", "std", "interpolation", "crop_pct", "crop_mode")
EMBEDDING, SPLIT, VALUES = "embedding", "split", "values"
"""What the config of an encoder that was trained here says beside timm's own: that its classifier is the embedding
layer, what its training never saw, and the values of its heads, attribute by attribute.
"""


@dataclass(frozen=True)
class HubSource:
    """A model repository, pinned to a commit."""

    repo: str
    revision: str


def is_repo_id(name: str) -> bool:
    """Whether this has the form owner/name of a Hub repository."""
    return re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", name, re.ASCII) is not None


@dataclass(frozen=True)
class EncoderSpec:
    """Network, weights and transform of an encoder.

    `weights`, `config`, `projection` and `int8` (the compiled weights of one in int8) are the sha256 of the files.
    Without a `config`, timm's own registry describes `architecture`. `source` says where on the Hub the weights are;
    None means that they lie in the index folder. `input_size` is (channels, height, width), `crop_mode` and `crop_pct`
    are timm's.
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

    def to_json(self) -> dict[str, Any]:
        """A dict that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EncoderSpec:
        """The inverse of `to_json`. Raises TypeError where fields are missing or unknown, ValueError for odd values."""
        lists = {name: tuple(data[name]) for name in ("input_size", "mean", "std") if name in data}
        source = HubSource(**data["source"]) if data.get("source") else None
        spec = cls(**{**data, **lists, "source": source})
        check_transform(spec.input_size, spec.mean, spec.std, spec.crop_pct)
        if not all(isinstance(text, str) for text in (spec.architecture, spec.interpolation, spec.crop_mode)):
            raise ValueError("architecture, interpolation and crop_mode have to be words")
        if source and not (is_repo_id(source.repo) and isinstance(source.revision, str)):
            raise ValueError(f"its source {source.repo!r:.100} is no repository named owner/name")
        return spec

    @property
    def fingerprint(self) -> str:
        """A hash of everything that decides the features before the projection."""
        features = {**self.to_json(), "source": None, "projection": None, "dim": None}
        if self.int8 is None:
            features.pop("int8")
        return hashlib.sha256(json.dumps(features, sort_keys=True).encode()).hexdigest()

    def difference(self, other: EncoderSpec) -> str:
        """The fields in which two specs differ, for people to read; empty where they are equal."""
        ours, theirs = asdict(self), asdict(other)
        differing = [name for name in ours if ours[name] != theirs[name]]
        return ", ".join(f"{name} {_short(ours[name])} against {_short(theirs[name])}" for name in differing)


def check_transform(input_size: Sequence[Any], mean: Sequence[Any], std: Sequence[Any], crop_pct: Any) -> None:
    """Raises ValueError or TypeError where no network takes its pictures so, or one of no reasonable size."""
    least, most = SIDES
    sized = len(input_size) == 3 and all(type(side) is int for side in input_size)
    if not sized or input_size[0] != 3 or not all(least <= side <= most for side in input_size[1:]):
        raise ValueError(f"input_size has to be 3 and two sides from {least} to {most} px, not {input_size!r:.60}")
    if not len(mean) == len(std) == 3 or not all(map(math.isfinite, (*mean, *std))) or not min(std) > 0:
        raise ValueError("mean and std have to be three numbers each, those of std above 0")
    if not CROP[0] <= crop_pct <= CROP[1]:
        raise ValueError(f"crop_pct has to lie from {CROP[0]} to {CROP[1]}, and is {crop_pct!r:.20}")


def _short(value: object) -> str:
    return f"{value[:12]}…" if isinstance(value, str) and len(value) == 64 else str(value)
