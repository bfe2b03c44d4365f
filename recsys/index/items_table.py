"""Reads items.parquet: one row for each product, in index order, with its id, name, attributes and thumbnail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recsys.core.items import Items
from recsys.errors import IndexDamagedError
from recsys.format.layout import ID_COLUMN, ITEMS, NAME_COLUMN, PICTURE_COLUMN
from recsys.format.manifest import REMEDY, Manifest
from recsys.types import Value

PICTURE_TYPE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
PICTURE_BYTES = f"{PICTURE_COLUMN}.bytes"
MAX_TEXT_BYTES_PER_PRODUCT = 4_000
EXTRA_TEXT_BYTES = 1_000_000
"""An index may have this much text beyond MAX_TEXT_BYTES_PER_PRODUCT for each product."""
MAX_VALUE_BYTES = 20_000
MAX_GROUP_PICTURE_BYTES = 64_000_000
"""The thumbnails of one row group are read together."""


def schema_for(attributes: Sequence[str]) -> pa.Schema:
    """The columns of items.parquet. Its metadata tells the Hub's viewer to show the thumbnails as pictures."""
    texts = [ID_COLUMN, NAME_COLUMN, *_attribute_columns(attributes)]
    features = {name: {"dtype": "string", "_type": "Value"} for name in [*texts, PICTURE_COLUMN]}
    features[PICTURE_COLUMN] = {"_type": "Image"}
    fields = [*((name, pa.string()) for name in texts), (PICTURE_COLUMN, PICTURE_TYPE)]
    return pa.schema(fields).with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def open_table(path: Path, dictionary_columns: Sequence[str]) -> pq.ParquetFile:
    """The table, memory-mapped. The named columns hold each repeated value once."""
    return pq.ParquetFile(path, memory_map=True, read_dictionary=list(dictionary_columns))


def read_items(path: Path, manifest: Manifest) -> Items:
    """The products without their thumbnails. Raises IndexDamagedError if they are not those the manifest states."""
    expected = schema_for(manifest.attributes)
    try:
        found, rows = pq.read_schema(path), pq.read_metadata(path).num_rows
    except (pa.ArrowException, OSError) as error:
        raise IndexDamagedError(f"{ITEMS} cannot be read: {error}. {REMEDY}") from error
    if not found.equals(expected) or rows != manifest.count:
        raise IndexDamagedError(
            f"{ITEMS} has {rows} rows of {_column_list(found)}, but the manifest states {manifest.count} of"
            f" {_column_list(expected)}. {REMEDY}"
        )
    try:
        texts = _read_texts(path, [name for name in expected.names if name != PICTURE_COLUMN], rows)
        attributes = dict(zip(manifest.attributes, texts[2:], strict=True))
        return Items(texts[0], texts[1], attributes, manifest.roles)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise IndexDamagedError(f"{ITEMS} does not hold a catalogue: {error}. {REMEDY}") from error


def read_thumbnails(path: Path) -> Iterator[bytes]:
    """The thumbnails in index order."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=[PICTURE_BYTES]):
            yield from batch.column(PICTURE_COLUMN).field("bytes").to_pylist()


def read_thumbnail_group(table: pq.ParquetFile, group: int) -> pa.Array:
    """The thumbnails of one row group. Raises IndexDamagedError."""
    try:
        rows = table.read_row_group(group, columns=[PICTURE_BYTES])
    except (pa.ArrowException, OSError) as error:
        raise IndexDamagedError(f"{ITEMS} holds pictures that cannot be read. {REMEDY}") from error
    return rows.column(PICTURE_COLUMN).combine_chunks().field("bytes")


def _attribute_columns(attributes: Sequence[str]) -> list[str]:
    """The column of each attribute. A name that is already taken gets an underscore."""
    taken = [ID_COLUMN, NAME_COLUMN, PICTURE_COLUMN]
    for name in attributes:
        while name in taken:
            name += "_"
        taken.append(name)
    return taken[3:]


def _read_texts(path: Path, columns: Sequence[str], rows: int) -> list[list[Any]]:
    """The values of these columns. Raises ValueError for missing ids, and for more text than is allowed.

    A small file can unpack to any amount of text, by compression or by one long value that every row repeats.
    Therefore the sizes are checked before anything is read, and repeated values are read once.
    """
    file = open_table(path, columns)
    limit = MAX_TEXT_BYTES_PER_PRODUCT * rows + EXTRA_TEXT_BYTES
    sizes = [_unpacked_bytes(file, group) for group in range(file.num_row_groups)]
    if sum(size[name] for size in sizes for name in columns) > limit:
        raise ValueError(f"its text takes more than {limit:,} bytes")
    if max(size[PICTURE_BYTES] for size in sizes) > MAX_GROUP_PICTURE_BYTES:
        raise ValueError(f"the pictures of a row group take more than {MAX_GROUP_PICTURE_BYTES:,} bytes")
    texts = [column.unify_dictionaries().combine_chunks() for column in file.read(columns=columns).columns]
    if max(pc.max(pc.binary_length(column.dictionary)).as_py() or 0 for column in texts) > MAX_VALUE_BYTES:
        raise ValueError(f"a value has more than {MAX_VALUE_BYTES:,} bytes")
    if texts[0].null_count:
        raise ValueError("a product has no id")
    return [_decoded(column) for column in texts]


def _unpacked_bytes(file: pq.ParquetFile, group: int) -> dict[str, int]:
    """Column → bytes in memory, for one row group."""
    metadata = file.metadata.row_group(group)
    columns = (metadata.column(index) for index in range(metadata.num_columns))
    return {column.path_in_schema: column.total_uncompressed_size for column in columns}


def _decoded(texts: pa.DictionaryArray) -> list[Value]:
    words: list[Any] = texts.dictionary.to_pylist()
    return [None if code is None else words[code] for code in texts.indices.to_pylist()]


def _column_list(schema: pa.Schema) -> str:
    return ", ".join(field.name if field.type in (pa.string(), PICTURE_TYPE) else str(field) for field in schema)
