"""The products of an index folder as a catalogue: its `items.parquet` has their ids, names, attributes and pictures."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recsys.catalog.source import Source, picture_reader
from recsys.errors import CatalogError
from recsys.format.layout import GROUP_COLUMN, ID_COLUMN, ITEMS, MANIFEST, NAME_COLUMN, OFFER_COLUMN, PICTURE_COLUMN
from recsys.runtime.hashing import read_json


def open_index_items(folder: Path) -> Source:
    """The products of the index in `folder`. Raises CatalogError if its `items.parquet` cannot be read."""
    try:
        with pq.ParquetFile(folder / ITEMS) as file:
            table = pa.Table.from_batches(file.iter_batches(), file.schema_arrow)
    except (pa.ArrowException, OSError) as error:
        raise CatalogError(f"The products of the index {folder.name} cannot be read: {error}.") from error
    has_offers = OFFER_COLUMN in table.column_names and pa.types.is_struct(table[OFFER_COLUMN].type)
    has_groups = GROUP_COLUMN in table.column_names and _has_groups(folder)
    offers, groups = OFFER_COLUMN if has_offers else None, GROUP_COLUMN if has_groups else None
    known = (ID_COLUMN, NAME_COLUMN, PICTURE_COLUMN, offers, groups)
    return Source(
        folder.name,
        table,
        (PICTURE_COLUMN,),
        picture_reader(folder),
        id=ID_COLUMN,
        labels=tuple(column for column in table.column_names if column not in known),
        offers=offers,
        groups=groups,
    )


def _has_groups(folder: Path) -> bool:
    """Whether the column of that name holds groups, as the manifest says; otherwise it is an attribute."""
    try:
        return bool(read_json(folder / MANIFEST).get("has_groups"))
    except (OSError, ValueError, AttributeError):
        return False
