"""The index folder: one format for `index/`, for a local build and for a repository on the Hub.

index.json      manifest: format, encoder, dataset, search, size and sha256 of every other file, a hash of itself
vectors.ann     the Annoy index
vectors.neighbours.npy  the nearest products of each product; older indexes have none
items.parquet   a row per product, in index order: id, name, attributes, thumbnail
encoder/        weights trained here, or the projection of a frozen network
README.md       the card
assets/         its pictures

Opening a folder checks all of it, since Annoy checks nothing and then answers wrongly or ends the process.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.digest import file_sha256
from recsys.errors import IndexDamagedError, IndexFolderError
from recsys.index import AnnoySearcher
from recsys.items import Items
from recsys.manifest import ASSETS, CARD, ITEMS, MANIFEST, MEND, VECTORS, Manifest
from recsys.types import Item, Value

ID, NAME, THUMBNAIL = "id", "name", "thumbnail"
PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
ROWS_A_GROUP = 64
GROUPS_IN_MEMORY = 16
LIBRARIES = ("annoy", "timm", "torch", "pillow", "numpy", "pyarrow")


class IndexFolder:
    """An index on disk that was checked whole."""

    def __init__(self, path: Path, manifest: Manifest, items: Items, searcher: AnnoySearcher):
        self.path, self.manifest, self.items, self.searcher = path, manifest, items, searcher
        self._parquet = pq.ParquetFile(path / ITEMS, memory_map=True)
        sizes = [self._parquet.metadata.row_group(group).num_rows for group in range(self._parquet.num_row_groups)]
        self._group_ends = np.cumsum(sizes)
        self._lock = threading.Lock()
        self._group = lru_cache(GROUPS_IN_MEMORY)(self._read_group)

    @classmethod
    def open(cls, path: Path, name: str | None = None) -> Self:
        """Check the folder and open it. `name` is what to call it in a message.

        Raises IndexFolderError where it is none, IndexFormatError for another format, IndexDamagedError for a file
        that is missing, cut, swapped or altered.
        """
        manifest = Manifest.read(path, name)
        manifest.check_files(path)
        manifest.check_encoder(path)
        items, search = _read_items(path / ITEMS, manifest), manifest.search
        searcher = AnnoySearcher(path / VECTORS, items, search.dim, search.search_k, search.metric)
        return cls(path, manifest, items, searcher)

    def thumbnail(self, row: int) -> bytes:
        """The encoded picture of product `row`, read from disk."""
        group = int(np.searchsorted(self._group_ends, row, side="right"))
        first = int(self._group_ends[group - 1]) if group else 0
        with self._lock:
            return self._group(group)[row - first].as_py()

    @property
    def version(self) -> str:
        """What changes whenever a thumbnail does."""
        return str(self.manifest.files[ITEMS]["sha256"][:8])

    @cached_property
    def card(self) -> str:
        """What the index says of itself, in Markdown; empty where there is no card."""
        file = self.path / CARD
        return file.read_text("utf-8") if file.is_file() else ""

    @cached_property
    def plots(self) -> dict[str, bytes]:
        """The plots of the card by file name, as PNG."""
        return {file.name: file.read_bytes() for file in sorted((self.path / ASSETS).glob("*.png"))}

    def _read_group(self, group: int) -> pa.Array:
        table = self._parquet.read_row_group(group, columns=[f"{THUMBNAIL}.bytes"])
        return table.column(THUMBNAIL).combine_chunks().field("bytes")


def read_thumbnails(path: Path) -> Iterator[bytes]:
    """The thumbnails of an items.parquet, in order."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=[f"{THUMBNAIL}.bytes"]):
            yield from batch.column(THUMBNAIL).field("bytes").to_pylist()


