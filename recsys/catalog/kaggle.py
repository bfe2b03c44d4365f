"""Reads the Kaggle archive "Fashion Product Images" as it is downloaded: styles.csv beside images/{id}.jpg."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa

from recsys.catalog.source import Source, picture_reader, require
from recsys.errors import CatalogError
from recsys.types import Value

STYLES = "styles.csv"
IMAGES = "images"
ID = "id"
IMAGE = "image"
ATTRIBUTES = ("gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "year", "usage")
MISSING = {"", "NA"}
"""How the archive writes a missing value."""


def open_archive(folder: Path, name: str) -> Source:
    """The products of styles.csv, each with its file in images/ if there is one.

    Raises CatalogError if they cannot be read.
    """
    try:
        header, rows = _read_styles(folder / STYLES)
        files = {file.stem: file.name for file in sorted((folder / IMAGES).iterdir())}
    except (OSError, csv.Error) as error:
        raise CatalogError(f"The archive in {folder.name} cannot be read: {error}. Download it again.") from error
    require("column", ID, header)
    columns = {name: [row[column] for row in rows] for column, name in enumerate(header)}
    columns[IMAGE] = [files.get(id or "") for id in columns[ID]]
    table = pa.table({column: pa.array(cells, pa.string()) for column, cells in columns.items()})
    labels = tuple(column for column in ATTRIBUTES if column in header)
    return Source(name, table, (IMAGE,), picture_reader(folder / IMAGES), id=ID, labels=labels)


def _read_styles(file: Path) -> tuple[list[str], list[list[Value]]]:
    """The header and the rows, each as long as the header."""
    header, *lines = file.read_text("utf-8-sig", errors="replace").split("\n")
    names = [name.strip() for name in next(csv.reader([header]))]
    return names, [_cells(line, len(names)) for line in lines if line.strip()]


def _cells(line: str, count: int) -> list[Value]:
    """The `count` cells of a line. The last one, the product name, may contain commas without being quoted."""
    cells = next(csv.reader([line]))
    cells[count - 1 :] = [",".join(cells[count - 1 :])]
    cells += [""] * (count - len(cells))
    return [None if cell.strip() in MISSING else cell.strip() for cell in cells]
