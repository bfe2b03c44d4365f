"""Search a shop with a picture: catalogues, encoders, indexes and the recommender over them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsys.encoder import Encoder
    from recsys.errors import RecsysError
    from recsys.recommend.recommender import Recommender
    from recsys.types import Answer, Guess, Item, Match, Reason

__version__ = "0.2.0"

__all__ = ["Answer", "Encoder", "Guess", "Item", "Match", "Reason", "Recommender", "RecsysError"]

_HOME = {
    "Encoder": "recsys.encoder",
    "Answer": "recsys.types",
    "Guess": "recsys.types",
    "Item": "recsys.types",
    "Match": "recsys.types",
    "Reason": "recsys.types",
    "Recommender": "recsys.recommend.recommender",
    "RecsysError": "recsys.errors",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `import recsys` loads no heavy library."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'recsys' has no attribute {name!r}")
