"""Catalogues in a folder, told apart by what lies in it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from recsys.catalog.kaggle import IMAGES, STYLES, open_archive
from recsys.catalog.source import ONLY_SPLIT, Source, reader, require
from recsys.errors import CatalogError

PICTURE_SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff"}
PICTURE_SUFFIXES |= {".heic", ".heif"}  # not readable, but pictures: to be listed as skipped, not passed over
DATA_SUFFIXES = {".parquet", ".arrow"}
METADATA = {"metadata.csv", "metadata.jsonl"}
"""What makes a folder a dataset repository: tables, or a table about the pictures beside it."""


def open_folder(folder: Path, split: str) -> Source:
    """The catalogue in `folder`: the Kaggle archive, a dataset repository, or else its pictures.

    Raises CatalogError where there is none.
    """
    files = sorted(_files(folder))
    archive = _archive(folder, files)
    if archive is None and any(file.suffix in DATA_SUFFIXES or file.name in METADATA for file in files):
        from recsys.catalog.hf_datasets import open_repository  # datasets takes seconds to import

        return open_repository(folder, split)
    require("split", split, (ONLY_SPLIT,))
    if archive:
        return open_archive(archive, folder.name)
    return _open_pictures(folder, [file for file in files if file.suffix.lower() in PICTURE_SUFFIXES])


def _files(folder: Path) -> Iterator[Path]:
    """The files in a folder and below it, relative to it, without the hidden ones."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = Path(place).relative_to(folder)
        yield from (below / name for name in names if not name.startswith("."))


def _archive(folder: Path, files: Sequence[Path]) -> Path | None:
    """The folder of the styles: the highest one that has them beside its pictures, or the one above `images`."""
    below = sorted((file.parent for file in files if file.name == STYLES), key=lambda place: len(place.parts))
    above = [folder.parent] if folder.name == IMAGES and (folder.parent / STYLES).is_file() else []
    places = (*above, *(folder / place for place in below))
    return next((place for place in places if (place / IMAGES).is_dir()), None)


def _open_pictures(folder: Path, files: Sequence[Path]) -> Source:
    if not files:
        raise CatalogError(
            f"{folder.name} holds no catalogue. Give a folder of pictures, or one with {STYLES} and {IMAGES}/, "
            "or one in the layout of a dataset repository (data/train-*.parquet)."
        )
    readable = [Path(os.fsencode(file).decode(errors="replace")) for file in files]
    labels = [file.parent.as_posix() if file.parent.name else None for file in readable]
    columns = {
        "id": [file.with_suffix("").as_posix() for file in readable],
        "name": [" ".join(re.split(r"[-_\s]+", file.stem)) for file in readable],
        "label": pa.array(labels, pa.string()),
        "image": [{"path": os.fsencode(file)} for file in files],
    }
    known = ("label",) if any(labels) else ()
    return Source(folder.name, pa.table(columns), ("image",), reader(folder), id="id", labels=known)
