"""Reads a filter: attribute → values, or a range of numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from recsys.errors import QueryError
from recsys.types import Range, Value

PRICE, IN_STOCK, BRAND = "price", "in_stock", "brand"
"""Names in a filter that stand for parts of the offer. An attribute "brand" precedes the brand of the offer."""
BOUNDS = ("min", "max")
MAX_NUMBER = 1e15
"""Larger numbers are not exact as floating-point numbers."""
PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")

Filter = dict[str, list[Value] | Range]


def parse_filter(where: Any) -> Filter:
    """The filter with a list of texts, or a range, for each attribute: 2011 becomes "2011", and true "True".

    Raises QueryError for anything that is not a filter.
    """
    if isinstance(where, Mapping):
        wanted = {name: _wanted(value) for name, value in where.items()}
        if all(value is not None for value in wanted.values()):
            return {name: value for name, value in wanted.items() if value is not None}
    raise QueryError(
        'where is a filter such as {"gender": "Women", "season": ["Summer", null], "price": {"min": 10, "max": 30}}:'
        " attributes with a value, a list of values, a range of numbers, or null (None) for products without a value;"
        f" got {where!r:.200}."
    )


def canonical(text: str) -> str:
    """The text that a filter's number or boolean becomes: "38.50" is "38.5", and "true" is "True".

    Texts that are not written as a plain number, such as "007", stay.
    """
    if PLAIN_NUMBER.fullmatch(text):
        return text.rstrip("0").rstrip(".") if "." in text else text
    return text.capitalize() if text.casefold() in ("true", "false") else text


def number(text: Value) -> float:
    """The number that a text is; NaN for any other text."""
    try:
        found = float(text or "nan")
    except ValueError:
        return math.nan
    return found if abs(found) <= MAX_NUMBER else math.nan


def _wanted(value: Any) -> list[Value] | Range | None:
    """The values, or the range, of one attribute; None for anything else."""
    if isinstance(value, Mapping):
        return _range(value)
    several = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else [value]
    if all(entry is None or isinstance(entry, str) or _is_number(entry) for entry in several):
        return list(dict.fromkeys(_text(entry) for entry in several))
    return None


def _range(value: Mapping[Any, Any]) -> Range | None:
    given = {name: bound for name, bound in value.items() if bound is not None}
    bounds = all(_is_number(bound) and not isinstance(bound, bool) for bound in given.values())
    if not (given and set(given).issubset(BOUNDS) and bounds):
        return None
    found: Range = {}
    if "min" in given:
        found["min"] = given["min"]
    if "max" in given:
        found["max"] = given["max"]
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) <= MAX_NUMBER


def _text(value: str | float | None) -> Value:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if value is None or isinstance(value, str) else str(value)
