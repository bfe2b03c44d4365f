"""The products of an index folder as a catalogue: its `items.parquet` has their ids, names, attributes and pictures."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recsys.catalog.source import Source, picture_reader
from recsys.errors import CatalogError
from recsys.format.layout import (
    ADDED_COLUMN,
    GROUP_COLUMN,
    ID_COLUMN,
    ITEMS,
    MANIFEST,
    NAME_COLUMN,
    OFFER_COLUMN,
    PICTURE_COLUMN,
)
from recsys.runtime.hashing import read_json


def open_index_items(folder: Path) -> Source:
    """The products of the index in `folder`. Raises CatalogError if its `items.parquet` cannot be read."""
    try:
        with pq.ParquetFile(folder / ITEMS) as file:
            table = pa.Table.from_batches(file.iter_batches(), file.schema_arrow)
    except (pa.ArrowException, OSError) as error:
        raise CatalogError(f"The products of the index {folder.name} cannot be read: {error}.") from error
    has_offers = OFFER_COLUMN in table.column_names and pa.types.is_struct(table[OFFER_COLUMN].type)
    offers = OFFER_COLUMN if has_offers else None
    groups, added = (
        column if column in table.column_names and _states(folder, fact) else None
        for column, fact in ((GROUP_COLUMN, "has_groups"), (ADDED_COLUMN, "has_added"))
    )
    known = (ID_COLUMN, NAME_COLUMN, PICTURE_COLUMN, offers, groups, added)
    return Source(
        folder.name,
        table,
        (PICTURE_COLUMN,),
        picture_reader(folder),
        id=ID_COLUMN,
        labels=tuple(column for column in table.column_names if column not in known),
        offers=offers,
        groups=groups,
        added=added,
    )


def _states(folder: Path, fact: str) -> bool:
    """Whether the manifest says that the column holds groups, or dates; otherwise it is an attribute of that name."""
    try:
        return bool(read_json(folder / MANIFEST).get(fact))
    except (OSError, ValueError, AttributeError):
        return False
