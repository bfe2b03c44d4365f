"""Reads from the config of an encoder what timm does not: whether it was trained here, and its attribute heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from recsys.core.holdout import PRODUCT_SPLIT
from recsys.encoder.heads import Heads
from recsys.errors import EncoderError
from recsys.format.encoder_spec import EMBEDDING, SPLIT, VALUES
from recsys.format.layout import CONFIG
from recsys.runtime.hashing import read_json


@dataclass(frozen=True)
class EncoderConfig:
    """`trained`: the features are an embedding. `split`: its held-out split. `values`: attribute → head's values."""

    folder: Path
    architecture: str
    trained: bool
    split: str
    values: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path, where: str | None = None) -> Self:
        """The config in a folder, which messages call `where`. Raises EncoderError if it is missing or not timm's."""
        where = where or f"The folder {folder.name}"
        try:
            said = read_json(existing(folder / CONFIG, where))
            trained, split = bool(said.get(EMBEDDING)), str(said.get(SPLIT, PRODUCT_SPLIT))
            return cls(folder, str(said["architecture"]), trained, split, dict(said.get(VALUES, {})))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EncoderError(f"{where} has a {CONFIG} that is not timm's. Give one in timm's own format.") from error

    def heads(self, dim: int) -> Heads:
        """The heads for embeddings of `dim` dimensions. Raises EncoderError if they are not those the config lists."""
        return Heads.load(self.folder, self.values, dim)


def existing(path: Path, where: str) -> Path:
    """The path of a file. Raises EncoderError if it does not exist."""
    if not path.is_file():
        raise EncoderError(f"{where} has no {path.name}, which an encoder needs. Give one in timm's own format.")
    return path
