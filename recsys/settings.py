"""What the environment says, read once by the entry points and passed down as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Which index to serve: `index_repo` at `index_revision` from the Hub, or else the folder `index_dir`."""

    index_repo: str | None = None
    index_revision: str | None = None
    index_dir: Path = Path("index")
    token: str | None = field(default=None, repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read INDEX_REPO, INDEX_REVISION, INDEX_DIR and HF_TOKEN; an empty variable counts as unset."""
        return cls(
            index_repo=environ.get("INDEX_REPO") or None,
            index_revision=environ.get("INDEX_REVISION") or None,
            index_dir=Path(environ.get("INDEX_DIR") or cls.index_dir),
            token=environ.get("HF_TOKEN") or None,
        )
