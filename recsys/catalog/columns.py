"""Detects the columns of a catalogue: picture, id, name and attributes.

- picture: the only column that holds pictures;
- id: a column named like an id in which nearly all values are distinct, else the row number;
- name: a text column named like a product name;
- attributes: the other columns of short texts, whole numbers or booleans in which values repeat.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from recsys.catalog.source import Source, require
from recsys.catalog.values import is_binary, is_text, to_text
from recsys.errors import CatalogError

ID_NAMES = ("id", "itemid", "productid", "articleid", "styleid", "variantid", "sku", "asin", "gtin", "ean", "uuid")
"""Names of id columns in order of preference, in lower case without separators: "Product_ID" is "productid"."""
PRODUCT_NAMES = (
    *("productdisplayname", "displayname", "productname", "producttitle", "prodname", "itemname", "articlename"),
    *("name", "title", "text", "caption", "description"),
)
"""Names of the columns of product names, in the same form."""

MIN_DISTINCT_ID_SHARE = 0.9
"""A column needs this share of distinct values to be the id column. Below 1, so that a few duplicates are allowed."""
MIN_VALUES = 2
"""The fewest distinct values of an attribute. Null counts as one."""
MAX_VALUES = 1000
"""The most distinct values of an attribute of texts or booleans."""
MAX_NUMBERS = 50
"""The most distinct values of an attribute of numbers: enough for years, too few for prices."""
MIN_ROWS_PER_VALUE = 2
"""The fewest products that share a value of an attribute on average."""
MAX_VALUE_CHARACTERS = 80
"""The longest value of an attribute. Descriptions are longer."""


@dataclass(frozen=True)
class Columns:
    """The columns that make a product. Without `id` the row number is the id; without `name` products have no name."""

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
        """Take the columns that are named, and detect the others.

        Raises CatalogError if a named column does not exist or has an unsuitable type, and if not exactly one column
        holds pictures.
        """
        table = source.table
        for column in (id, name, *(attributes or ())):
            if column is not None:
                require("column", column, table.column_names)
                _require_scalar(table, column)
        image = _image_column(source, image)
        id = id or source.id or _find_by_name(table, ID_NAMES, _is_id)
        name = name or _find_by_name(table, PRODUCT_NAMES, lambda column: is_text(column.type))
        if attributes is None:
            free = [column for column in table.column_names if column not in (image, id, name)]
            attributes = [column for column in free if column in source.labels or _is_attribute(table[column])]
        return cls(image, id, name, tuple(dict.fromkeys(attributes)))


def _image_column(source: Source, requested: str | None) -> str:
    names = source.table.column_names
    if requested is not None:
        require("column", requested, names)
        if not _may_hold_pictures(source.table[requested].type):
            raise CatalogError(f"Column {requested!r} holds no pictures. The columns are: {', '.join(names)}.")
        return requested
    if len(source.pictures) != 1:
        several = f"several columns of pictures ({', '.join(source.pictures)})"
        found = several if source.pictures else "no column of pictures"
        raise CatalogError(
            f"{source.name} has {found}. Name the column with --image-column. The columns are: {', '.join(names)}."
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


def _find_by_name(table: pa.Table, names: Sequence[str], is_suitable: Callable[[pa.ChunkedArray], bool]) -> str | None:
    """The suitable column whose name comes first in `names`. Case and separators are ignored."""
    columns = {re.sub(r"[\W_]", "", column).lower(): column for column in reversed(table.column_names)}
    return next((columns[name] for name in names if name in columns and is_suitable(table[columns[name]])), None)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_id(column: pa.ChunkedArray) -> bool:
    if not (is_text(column.type) or _is_number(column.type)):
        return False
    return bool(pc.count_distinct(column).as_py() >= MIN_DISTINCT_ID_SHARE * len(column))


def _is_attribute(column: pa.ChunkedArray) -> bool:
    is_number = _is_number(column.type)
    if not (is_number or is_text(column.type) or pa.types.is_boolean(column.type)):
        return False
    most = min(MAX_NUMBERS if is_number else MAX_VALUES, len(column) // MIN_ROWS_PER_VALUE)
    if not MIN_VALUES <= pc.count_distinct(column, mode="all").as_py() <= most:
        return False
    cells = column.unique().to_pylist()
    if pa.types.is_floating(column.type) and any(cell % 1 for cell in cells if cell is not None and cell == cell):
        return False
    values = {to_text(cell) for cell in cells}
    return len(values) >= MIN_VALUES and all(len(value or "") <= MAX_VALUE_CHARACTERS for value in values)
