"""Reads the Kaggle archive "Fashion Product Images" as it is downloaded: styles.csv beside images/{id}.jpg."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from recsys.catalog.cells import whole_year
from recsys.catalog.source import Source, picture_reader, require
from recsys.catalog.tables import parse_table
from recsys.catalog.text_table import Cell, normal, texts_of
from recsys.errors import CatalogError
from recsys.types import Value

STYLES = "styles.csv"
IMAGES = "images"
ID = "id"
IMAGE = "image"
YEAR = "year"
ATTRIBUTES = ("gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "year", "usage")
MISSING = {"", "NA"}
"""How the archive writes a missing value."""


def open_archive(folder: Path, name: str) -> Source:
    """The products of styles.csv, each with its file in images/ if there is one.

    Raises CatalogError if they cannot be read.
    """
    try:
        table = parse_table((folder / STYLES).read_bytes(), STYLES)
        files = {file.stem: file.name for file in sorted((folder / IMAGES).iterdir())}
    except (OSError, CatalogError) as error:
        reason = error.__cause__ or error
        raise CatalogError(f"The archive in {folder.name} cannot be read: {reason}. Download it again.") from error
    names = {column: ID if normal(column) == ID else column for column in table.columns}
    require("column", ID, list(names.values()))
    columns = {names[column]: [_value(cell, column) for cell in cells] for column, cells in table.columns.items()}
    columns[IMAGE] = [files.get(id or "") for id in columns[ID]]
    cells = pa.table({column: pa.array(values, pa.string()) for column, values in columns.items()})
    labels = tuple(column for column in ATTRIBUTES if column in columns)
    return Source(
        name,
        cells,
        (IMAGE,),
        picture_reader(folder / IMAGES),
        id=ID,
        labels=labels,
        row_numbers=table.rows,
        file=STYLES,
        notes=table.notes,
    )


def _value(cell: Cell, column: str) -> Value:
    text = next(iter(texts_of(cell)), "").strip()
    return None if text in MISSING else whole_year(text) if column == YEAR else text
