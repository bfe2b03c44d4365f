"""The Milvus schema of an index: one row for each product, with its vector and a code for the value of each attribute.

The codes are those of `Items`. Attributes that take several values are left out. A filter expression therefore consists
of numbers and of field names defined here, and never contains text of a catalogue or a visitor.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recsys.core.filters import parse_filter
from recsys.core.items import Items
from recsys.errors import StoreError
from recsys.stores.milvus.client import pymilvus
from recsys.types import Vectors, Where

ROW, VECTOR = "row", "vector"
MAX_ATTRIBUTES = 60
"""Milvus allows 64 fields."""


def attribute_field(place: int) -> str:
    """The field of the attribute at this position of `Items.columns`."""
    return f"a{place}"


def schema_of(items: Items, dim: int) -> Any:
    """The schema for these items. Raises StoreError if they have too many attributes."""
    if len(items.columns) > MAX_ATTRIBUTES:
        raise StoreError(
            f"The index has {len(items.columns)} attributes, but Milvus allows {MAX_ATTRIBUTES}. Select"
            " fewer by --attributes."
        )
    types, schema = pymilvus().DataType, pymilvus().MilvusClient.create_schema()
    schema.add_field(ROW, types.INT64, is_primary=True)
    schema.add_field(VECTOR, types.FLOAT_VECTOR, dim=dim)
    for place in range(len(items.columns)):
        schema.add_field(attribute_field(place), types.INT32)
    return schema


def entities(items: Items, rows: Iterable[int], vectors: Vectors) -> list[dict[str, Any]]:
    """These rows with their `vectors` [len(rows), dim], as the client inserts them."""
    codes = {attribute_field(place): column.codes for place, column in enumerate(items.columns.values())}
    return [
        {ROW: row, VECTOR: vector} | {name: int(column[row]) for name, column in codes.items()}
        for row, vector in zip(rows, vectors, strict=True)
    ]


def expression(items: Items, where: Where) -> str:
    """The filter as a Milvus expression. Its attributes and values must exist in `items`."""
    wanted, parts = parse_filter(where), []
    for place, name in enumerate(items.columns):
        if name in wanted:
            codes = sorted(set(items.codes(name, wanted[name])))
            parts.append(f"{attribute_field(place)} in {codes}")
    return " and ".join(parts)


def slice_of(filtered: str, part: int, count: int) -> str:
    """The filter expression, limited to one of `count` slices of all rows."""
    if count == 1:
        return filtered
    own = f"{ROW} % {count} == {part}"
    return f"{filtered} and {own}" if filtered else own
