"""How an index lies in Milvus: a row a product, with its vector and a number for the value of each attribute.

The numbers are the codes of `Items`. So a filter is an expression of numbers and of names that are given here: nothing
that a catalogue or a visitor wrote comes into it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recsys.core.items import Items, parse_filter
from recsys.errors import StoreError
from recsys.stores.milvus.client import pymilvus
from recsys.types import Vectors, Where

ROW, VECTOR = "row", "vector"
MOST_ATTRIBUTES = 60
"""Milvus takes 64 fields."""


def attribute_field(place: int) -> str:
    """The field of the attribute in this place."""
    return f"a{place}"


def schema_of(items: Items, dim: int) -> Any:
    """The fields of these items. Raises StoreError where they have too many attributes."""
    if len(items.columns) > MOST_ATTRIBUTES:
        raise StoreError(
            f"The index has {len(items.columns)} attributes, and Milvus takes {MOST_ATTRIBUTES}. Build it with fewer:"
            " name them by --attributes."
        )
    types, schema = pymilvus().DataType, pymilvus().MilvusClient.create_schema()
    schema.add_field(ROW, types.INT64, is_primary=True)
    schema.add_field(VECTOR, types.FLOAT_VECTOR, dim=dim)
    for place in range(len(items.columns)):
        schema.add_field(attribute_field(place), types.INT32)
    return schema


def exact_index() -> Any:
    """Comparison with every vector that passes the filter: the graphs of Milvus lose what a filter should leave."""
    indexes = pymilvus().MilvusClient.prepare_index_params()
    indexes.add_index(VECTOR, index_type="FLAT", metric_type="IP")
    return indexes


def entities(items: Items, rows: Iterable[int], vectors: Vectors) -> list[dict[str, Any]]:
    """These rows with their `vectors` [len(rows), dim], as the client takes them."""
    codes = {attribute_field(place): column.codes for place, column in enumerate(items.columns.values())}
    return [
        {ROW: row, VECTOR: vector} | {name: int(column[row]) for name, column in codes.items()}
        for row, vector in zip(rows, vectors, strict=True)
    ]


def expression(items: Items, where: Where) -> str:
    """The filter as Milvus takes it. Its names and values have to be known to `items`, as those of `passing` are."""
    wanted, parts = parse_filter(where), []
    for place, (name, column) in enumerate(items.columns.items()):
        if name in wanted:
            codes = sorted({column.vocabulary.index(value) for value in wanted[name]})
            parts.append(f"{attribute_field(place)} in {codes}")
    return " and ".join(parts)
