"""Explains why a dataset cannot be read: a damaged file, or no disk space for the copy that `datasets` makes.

A damaged file ends the build. Without it the shop would lose thousands of products, and an update would count them as
removed from the catalogue; unlike a single bad picture, the file can be fetched again.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recsys.errors import CatalogError
from recsys.hub.cache import RepoCache

DISK_FULL = re.compile("no space left|not enough disk space|disk quota", re.IGNORECASE)
MAX_REASON_CHARACTERS = 120
"""How much of pyarrow's message about a file is quoted."""


def disk_full_error(name: str, reason: str, cache: Path) -> CatalogError | None:
    """The error to raise if `reason` says that the disk is full. `cache` is where `datasets` keeps its copies."""
    if not DISK_FULL.search(reason):
        return None
    return CatalogError(
        f"There is no space left to read {name}: a copy of it is kept in {cache}. Free some there, or set HF_HOME to a"
        " folder on another disk, and run the same command."
    )


def damaged_folder_error(folder: Path) -> CatalogError | None:
    """The error that names the damaged files of a folder, or None if there are none."""
    return _error(folder.name, _damaged_files(folder), "Copy it there again, and run the same command.")


def damaged_download_error(repo_id: str, commit: str | None) -> CatalogError | None:
    """The error that names the damaged files of a Hub dataset, or None if there are none.

    Files that differ from what the Hub announced are removed from the cache, so that the next run fetches them again.
    """
    copies = RepoCache.for_repo(repo_id, "dataset")
    folder = copies.snapshot(commit or "none")
    damaged = _damaged_files(folder)
    altered = copies.corrupted([folder / name for name in damaged])
    for path in altered:
        path.resolve().unlink(missing_ok=True)
        path.unlink()
    advice = "The file is damaged on the Hub: push it again, or give an older --revision."
    if altered:
        advice = "The download was altered and has been removed: run the same command again."
    return _error(repo_id, damaged, advice)


def _error(name: str, damaged: dict[str, str], advice: str) -> CatalogError | None:
    if not damaged:
        return None
    files = "; ".join(f"{file} ({reason})" for file, reason in damaged.items())
    return CatalogError(f"{name} cannot be read as a dataset: a file in it is damaged, {files}. {advice}")


def _damaged_files(folder: Path) -> dict[str, str]:
    """The parquet files in a folder that cannot be read to their end: file name → reason."""
    damaged = {}
    for path in sorted(folder.rglob("*.parquet")):
        try:
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    file.read_row_group(group)
        except (pa.ArrowException, OSError, ValueError) as error:
            reason = textwrap.shorten(str(error), MAX_REASON_CHARACTERS).rstrip(".")
            damaged[path.relative_to(folder).as_posix()] = reason or type(error).__name__
    return damaged
