"""Opens a folder, a file or a zip archive as a catalogue. Its files decide which layout it has."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pyarrow as pa

from recsys.catalog.files import Files
from recsys.catalog.index_items import open_index_items
from recsys.catalog.kaggle import IMAGES, STYLES, open_archive
from recsys.catalog.picture_files import PictureFiles
from recsys.catalog.source import ONLY_SPLIT, PictureReader, Source, require
from recsys.catalog.tables import ARROW_SUFFIXES, TEXT_SUFFIXES, is_table, parse_table
from recsys.catalog.text_folder import FoundTable, open_tables, source_of
from recsys.errors import CatalogError
from recsys.format.layout import ITEMS, MANIFEST

ZIP = ".zip"
SPLIT_SHARD = re.compile(r"-\d{5}-of-\d{5}")
"""In the name of a file of a dataset repository, after the name of its split."""
SPLIT_FILES = {"train", "test", "validation"}
CARD = "README.md"
DATASET_CARD = re.compile(r"\A---\s.*^(configs|dataset_info):.*^---", re.DOTALL | re.MULTILINE)
"""A card that says which files belong to which split."""


def open_folder(folder: Path, split: str) -> Source:
    """The catalogue in `folder`.

    It is a Kaggle archive, an index, a dataset repository, tables with pictures, or else a folder of pictures. Raises
    CatalogError if the folder holds none of these, or has no such split.
    """
    files = Files.of_folder(folder)
    names = [PurePosixPath(name) for name in files.readers]
    archive = _find_archive(folder, names)
    is_index = {MANIFEST, ITEMS} <= files.readers.keys()
    if not (archive or is_index) and (_is_dataset(folder) or any(name.suffix in ARROW_SUFFIXES for name in names)):
        return _open_dataset(folder, names, split)
    require("split", split, (ONLY_SPLIT,))
    if archive:
        return open_archive(archive, folder.name)
    return open_index_items(folder) if is_index else _open_files(folder.name, files)


def open_file(file: Path, split: str) -> Source:
    """The catalogue in a table, with pictures beside it or by link, or in a zip archive of tables and pictures.

    Raises CatalogError if the file is none of these, or has no such split.
    """
    suffix = file.suffix.lower()
    if suffix in ARROW_SUFFIXES:
        from recsys.catalog.hf_datasets import open_dataset_files  # datasets takes seconds to import

        return open_dataset_files(file.parent, [file], split)
    require("split", split, (ONLY_SPLIT,))
    if suffix == ZIP:
        return _open_files(file.name, Files.of_archive(file))
    if not is_table(file.name):
        known = ", ".join(sorted((ZIP, *ARROW_SUFFIXES, *TEXT_SUFFIXES)))
        raise CatalogError(f"{file.name} is a file of an unknown format. Give a folder, or one of these: {known}.")
    table = parse_table(file.read_bytes(), file.name)
    return source_of(
        file.name, [FoundTable(table, ".")], PictureFiles(Files.of_folder(file.parent, with_archives=False))
    )


def _open_files(name: str, files: Files) -> Source:
    source, notes = open_tables(name, files)
    return source or _open_pictures(name, files, notes)


def _is_dataset(folder: Path) -> bool:
    card = folder / CARD
    return card.is_file() and DATASET_CARD.search(card.read_text("utf-8", errors="replace")) is not None


def _open_dataset(folder: Path, names: Sequence[PurePosixPath], split: str) -> Source:
    """A dataset repository, or else all its files: a file such as shoes-test.parquet is no split."""
    from recsys.catalog.hf_datasets import open_dataset_files, open_repository  # datasets takes seconds to import

    tables = [name for name in names if name.suffix in ARROW_SUFFIXES]
    has_splits = any(SPLIT_SHARD.search(name.name) or name.stem in SPLIT_FILES for name in tables)
    if has_splits or _is_dataset(folder):
        return open_repository(folder, split)
    return open_dataset_files(folder, [folder / name for name in tables], split)


def _find_archive(folder: Path, files: Sequence[PurePosixPath]) -> Path | None:
    """The highest folder that has styles.csv beside `images`. It may also be the parent of a folder `images`."""
    below = sorted((file.parent for file in files if file.name == STYLES), key=lambda place: len(place.parts))
    above = [folder.parent] if folder.name == IMAGES and (folder.parent / STYLES).is_file() else []
    places = (*above, *(folder / place for place in below))
    return next((place for place in places if (place / IMAGES).is_dir()), None)


def _open_pictures(name: str, files: Files, notes: Sequence[str]) -> Source:
    pictures = PictureFiles(files)
    if not pictures.names:
        reasons = "".join(f" {note[0].upper()}{note[1:].rstrip('.')}." for note in notes)
        raise CatalogError(
            f"{name} holds no catalogue.{reasons} Give a folder of pictures, or a table that names pictures, "
            f"or a folder with {STYLES} and {IMAGES}/, or one in the layout of a dataset repository "
            "(data/train-*.parquet)."
        )
    paths = sorted(map(PurePosixPath, pictures.names))
    readable = [PurePosixPath(os.fsencode(path).decode(errors="replace")) for path in paths]
    labels = [path.parent.as_posix() if path.parent.name else None for path in readable]
    columns = {
        "id": [path.with_suffix("").as_posix() for path in readable],
        "name": [" ".join(re.split(r"[-_\s]+", path.stem)) for path in readable],
        "label": pa.array(labels, pa.string()),
        "image": [{"path": os.fsencode(path)} for path in paths],
    }
    known = ("label",) if any(labels) else ()
    notes = (*notes, *pictures.notes())
    return Source(name, pa.table(columns), ("image",), _reader(files), id="id", labels=known, notes=notes)


def _reader(files: Files) -> PictureReader:
    def read(path: str | bytes) -> bytes | None:
        try:
            return files.read(os.fsdecode(path))
        except CatalogError:
            return None

    return read
