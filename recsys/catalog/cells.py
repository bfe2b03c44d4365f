"""Undoes what exports do to the cells of a table: HTML entities, years as decimals, several values in one cell."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence

from recsys.catalog.column_names import find_all
from recsys.catalog.text_table import Cell, TextTable, texts_of
from recsys.core.roles import Roles

ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);")
TAG = re.compile(r"<[^<>]*>")
DECIMAL_YEAR = re.compile(r"((?:19|20)\d\d)\.0")
"""How pandas saves a year in a column with empty cells."""
BETWEEN_VALUES = re.compile(r"\s*[|;]\s*|\s*,\s+|(?<=[A-Za-z]),(?=\w)|(?<=\d\d),(?=\d\d)|(?<=\d),(?=[A-Za-z])")
"""What separates the values of one cell, but not the digits of "38,5"."""


def unescape(text: str) -> str:
    """The text with the characters that HTML entities stand for: "Gr&uuml;n" is "Grün"."""
    return ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def plain_text(text: str) -> str:
    """The text without HTML tags and entities; with tags, on one line."""
    return " ".join(unescape(TAG.sub(" ", text)).split()) if "<" in text else unescape(text)


def whole_year(text: str) -> str:
    """The year without decimals: "2012.0" is "2012"."""
    return match[1] if (match := DECIMAL_YEAR.fullmatch(text)) else text


def clean(table: TextTable) -> TextTable:
    """The table with readable cells. Ids stay as they are."""
    names = list(table.columns)
    ids, year = find_all("id", names), Roles.from_names(names).year
    lists = {column for fact in ("size", "tags", "material") for column in find_all(fact, names)}
    columns = {}
    for name, cells in table.columns.items():
        cleaned = cells if name in ids else _each(cells, unescape)
        cleaned = _each(cleaned, whole_year) if name == year else cleaned
        columns[name] = _split(cleaned, BETWEEN_VALUES) if name in lists else cleaned
    return table.with_columns(columns)


def _each(cells: Sequence[Cell], change: Callable[[str], str]) -> list[Cell]:
    return [tuple(map(change, cell)) if isinstance(cell, tuple) else cell and change(cell) for cell in cells]


def _split(cells: Sequence[Cell], between: re.Pattern[str]) -> list[Cell]:
    """The cells with their several values. A column of single values stays one."""
    parts = [tuple(part for text in texts_of(cell) for part in between.split(text) if part) for cell in cells]
    return [part if len(part) > 1 else next(iter(part), None) for part in parts]
