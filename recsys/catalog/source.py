"""A catalogue as its source stores it: a table, with the pictures in the table or in files beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from recsys.errors import CatalogError

ONLY_SPLIT = "train"
"""The split of a source that has no splits."""

PictureReader = Callable[[str | bytes], bytes | None]
"""Reads the picture at a path (text, or bytes as the file system has it).

Returns None if there is no such file. Raises PictureError if the file or the link cannot be read.
"""


@dataclass(frozen=True)
class Source:
    """A table of products, and how to read their pictures.

    `pictures` are the columns that may hold the picture. `id` is the column of ids and `labels` are columns of
    attributes, in layouts that define them. `offers`, `groups` and `added` are the columns of offers, of groups and of
    dates, in a layout that has them.

    `texts` says that the table is read from text, without types; `files` are then the picture files, and `resolve`
    gives the one that a text in a row names, or None. `row_numbers` are those that a spreadsheet shows, in the file
    `file`, which has `file_rows` rows. `notes` say what was changed or left out.
    """

    name: str
    table: pa.Table
    pictures: tuple[str, ...]
    read: PictureReader
    revision: str | None = None
    id: str | None = None
    labels: tuple[str, ...] = ()
    offers: str | None = None
    groups: str | None = None
    added: str | None = None
    texts: bool = False
    resolve: Callable[[str, int], str | None] | None = None
    files: Collection[str] = ()
    row_numbers: Sequence[int] | None = None
    file: str | None = None
    file_rows: int | None = None
    notes: tuple[str, ...] = ()

    def finds(self, reference: str) -> bool:
        """Whether a text names a file of the catalogue."""
        return self.resolve is not None and self.resolve(reference, 0) is not None


def picture_reader(base: Path, is_allowed: Callable[[Path], bool] = lambda file: True) -> PictureReader:
    """A reader of paths relative to `base`. It returns None for files that are not allowed."""

    def read(path: str | bytes) -> bytes | None:
        try:
            file = (base / os.fsdecode(path)).resolve()
            return file.read_bytes() if is_allowed(file) else None
        except (OSError, ValueError):  # ValueError: a path that no file can have
            return None

    return read


def require(what: str, name: str, known: Collection[str]) -> None:
    """Raises CatalogError, listing the known names, if `name` is not one of them."""
    if name not in known:
        raise CatalogError(f"There is no {what} {name!r}. Available: {', '.join(known) or 'none'}.")