def _read_items(path: Path, manifest: Manifest) -> Items:
    wanted = _schema(manifest.attributes)
    try:
        file = pq.ParquetFile(path)
        found, rows = file.schema_arrow, file.metadata.num_rows
        table = file.read(columns=[name for name in found.names if name != THUMBNAIL])
    except (pa.ArrowException, OSError) as error:
        raise IndexDamagedError(f"{ITEMS} cannot be read: {error}. {MEND}") from error
    if not found.equals(wanted) or rows != manifest.count:
        raise IndexDamagedError(
            f"{ITEMS} has {rows} rows of {_described(found)}, where the manifest states {manifest.count} of"
            f" {_described(wanted)}. {MEND}"
        )
    ids, names, *columns = (table.column(index).to_pylist() for index in range(table.num_columns))
    try:
        return Items(ids, names, dict(zip(manifest.attributes, columns, strict=True)))
    except ValueError as error:
        raise IndexDamagedError(f"{ITEMS} holds no catalogue: {error}. {MEND}") from error


def _described(schema: pa.Schema) -> str:
    return ", ".join(field.name if field.type in (pa.string(), PICTURE) else str(field) for field in schema)


def _schema(attributes: Sequence[str]) -> pa.Schema:
    """The columns of items.parquet, told to the Hub's viewer."""
    columns = _columns(attributes)
    features = {name: {"dtype": "string", "_type": "Value"} for name in columns} | {THUMBNAIL: {"_type": "Image"}}
    fields = [(name, pa.string()) for name in columns[:-1]] + [(THUMBNAIL, PICTURE)]
    return pa.schema(fields).with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def _columns(attributes: Sequence[str]) -> list[str]:
    """The columns of items.parquet; an attribute whose name is taken gets an underscore."""
    columns = [ID, NAME, THUMBNAIL]
    for name in attributes:
        while name in columns:
            name += "_"
        columns.append(name)
    return [ID, NAME, *columns[3:], THUMBNAIL]


class ItemsWriter:
    """Writes items.parquet, a row group at a time, so that the Hub's viewer shows the pictures."""

    def __init__(self, path: Path, attributes: Sequence[str]):
        self._schema = _schema(attributes)
        self._attributes = tuple(attributes)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[list[Any]] = []

    def add(self, item: Item, thumbnail: bytes) -> None:
        """Write one product."""
        values: list[Value] = [item.attributes.get(name) for name in self._attributes]
        self._rows.append([item.id, item.name, *values, {"bytes": thumbnail, "path": None}])
        if len(self._rows) == ROWS_A_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is left and end the file."""
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = zip(*self._rows, strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.table(arrays, schema=self._schema), row_group_size=ROWS_A_GROUP)
        self._rows = []


def file_facts(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and sha256 of every file of the folder but the manifest, by its path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {
        path.relative_to(folder).as_posix(): {"size": path.stat().st_size, "sha256": file_sha256(path)}
        for path in paths
    }


def library_versions() -> dict[str, str]:
    """The versions of the libraries that decide what an index holds."""
    return {name: version(name) for name in LIBRARIES}


def check_replaceable(output: Path) -> None:
    """Raises IndexFolderError where `output` cannot be written, or holds something else that must not be lost."""
    if output.is_file() or (output.is_dir() and any(output.iterdir()) and not (output / MANIFEST).is_file()):
        raise IndexFolderError(f"{output} exists and is no index. Choose another --output, or move it away.")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise IndexFolderError(f"{output} cannot be written: {error.strerror}. Choose another --output.") from error


def replace_folder(new: Path, output: Path) -> None:
    """Put the finished folder `new` in the place of `output`."""
    old = beside(output, "old")
    shutil.rmtree(old, ignore_errors=True)
    if output.exists():
        os.rename(output, old)
    os.rename(new, output)
    shutil.rmtree(old, ignore_errors=True)


def beside(output: Path, what: str) -> Path:
    """A hidden folder beside the index that a build works with: its `vectors`, the `new` index, the `old` one."""
    return output.with_name(f".{output.name}.{what}")
