"""The fields of an encoder's config that timm does not read: whether it is trained to embed, and its heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from recsys.core.holdout import PRODUCT_SPLIT
from recsys.errors import EncoderError
from recsys.format.encoder_spec import EMBEDDING, SPLIT, VALUES
from recsys.format.layout import CONFIG
from recsys.format.weights_origin import WeightsOrigin
from recsys.runtime.hashing import read_json


@dataclass(frozen=True)
class EncoderConfig:
    """The fields of a config.json.

    `trained`: the features are an embedding. `split`: the held-out split. `values`: attribute → its values. `origin`:
    the weights that training started from.
    """

    folder: Path
    architecture: str
    trained: bool
    split: str
    values: Mapping[str, Any]
    origin: WeightsOrigin

    @classmethod
    def read(cls, folder: Path, where: str | None = None) -> Self:
        """The config in a folder, which messages call `where`. Raises EncoderError if it is missing or not timm's."""
        where = where or f"The folder {folder.name}"
        try:
            config = read_json(existing(folder / CONFIG, where))
            trained, split = bool(config.get(EMBEDDING)), str(config.get(SPLIT, PRODUCT_SPLIT))
            values, origin = dict(config.get(VALUES, {})), WeightsOrigin.from_config(config)
            return cls(folder, str(config["architecture"]), trained, split, values, origin)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EncoderError(f"{where} has a {CONFIG} that is not timm's. Give one in timm's own format.") from error


def existing(path: Path, where: str) -> Path:
    """The path of a file. Raises EncoderError if it does not exist."""
    if not path.is_file():
        raise EncoderError(f"{where} has no {path.name}, which an encoder needs. Give one in timm's own format.")
    return path
