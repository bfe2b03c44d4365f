"""The index folder: one format for `index/`, for a local build and for a repository on the Hub.

index.json      manifest: format, encoder, dataset, search, size and sha256 of every other file, a hash of itself
vectors.ann     the Annoy index
vectors.neighbours.npy  the nearest products of each product; older indexes have none
pictures.npy    the sha256 of the picture of each product, for the next build; older indexes have none
items.parquet   a row per product, in index order: id, name, attributes, thumbnail
encoder/        weights trained here, or the projection of a frozen network
README.md       the card
assets/         its pictures

Opening a folder checks all of it, since Annoy checks nothing and then answers wrongly or ends the process. A build may
replace the folder meanwhile (see `output`): it is then opened anew, so that no part of one index is read with another.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recsys.core.items import Items
from recsys.errors import IndexDamagedError, IndexFolderError
from recsys.format.layout import ASSETS, CARD, ID_COLUMN, ITEMS, MANIFEST, NAME_COLUMN, PICTURE_COLUMN, VECTORS
from recsys.format.manifest import MEND, Manifest
from recsys.index.annoy import AnnoySearcher
from recsys.index.replace import standing
from recsys.runtime.hashing import file_sha256
from recsys.types import Item, Value

PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
PICTURE_BYTES = f"{PICTURE_COLUMN}.bytes"
TEXT_A_PRODUCT, SPARE_TEXT, LONGEST_TEXT = 4_000, 1_000_000, 20_000
"""Bytes of id, name and attributes that an index may hold."""
MOST_CARD = 200_000
"""Bytes of the card that are read: Markdown without end takes as long to show."""
MOST_PICTURES = 64_000_000
"""Bytes of the thumbnails that are read at once."""
ROWS_A_GROUP = 64
GROUPS_IN_MEMORY = 16
LIBRARIES = ("annoy", "timm", "torch", "pillow", "numpy", "pyarrow")


class IndexFolder:
    """An index on disk that was checked whole."""

    def __init__(self, path: Path, manifest: Manifest, items: Items, searcher: AnnoySearcher):
        self.path, self.manifest, self.items, self.searcher = path, manifest, items, searcher
        self._parquet = _open_parquet(path / ITEMS, [PICTURE_BYTES])
        sizes = [self._parquet.metadata.row_group(group).num_rows for group in range(self._parquet.num_row_groups)]
        self._group_ends = np.cumsum(sizes)
        self._lock = threading.Lock()
        self._group = lru_cache(GROUPS_IN_MEMORY)(self._read_group)

    @classmethod
    def open(cls, path: Path, name: str | None = None) -> Self:
        """Check the folder and open it, whole as it is at one moment. `name` is what to call it in a message.

        Raises IndexFolderError where it is none, IndexFormatError for another format, IndexDamagedError for a file
        that is missing, cut, swapped or altered.
        """
        while True:
            place = standing(path)
            before = _identity(place)
            try:
                folder = cls._open(place, name)
            except (IndexFolderError, OSError):
                if (standing(path), _identity(place)) == (place, before):
                    raise
                continue
            if _identity(standing(path)) == before:
                folder.path = path
                return folder

    @classmethod
    def _open(cls, path: Path, name: str | None) -> Self:
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
            return self._group(group)[row - first].as_py() or b""

    @property
    def version(self) -> str:
        """What changes whenever a thumbnail does."""
        return str(self.manifest.files[ITEMS]["sha256"][:8])

    @cached_property
    def card(self) -> str:
        """What the index says of itself, in Markdown; empty where there is no card."""
        file = self.path / CARD
        if not file.is_file():
            return ""
        with file.open("rb") as text:
            return text.read(MOST_CARD).decode("utf-8", errors="replace")

    @cached_property
    def plots(self) -> dict[str, bytes]:
        """The plots of the card by file name, as PNG."""
        return {file.name: file.read_bytes() for file in sorted((self.path / ASSETS).glob("*.png"))}

    def _read_group(self, group: int) -> pa.Array:
        try:
            table = self._parquet.read_row_group(group, columns=[PICTURE_BYTES])
        except (pa.ArrowException, OSError) as error:
            raise IndexDamagedError(f"{ITEMS} holds pictures that cannot be read. {MEND}") from error
        return table.column(PICTURE_COLUMN).combine_chunks().field("bytes")


def _identity(path: Path) -> tuple[int, int] | None:
    """Which folder this is, however it is called; None where there is none."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def read_thumbnails(path: Path) -> Iterator[bytes]:
    """The thumbnails of an items.parquet, in order."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=[PICTURE_BYTES]):
            yield from batch.column(PICTURE_COLUMN).field("bytes").to_pylist()


def _read_items(path: Path, manifest: Manifest) -> Items:
    wanted = _schema(manifest.attributes)
    try:
        found, rows = pq.read_schema(path), pq.read_metadata(path).num_rows
    except (pa.ArrowException, OSError) as error:
        raise IndexDamagedError(f"{ITEMS} cannot be read: {error}. {MEND}") from error
    if not found.equals(wanted) or rows != manifest.count:
        raise IndexDamagedError(
            f"{ITEMS} has {rows} rows of {_described(found)}, where the manifest states {manifest.count} of"
            f" {_described(wanted)}. {MEND}"
        )
    try:
        texts = _texts(path, [name for name in wanted.names if name != PICTURE_COLUMN], rows)
        return Items(texts[0], texts[1], dict(zip(manifest.attributes, texts[2:], strict=True)))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise IndexDamagedError(f"{ITEMS} holds no catalogue: {error}. {MEND}") from error


def _texts(path: Path, columns: Sequence[str], rows: int) -> list[list[Any]]:
    """The values of these columns. Raises ValueError for ids that are none, and for more text than products have.

    A few bytes can stand for any amount of it: packed, or as one long value that every row repeats. So the amount is
    asked first, and what repeats is read once.
    """
    file = _open_parquet(path, columns)
    most = TEXT_A_PRODUCT * rows + SPARE_TEXT
    sizes = [_unpacked(file, group) for group in range(file.num_row_groups)]
    if sum(size[name] for size in sizes for name in columns) > most:
        raise ValueError(f"its text takes more than {most:,} bytes")
    if max(size[PICTURE_BYTES] for size in sizes) > MOST_PICTURES:
        raise ValueError(f"pictures that are read at once take more than {MOST_PICTURES:,} bytes")
    texts = [column.unify_dictionaries().combine_chunks() for column in file.read(columns=columns).columns]
    if max(pc.max(pc.binary_length(column.dictionary)).as_py() or 0 for column in texts) > LONGEST_TEXT:
        raise ValueError(f"a value has more than {LONGEST_TEXT:,} bytes")
    if texts[0].null_count:
        raise ValueError("a product has no id")
    return [_values(column) for column in texts]


def _open_parquet(path: Path, columns: Sequence[str]) -> pq.ParquetFile:
    """The file, of whose columns these keep a value that repeats once."""
    return pq.ParquetFile(path, memory_map=True, read_dictionary=list(columns))


def _unpacked(file: pq.ParquetFile, group: int) -> dict[str, int]:
    """How many bytes each column of a row group takes in memory."""
    columns = file.metadata.row_group(group)
    facts = (columns.column(index) for index in range(columns.num_columns))
    return {column.path_in_schema: column.total_uncompressed_size for column in facts}


def _values(texts: pa.DictionaryArray) -> list[Value]:
    words = texts.dictionary.to_pylist()
    return [None if code is None else words[code] for code in texts.indices.to_pylist()]


def _described(schema: pa.Schema) -> str:
    return ", ".join(field.name if field.type in (pa.string(), PICTURE) else str(field) for field in schema)


def _schema(attributes: Sequence[str]) -> pa.Schema:
    """The columns of items.parquet, told to the Hub's viewer."""
    columns = _columns(attributes)
    features = {name: {"dtype": "string", "_type": "Value"} for name in columns} | {PICTURE_COLUMN: {"_type": "Image"}}
    fields = [(name, pa.string()) for name in columns[:-1]] + [(PICTURE_COLUMN, PICTURE)]
    return pa.schema(fields).with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def _columns(attributes: Sequence[str]) -> list[str]:
    """The columns of items.parquet; an attribute whose name is taken gets an underscore."""
    columns = [ID_COLUMN, NAME_COLUMN, PICTURE_COLUMN]
    for name in attributes:
        while name in columns:
            name += "_"
        columns.append(name)
    return [ID_COLUMN, NAME_COLUMN, *columns[3:], PICTURE_COLUMN]


class ItemsWriter:
    """Writes items.parquet, a row group at a time, so that the Hub's viewer shows the pictures.

    A context manager; or else to be closed.
    """

    def __init__(self, path: Path, attributes: Sequence[str]):
        self._schema = _schema(attributes)
        self._attributes = tuple(attributes)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[list[Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            self.close()
            return
        with contextlib.suppress(OSError):  # a full disk, which `error` tells
            self._writer.close()

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
