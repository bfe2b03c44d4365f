"""Which column of a catalogue is the picture, the id and the name, and which are attributes.

- picture: the only column that holds pictures;
- id: a column named as one, nearly all of whose values are distinct; else the number of the row;
- name: a column of text named as one;
- attributes: the other columns of short texts, whole numbers or booleans whose values repeat.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from recsys.catalog.source import Source, require
from recsys.catalog.values import is_binary, is_text, text
from recsys.errors import CatalogError

ID_NAMES = ("id", "itemid", "productid", "articleid", "styleid", "variantid", "sku", "asin", "gtin", "ean", "uuid")
NAME_NAMES = (
    *("productdisplayname", "displayname", "productname", "producttitle", "prodname", "itemname", "articlename"),
    *("name", "title", "text", "caption", "description"),
)
"""Names in order of preference, written small and without separators: "Product_ID" is "productid"."""

DISTINCT_IDS = 0.9
"""The share of distinct values that makes a column an id: a few doublets do not turn ids into row numbers."""
MIN_VALUES = 2
MAX_VALUES = 1000
MAX_NUMBERS = 50
"""Distinct values of an attribute, null among them; fewer where they are numbers: years are in, prices are out."""
ROWS_PER_VALUE = 2
"""So many products at least share a value of an attribute, on average."""
MAX_LENGTH = 80
"""Characters of an attribute's longest value: descriptions are out."""


@dataclass(frozen=True)
class Columns:
    """The columns that make a product. Without an `id` the row number is the id, without a `name` there is none."""

    image: str
    id: str | None
    name: str | None
    attributes: tuple[str, ...]

    @classmethod
    def find(
        cls,
        source: Source,
        *,
        image: str | None = None,
        id: str | None = None,
        name: str | None = None,
        attributes: Sequence[str] | None = None,
    ) -> Columns:
        """Take the columns that are named, and find the others.

        Raises CatalogError where a named column is not there or cannot serve, and where the picture cannot be told.
        """
        table = source.table
        for column in (id, name, *(attributes or ())):
            if column is not None:
                require("column", column, table.column_names)
                _require_scalar(table, column)
        image = _image(source, image)
        id = id or source.id or _named(table, ID_NAMES, _is_id)
        name = name or _named(table, NAME_NAMES, lambda column: is_text(column.type))
        if attributes is None:
            free = [column for column in table.column_names if column not in (image, id, name)]
            attributes = [column for column in free if column in source.labels or _is_attribute(table[column])]
        return cls(image, id, name, tuple(dict.fromkeys(attributes)))


def _image(source: Source, flag: str | None) -> str:
    names = source.table.column_names
    if flag is not None:
        require("column", flag, names)
        if not _may_hold_pictures(source.table[flag].type):
            raise CatalogError(f"Column {flag!r} holds no pictures. The columns are: {', '.join(names)}.")
        return flag
    if len(source.pictures) != 1:
        raise CatalogError(
            f"One column must hold the pictures; {source.name} has {', '.join(source.pictures) or 'none that does'}. "
            f"Name it with --image-column. The columns are: {', '.join(names)}."
        )
    return source.pictures[0]


def _may_hold_pictures(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return not {"bytes", "path"}.isdisjoint(field.name for field in kind)
    return is_binary(kind) or is_text(kind)


def _require_scalar(table: pa.Table, column: str) -> None:
    kind = table[column].type
    if pa.types.is_nested(kind) or is_binary(kind):
        raise CatalogError(f"Column {column!r} holds {kind}. An id, a name or an attribute is a text or a number.")


def _named(table: pa.Table, names: Sequence[str], serves: Callable[[pa.ChunkedArray], bool]) -> str | None:
    """The first of `names` that a column has, whatever its case and separators, and that serves."""
    columns = {re.sub(r"[\W_]", "", column).lower(): column for column in reversed(table.column_names)}
    return next((columns[name] for name in names if name in columns and serves(table[columns[name]])), None)


def _is_id(column: pa.ChunkedArray) -> bool:
    if not (is_text(column.type) or pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return False
    distinct: int = pc.count_distinct(column).as_py()
    return distinct >= DISTINCT_IDS * len(column)


def _is_attribute(column: pa.ChunkedArray) -> bool:
    number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if not (number or is_text(column.type) or pa.types.is_boolean(column.type)):
        return False
    most = min(MAX_NUMBERS if number else MAX_VALUES, len(column) // ROWS_PER_VALUE)
    if not MIN_VALUES <= pc.count_distinct(column, mode="all").as_py() <= most:
        return False
    cells = column.unique().to_pylist()
    whole = not pa.types.is_floating(column.type) or all(
        cell is None or cell != cell or cell % 1 == 0 for cell in cells
    )
    values = {text(cell) for cell in cells}
    short = all(len(value or "") <= MAX_LENGTH for value in values)
    return bool(whole and short and len(values) >= MIN_VALUES)
