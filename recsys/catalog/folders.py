"""Opens a folder as a catalogue. Its files decide which layout it has."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from recsys.catalog.index_items import open_index_items
from recsys.catalog.kaggle import IMAGES, STYLES, open_archive
from recsys.catalog.source import ONLY_SPLIT, Source, picture_reader, require
from recsys.errors import CatalogError
from recsys.format.layout import ITEMS, MANIFEST

READABLE_SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff"}
UNREADABLE_SUFFIXES = {".heic", ".heif"}
"""Pictures that Pillow cannot read. They become products, so that the build lists them as left out."""
TABLE_SUFFIXES = {".parquet", ".arrow"}
METADATA_FILES = {"metadata.csv", "metadata.jsonl"}
"""A folder with a table, or with a table about the pictures beside it, is a dataset repository."""


def open_folder(folder: Path, split: str) -> Source:
    """The catalogue in `folder`: a Kaggle archive, an index, a dataset repository, or else a folder of pictures.

    Raises CatalogError if the folder holds none of these, or has no such split.
    """
    files = sorted(_files(folder))
    archive, is_index = _find_archive(folder, files), {Path(MANIFEST), Path(ITEMS)} <= set(files)
    has_table = any(file.suffix in TABLE_SUFFIXES or file.name in METADATA_FILES for file in files)
    if has_table and not (archive or is_index):
        from recsys.catalog.hf_datasets import open_repository  # datasets takes seconds to import

        return open_repository(folder, split)
    require("split", split, (ONLY_SPLIT,))
    if archive:
        return open_archive(archive, folder.name)
    if is_index:
        return open_index_items(folder)
    suffixes = READABLE_SUFFIXES | UNREADABLE_SUFFIXES
    return _open_pictures(folder, [file for file in files if file.suffix.lower() in suffixes])


def _files(folder: Path) -> Iterator[Path]:
    """The files in a folder and its sub-folders, relative to it. Hidden files and folders are left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = Path(place).relative_to(folder)
        yield from (below / name for name in names if not name.startswith("."))


def _find_archive(folder: Path, files: Sequence[Path]) -> Path | None:
    """The highest folder that has styles.csv beside `images`. It may also be the parent of a folder `images`."""
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
    return Source(folder.name, pa.table(columns), ("image",), picture_reader(folder), id="id", labels=known)
