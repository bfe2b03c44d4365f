"""Why a dataset cannot be read: a file of it that is damaged, or no space for the copy that `datasets` makes.

A damaged file ends the build. Without its products the shop would shrink by thousands, and an update would take them
for gone; and unlike a picture it can be had again.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recsys.errors import CatalogError
from recsys.hub.cache import Copies

NO_SPACE = re.compile("no space left|not enough disk space|disk quota", re.IGNORECASE)
REASON = 120
"""Characters that are kept of what pyarrow says of a file."""


def no_space(name: str, reason: str, cache: Path) -> CatalogError | None:
    """The error for a disk that is full, if the reason is that; `cache` is where `datasets` keeps its copies."""
    if not NO_SPACE.search(reason):
        return None
    return CatalogError(
        f"There is no space left to read {name}: a copy of it is kept in {cache}. Free some there, or set HF_HOME to a"
        " folder on another disk, and run the same command."
    )


def damaged_folder(folder: Path) -> CatalogError | None:
    """The error for files of a folder that cannot be read, None where there are none."""
    bad = _unreadable(folder)
    return _error(folder.name, bad, "Copy it there again, and run the same command.") if bad else None


def damaged_download(repo_id: str, commit: str | None) -> CatalogError | None:
    """The same for a dataset of the Hub. What is not as the Hub announced it is removed from the cache."""
    copies = Copies.of(repo_id, "dataset")
    folder = copies.snapshot(commit or "none")
    bad = _unreadable(folder)
    altered = copies.unsound([folder / name for name in bad])
    for path in altered:
        path.resolve().unlink(missing_ok=True)
        path.unlink()
    if altered:
        return _error(repo_id, bad, "It came altered and is removed here: the same command fetches it again.")
    return _error(repo_id, bad, "It is so on the Hub: push it again, or give an older --revision.") if bad else None


def _error(name: str, bad: dict[str, str], advice: str) -> CatalogError:
    files = "; ".join(f"{file} ({reason})" for file, reason in bad.items())
    return CatalogError(f"{name} cannot be read as a dataset: a file in it is damaged, {files}. {advice}")


def _unreadable(folder: Path) -> dict[str, str]:
    """The parquet files in a folder that cannot be read to their end, by name, and why."""
    bad = {}
    for path in sorted(folder.rglob("*.parquet")):
        try:
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    file.read_row_group(group)
        except (pa.ArrowException, OSError, ValueError) as error:
            reason = textwrap.shorten(str(error), REASON).rstrip(".")
            bad[path.relative_to(folder).as_posix()] = reason or type(error).__name__
    return bad
