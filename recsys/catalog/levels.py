"""Takes the last level of categories that are written with all their levels: "Women > Dresses" is "Dresses"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recsys.catalog.text_table import Cell, TextTable, short_normal, texts_of

LEVEL = re.compile(r"\s*>\s*")
ROOTS = ("Default Category/", "/")
"""How the categories of Magento and Squarespace begin, which have slashes between their levels."""
BETWEEN_PATHS = re.compile(r"\s*[,|;]\s*")
PLURALS = {"categories", "kategorien", "categorias", "categorie", "collection", "collections"}
"""Columns of several categories."""
MIN_SHARE = 0.3
"""The share of the cells with levels that makes a column one of levels."""


def keep_last_levels(table: TextTable) -> TextTable:
    """The table with the last level only, in columns whose cells have levels or list several categories."""
    changed = {
        name: [_last(cell) for cell in cells] for name, cells in table.columns.items() if _has_levels(name, cells)
    }
    return table.with_columns({**table.columns, **changed}) if changed else table


def _has_levels(name: str, cells: Sequence[Cell]) -> bool:
    filled = [cell for cell in cells if cell is not None]
    leveled = [cell for cell in filled if any(" > " in text for text in texts_of(cell))]
    return len(leveled) > MIN_SHARE * len(filled) or short_normal(name) in PLURALS


def _last(cell: Cell) -> Cell:
    """The last level of the deepest category; of the first one among these."""
    texts = texts_of(cell)
    paths = [path for text in texts for path in BETWEEN_PATHS.split(text) if path]
    paths = [path.replace("/", ">") if path.startswith(ROOTS) else path for path in paths]
    deepest = max(paths, key=lambda path: path.count(">"), default=None)
    return LEVEL.split(deepest)[-1].strip() if deepest else None
