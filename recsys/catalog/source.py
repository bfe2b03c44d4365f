"""A catalogue as it lies there: a table, with the pictures in it or beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from recsys.errors import CatalogError

ONLY_SPLIT = "train"
"""The split of a source that has no splits."""

Reader = Callable[[str | bytes], bytes | None]
"""Reads a picture given by path, as text or as the file system has it; None where there is no such file."""


@dataclass(frozen=True)
class Source:
    """A table of products. `pictures` are the columns that may hold the picture.

    Where the layout says so, `id` is the column of the ids and `labels` are columns of attributes.
    """

    name: str
    table: pa.Table
    pictures: tuple[str, ...]
    read: Reader
    revision: str | None = None
    id: str | None = None
    labels: tuple[str, ...] = ()


def reader(base: Path, trusted: Callable[[Path], bool] = lambda file: True) -> Reader:
    """A reader of paths relative to `base`, which leaves alone what is not `trusted`."""

    def read(path: str | bytes) -> bytes | None:
        try:
            file = (base / os.fsdecode(path)).resolve()
            return file.read_bytes() if trusted(file) else None
        except (OSError, ValueError):  # ValueError: a path that no file can have
            return None

    return read


def require(what: str, name: str, known: Collection[str]) -> None:
    """Raise CatalogError, which lists what is known, where `name` is not."""
    if name not in known:
        raise CatalogError(f"There is no {what} {name!r}. There is: {', '.join(known) or 'none'}.")
