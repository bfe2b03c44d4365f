"""Where the weights of an encoder started and under which licence, in timm's own fields of its config."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from recsys.format.layout import CONFIG
from recsys.runtime.hashing import read_json

LICENCE_TEXTS = {"apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0"}


@dataclass(frozen=True)
class WeightsOrigin:
    """The weights that training started from: their licence (as the Hub names it), link and description.

    timm keeps these fields in `pretrained_cfg` and copies them when a network is saved again. An encoder that is
    trained from another therefore states the same origin.
    """

    license: str | None = None
    origin_url: str | None = None
    description: str | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The origin that a config.json states. Fields that it lacks are None."""
        stated = config.get("pretrained_cfg", {})
        return cls(**{name: str(stated[name]) for name in asdict(cls()) if stated.get(name)})

    def write(self, folder: Path) -> None:
        """State this origin in the config.json of an encoder folder. Fields that are None stay as they are."""
        if self == WeightsOrigin():
            return
        config = read_json(folder / CONFIG)
        config["pretrained_cfg"].update({name: text for name, text in asdict(self).items() if text})
        beside = folder / f".{CONFIG}.tmp"
        beside.write_text(json.dumps(config, indent=2), "utf-8")
        os.replace(beside, folder / CONFIG)

    def notice(self) -> str | None:
        """The text of the NOTICE file. None if no origin is stated."""
        if self == WeightsOrigin():
            return None
        text = LICENCE_TEXTS.get(self.license or "")
        licence = f"Licence of those weights: {self.license or 'not stated'}{f', {text}' if text else ''}"
        about = [self.description, f"Source: {self.origin_url}" if self.origin_url else None, licence]
        first = "The weights of this encoder were made by training other weights, which changed them."
        return "\n".join([first, "", *filter(None, about)]) + "\n"
