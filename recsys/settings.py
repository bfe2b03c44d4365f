"""The settings of a server, which the entry points read from environment variables."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recsys.errors import RecsysError

RELOAD_SECONDS = 300.0
ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?", re.IGNORECASE)
MAX_SECONDS = 1e7
"""About four months. A thread cannot wait much longer."""


@dataclass(frozen=True)
class Settings:
    """Which index a server serves, and how it searches and reloads it."""

    index_repo: str | None = None
    """INDEX_REPO: the dataset repository of the index on the Hub. It precedes `index_dir`."""
    index_revision: str | None = None
    """INDEX_REVISION: the branch, tag or commit of `index_repo`; its default branch if unset."""
    index_dir: Path | None = None
    """INDEX_DIR: the index folder. If unset, `my-index` where that exists, else the sample index."""
    token: str | None = field(default=None, repr=False)
    """HF_TOKEN: the access token for the Hub."""
    reload_seconds: float = RELOAD_SECONDS
    """RELOAD_SECONDS: the interval at which the Hub is asked for a newer index; 0 turns this off."""
    store_uri: str | None = field(default=None, repr=False)
    """STORE_URI: the Milvus server that searches the vectors. If unset, the index itself is searched."""
    store_token: str | None = field(default=None, repr=False)
    """STORE_TOKEN: the access token for Milvus."""
    synonyms: Path | None = None
    """SYNONYMS: a JSON file of synonyms for text queries, beside those of the library."""
    embed_origins: tuple[str, ...] = ()
    """EMBED_ORIGINS: the origins, separated by blanks, whose pages may show this one in a frame."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings from environment variables. An empty variable counts as unset.

        Raises RecsysError for an invalid RELOAD_SECONDS or EMBED_ORIGINS.
        """
        return cls(
            index_repo=environ.get("INDEX_REPO") or None,
            index_revision=environ.get("INDEX_REVISION") or None,
            index_dir=Path(environ["INDEX_DIR"]) if environ.get("INDEX_DIR") else None,
            token=environ.get("HF_TOKEN") or None,
            reload_seconds=_seconds("RELOAD_SECONDS", environ.get("RELOAD_SECONDS") or cls.reload_seconds),
            store_uri=environ.get("STORE_URI") or None,
            store_token=environ.get("STORE_TOKEN") or None,
            synonyms=Path(environ["SYNONYMS"]) if environ.get("SYNONYMS") else None,
            embed_origins=_origins(environ.get("EMBED_ORIGINS", "")),
        )


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(text.split())
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise RecsysError(
                "EMBED_ORIGINS are origins with a scheme and without a path, separated by blanks, such as"
                f" https://shop.example https://*.shop.example; got {origin!r}."
            )
    return origins


def _seconds(name: str, value: str | float) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= MAX_SECONDS:
        raise RecsysError(
            f"{name} is a number of seconds up to {MAX_SECONDS:,.0f}, such as {RELOAD_SECONDS:.0f}, or 0 to turn"
            f" reloading off; got {value!r}."
        )
    return seconds
