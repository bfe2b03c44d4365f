"""Reads items.parquet: one row for each product, in index order, with its id, name, attributes, offer and thumbnail."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recsys.core.items import Items
from recsys.core.large import is_large
from recsys.errors import IndexDamagedError
from recsys.format.layout import ADDED_COLUMN, GROUP_COLUMN, ID_COLUMN, ITEMS, NAME_COLUMN, OFFER_COLUMN, PICTURE_COLUMN
from recsys.format.manifest import REMEDY, Manifest
from recsys.index.cells import CellReader, CodeReader, ListReader
from recsys.index.parquet_pages import check_pages
from recsys.index.texts import TextReader
from recsys.runtime.memory import release_memory
from recsys.types import OFFER_FIELDS

PICTURE_TYPE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
OFFER_TYPE = pa.struct(
    [(name, pa.float64() if name in ("price", "sale_price") else pa.string()) for name in OFFER_FIELDS]
)
OPTIONAL_COLUMNS = {ADDED_COLUMN: pa.string(), GROUP_COLUMN: pa.string(), OFFER_COLUMN: OFFER_TYPE}
PICTURE_BYTES = f"{PICTURE_COLUMN}.bytes"
PAGE_BYTES = {"min_chunk_size": 2**16, "max_chunk_size": 2**18}
SHARED_PARTS = {"use_content_defined_chunking": PAGE_BYTES, "write_page_index": True}
"""Options by which two versions of a table have most bytes in common, so that the Hub stores and receives them once."""
MAX_TEXT_BYTES_PER_PRODUCT = 4_000
EXTRA_TEXT_BYTES = 1_000_000
"""An index may have this much text beyond MAX_TEXT_BYTES_PER_PRODUCT for each product."""
MAX_VALUE_BYTES = 20_000
MAX_VALUES_PER_PRODUCT = 200
"""The most values of one attribute, on average over the products, or over 100 if there are fewer."""
BLOCK_ROWS = 2**14
"""The rows are read in blocks of about this size. A block takes some 20 MB while it is read."""
MAX_GROUP_PICTURE_BYTES = 64_000_000
"""The thumbnails of one row group are read together."""


def schema_for(attributes: Sequence[str], lists: Collection[str] = (), *, optional: Sequence[str] = ()) -> pa.Schema:
    """The columns of items.parquet; `lists` are the attributes that take several values.

    `optional` are the optional columns that it has: those of the dates, the groups and the offers.

    Its metadata tells the Hub's viewer to show the thumbnails as pictures.
    """
    taken = _attribute_columns(attributes, optional)
    kinds = [pa.list_(pa.string()) if name in lists else pa.string() for name in attributes]
    fields = [(ID_COLUMN, pa.string()), (NAME_COLUMN, pa.string()), *zip(taken, kinds, strict=True)]
    fields += [(name, OPTIONAL_COLUMNS[name]) for name in optional]
    features = {name: _feature(kind) for name, kind in fields} | {PICTURE_COLUMN: {"_type": "Image"}}
    schema = pa.schema([*fields, (PICTURE_COLUMN, PICTURE_TYPE)])
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def optional_columns(*, has_added: bool, has_groups: bool, has_offers: bool) -> list[str]:
    """The optional columns that a table has, in their order."""
    return [name for name, has in zip(OPTIONAL_COLUMNS, (has_added, has_groups, has_offers), strict=True) if has]


def _feature(kind: pa.DataType) -> Any:
    """The type of a column in the words of the library `datasets`."""
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "List"}
    return {"dtype": "float64" if pa.types.is_floating(kind) else "string", "_type": "Value"}


def open_table(path: Path, dictionary_columns: Sequence[str], *, is_mapped: bool = True) -> pq.ParquetFile:
    """The table, memory-mapped unless it is read once. The named columns hold each repeated value once."""
    return pq.ParquetFile(path, memory_map=is_mapped, read_dictionary=list(dictionary_columns))


def read_items(path: Path, manifest: Manifest) -> Items:
    """The products without their thumbnails. Raises IndexDamagedError if they are not those the manifest states."""
    optional = optional_columns(
        has_added=manifest.has_added, has_groups=manifest.has_groups, has_offers=manifest.has_offers
    )
    expected = schema_for(manifest.attributes, manifest.lists, optional=optional)
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
        ids, names, *cells = _read_cells(path, expected, rows)
        offers = cells.pop() if manifest.has_offers else None
        groups = cells.pop() if manifest.has_groups else None
        added = cells.pop() if manifest.has_added else None
        attributes = dict(zip(manifest.attributes, cells, strict=True))
        return Items(ids, names, attributes, manifest.roles, offers, groups, added)
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


def _attribute_columns(attributes: Sequence[str], others: Sequence[str]) -> list[str]:
    """The column of each attribute. A name that is already taken, as by the `others`, gets an underscore."""
    taken = [ID_COLUMN, NAME_COLUMN, PICTURE_COLUMN, *others]
    for name in attributes:
        while name in taken:
            name += "_"
        taken.append(name)
    return taken[3 + len(others) :]


def _read_cells(path: Path, schema: pa.Schema, rows: int) -> list[Any]:
    """The cells of all columns but the pictures. Raises ValueError for missing ids, and for more text than is allowed.

    A small file can unpack to any amount of text, by compression or by one long value that every row repeats.
    Therefore the sizes are checked before anything is read, and repeated values are read once. The rows are read in
    blocks, so that a large catalogue is never in memory in any other form than its columns.
    """
    fields = [field for field in schema if field.name != PICTURE_COLUMN]
    file = open_table(path, [leaf for field in fields for leaf in text_leaves(field)], is_mapped=False)
    _check_sizes(file.metadata, rows)
    check_pages(path, file.metadata)
    readers = [_reader(field, is_large=is_large(rows)) for field in fields]
    for groups in _blocks(file.metadata):
        table = _read_columns(file, fields, groups)
        for reader, column in zip(readers, table.columns, strict=True):
            cells = column.unify_dictionaries().combine_chunks()
            lengths = [pc.max(pc.binary_length(words)).as_py() for words in _vocabularies(cells)]
            if max(length or 0 for length in lengths) > MAX_VALUE_BYTES:
                raise ValueError(f"a value has more than {MAX_VALUE_BYTES:,} bytes")
            if reader is readers[0] and cells.null_count:
                raise ValueError("a product has no id")
            reader.add(cells)
    found = [reader.cells() for reader in readers]
    if is_large(rows):
        pa.default_memory_pool().release_unused()
        release_memory()
    return found


def _blocks(metadata: pq.FileMetaData) -> Iterator[range]:
    """The row groups, in blocks of at least BLOCK_ROWS rows."""
    start = held = 0
    for group in range(metadata.num_row_groups):
        held += metadata.row_group(group).num_rows
        if held >= BLOCK_ROWS or group == metadata.num_row_groups - 1:
            yield range(start, group + 1)
            start, held = group + 1, 0


def _reader(field: pa.Field, *, is_large: bool) -> CellReader:
    """What collects the cells of a column: the ids and names, an attribute of one value, or any other column."""
    if field.name in (ID_COLUMN, NAME_COLUMN):
        return TextReader(is_large=is_large)
    return CodeReader() if field.type == pa.string() and field.name != ADDED_COLUMN else ListReader()


def _read_columns(file: pq.ParquetFile, fields: Sequence[pa.Field], groups: range) -> pa.Table:
    """These columns. Each row group is read by itself if one is nested: Arrow cannot read several with their words."""
    names = [field.name for field in fields]
    if not any(pa.types.is_nested(field.type) for field in fields):
        return file.read_row_groups(groups, columns=names)
    return pa.concat_tables(file.read_row_group(group, columns=names) for group in groups)


def _check_sizes(metadata: pq.FileMetaData, rows: int) -> None:
    """Raises ValueError if a file takes more memory than is allowed. The pictures are its last two columns."""
    limit, text, values = MAX_TEXT_BYTES_PER_PRODUCT * rows + EXTRA_TEXT_BYTES, 0, [0] * metadata.num_columns
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        columns = [group.column(place) for place in range(group.num_columns)]
        text += sum(column.total_uncompressed_size for column in columns[:-2])
        values = [total + column.num_values for total, column in zip(values, columns, strict=True)]
        if columns[-2].total_uncompressed_size > MAX_GROUP_PICTURE_BYTES:
            raise ValueError(f"the pictures of a row group take more than {MAX_GROUP_PICTURE_BYTES:,} bytes")
    if text > limit:
        raise ValueError(f"its text takes more than {limit:,} bytes")
    if max(values, default=0) > MAX_VALUES_PER_PRODUCT * max(rows, 100):
        raise ValueError(f"an attribute has more than {MAX_VALUES_PER_PRODUCT} values for each product")


def text_leaves(field: pa.Field) -> list[str]:
    """The leaves of this column that hold text, as Parquet names them."""
    if pa.types.is_struct(field.type):
        return [f"{field.name}.{part.name}" for part in field.type if part.type == pa.string()]
    return [f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name]


def _vocabularies(column: pa.Array) -> list[pa.Array]:
    """The different texts in a column."""
    if pa.types.is_struct(column.type):
        return [
            words for part in column.flatten() if not pa.types.is_floating(part.type) for words in _vocabularies(part)
        ]
    return [column.values.dictionary if pa.types.is_list(column.type) else column.dictionary]


def _column_list(schema: pa.Schema) -> str:
    usual = (pa.string(), PICTURE_TYPE)
    return ", ".join(field.name if field.type in usual else str(field) for field in schema)
