"""What the environment says, read once by the entry points and passed down as a value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recsys.errors import RecsysError

RELOAD_SECONDS = 300.0
MOST_SECONDS = 1e7
"""Some months; a thread cannot wait for centuries."""


@dataclass(frozen=True)
class Settings:
    """Which index to serve: `index_repo` at `index_revision` from the Hub, or else the folder `index_dir`.

    Without `index_dir`, that folder is `my-index` where it exists, else the sample index.

    The Hub is asked for a newer one every `reload_seconds`; 0 is never. Its vectors are searched by the Milvus at
    `store_uri`, or by the index itself where there is none.
    """

    index_repo: str | None = None
    index_revision: str | None = None
    index_dir: Path | None = None
    token: str | None = field(default=None, repr=False)
    reload_seconds: float = RELOAD_SECONDS
    store_uri: str | None = field(default=None, repr=False)
    store_token: str | None = field(default=None, repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the variables that are named below; one that is empty counts as unset.

        Raises RecsysError for seconds that are no number.
        """
        return cls(
            index_repo=environ.get("INDEX_REPO") or None,
            index_revision=environ.get("INDEX_REVISION") or None,
            index_dir=Path(environ["INDEX_DIR"]) if environ.get("INDEX_DIR") else None,
            token=environ.get("HF_TOKEN") or None,
            reload_seconds=_seconds("RELOAD_SECONDS", environ.get("RELOAD_SECONDS") or cls.reload_seconds),
            store_uri=environ.get("STORE_URI") or None,
            store_token=environ.get("STORE_TOKEN") or None,
        )


def _seconds(name: str, value: str | float) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= MOST_SECONDS:
        raise RecsysError(
            f"{name} is a number of seconds up to {MOST_SECONDS:,.0f}, {RELOAD_SECONDS:.0f} say, or 0 for never;"
            f" got {value!r}."
        )
    return seconds
