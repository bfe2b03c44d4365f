"""Decides which columns are attributes that visitors filter by, and says why the others are not."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from recsys.catalog.column_names import NOT_FOR_VISITORS, find_all
from recsys.catalog.remote import is_link
from recsys.catalog.text_table import normal, short_normal
from recsys.catalog.values import is_binary, to_text
from recsys.core.filters import number
from recsys.core.roles import SINGLE_ROLES, Roles
from recsys.types import Value

MIN_VALUES = 2
"""The fewest distinct values of an attribute without a known name. Null counts as one."""
MAX_VALUES = 1000
"""The most distinct values of an attribute of texts or booleans."""
MIN_ROWS_PER_VALUE = 2
"""The fewest products that share a value on average, of an attribute of texts without a known name."""
SMALL_SHOP_ROWS = 100
"""In a shop of fewer products, an attribute with a known name may have another value for each product …"""
MIN_ROWS_OF_SIZES = 6
"""… except for sizes in one of fewer products than this."""
MAX_CODES = 50
"""The most distinct numbers of an attribute that is named as a code or a number."""
CODE_NAMES = ("code", "no", "id", "nr", "number", "nummer", "key")
"""How such names end."""
MAX_VALUE_CHARACTERS = 80
"""The longest value of an attribute. Descriptions are longer."""
SYSTEM_WORDS = frozenset(
    {
        *("simple", "variable", "variation", "grouped", "external", "virtual", "downloadable", "configurable"),
        *("bundle", "physical", "digital", "service", "product", "variant", "sku", "p", "d", "visible"),
        *("hidden", "search", "catalog"),
    }
)
"""How shop systems store products. A column of these words says nothing about how they look."""


def why_no_attribute(name: str, column: pa.ChunkedArray, texts: bool) -> str | None:
    """The reason why a column is no attribute, or None if it is one. `texts`: its table is read as text."""
    known = has_known_name(name)
    if pa.types.is_list(column.type) and (known or texts):
        column = pc.list_flatten(column)
    if pa.types.is_nested(column.type) or is_binary(column.type):
        return "they hold no texts"
    values = {to_text(cell) for cell in column.unique().to_pylist()}
    filled = [value for value in values if value is not None]
    if not filled:
        return "they are empty"
    if {normal(name), short_normal(name)} & NOT_FOR_VISITORS:
        return "they are about the trade, not about the look"
    if {word for value in filled for word in re.split(r",\s*", value.lower())} <= SYSTEM_WORDS:
        return "they say how the shop system stores products"
    return _why_not_by_values(name, values, filled, len(column), known)


def _why_not_by_values(name: str, values: set[Value], filled: Sequence[str], rows: int, known: bool) -> str | None:
    if any(len(value) > MAX_VALUE_CHARACTERS for value in filled):
        return "they hold long texts"
    if all(is_link(value) for value in filled):
        return "they hold links"
    if known and len(values) <= MAX_VALUES and _may_differ(name, len(values), rows):
        return None
    if len(values) < MIN_VALUES:
        return "all rows have the same value"
    if all(number(value) == number(value) for value in filled):
        if len(values) > MAX_CODES and short_normal(name).endswith(CODE_NAMES):
            return "they hold codes"
        return None if _repeats(values, rows) or _has_fractions(filled) else "each row has its own number"
    return None if len(values) <= MAX_VALUES and _repeats(values, rows) else "hardly any value repeats"


def column_of_names(column: str, columns: Sequence[str]) -> str | None:
    """The column with the names of the codes in a column: "colour_group_name" for "colour_group_code"."""
    ending = next((ending for ending in CODE_NAMES if normal(column).endswith(ending)), None)
    stem = normal(column).removesuffix(ending or "")
    return next((other for other in columns if ending and stem and normal(other) == f"{stem}name"), None)


def has_known_name(name: str) -> bool:
    """Whether the name says that this is the kind, the colour, the size and so on."""
    roles = Roles.from_names([name])
    is_role = bool(roles.categories) or any(getattr(roles, role) for role in SINGLE_ROLES)
    return is_role or any(find_all(fact, [name]) for fact in ("size", "material"))


def _may_differ(name: str, values: int, rows: int) -> bool:
    """Whether an attribute with a known name may have this many values: as it pleases in a small shop."""
    is_tiny = rows < MIN_ROWS_OF_SIZES and find_all("size", [name])
    return (rows < SMALL_SHOP_ROWS and not is_tiny) or MIN_ROWS_PER_VALUE * values <= rows


def _repeats(values: set[Value], rows: int) -> bool:
    return len(values) * MIN_ROWS_PER_VALUE <= rows


def _has_fractions(filled: Sequence[str]) -> bool:
    return any("." in value for value in filled)
