"""Finds the columns of a table that hold pictures or name them."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from recsys.catalog.column_names import NUMBERED_PICTURE, find_all
from recsys.catalog.picture_files import names_picture, split_references
from recsys.catalog.remote import is_link
from recsys.catalog.source import Source, require
from recsys.catalog.text_table import normal
from recsys.catalog.values import is_binary, is_text
from recsys.errors import CatalogError

SAMPLE_ROWS = 200
"""The filled cells of a column that decide whether it names pictures."""
MIN_SHARE = 0.5
"""The share of these that must name a picture, in a column without a known name."""


def image_column(source: Source, requested: str | None) -> str:
    """The column of pictures: the requested one, or else the detected one.

    Raises CatalogError if the requested column has no pictures, and if none or several may be it.
    """
    names = source.table.column_names
    if requested is not None:
        require("column", requested, names)
        if not _may_hold_pictures(source.table[requested].type):
            raise CatalogError(f"Column {requested!r} holds no pictures. The columns are: {', '.join(names)}.")
        return requested
    if not source.pictures and (found := _naming_pictures(source)):
        return found[0]
    if len(source.pictures) != 1:
        several = f"several columns of pictures ({', '.join(source.pictures)})"
        found_columns = several if source.pictures else "no column of pictures"
        raise CatalogError(
            f"{source.name} has {found_columns}. Name the column with --image-column. The columns are:"
            f" {', '.join(names)}."
        )
    return source.pictures[0]


def further_pictures(source: Source, image: str) -> tuple[str, ...]:
    """The columns of a table of texts that name further pictures of the product."""
    return tuple(column for column in _named(source.table.column_names) if source.texts and column != image)


def _may_hold_pictures(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return not {"bytes", "path"}.isdisjoint(field.name for field in kind)
    return is_binary(kind) or is_text(kind) or kind == pa.list_(pa.string())


def _named(columns: Sequence[str]) -> list[str]:
    """The columns named as pictures, the first picture first."""
    numbered = [column for column in columns if NUMBERED_PICTURE.fullmatch(normal(column))]
    found = [*find_all("image", columns), *find_all("further", columns), *numbered]
    return list(dict.fromkeys(found))


def _naming_pictures(source: Source) -> list[str]:
    """The columns that name pictures: those that name files here first, then those with a known name."""
    columns = source.table.column_names
    named = [column for column in _named(columns) if _share(source, column, known=True) > 0]
    local = {column: _local_share(source, column) for column in dict.fromkeys((*named, *columns))}
    here = [column for column, share in local.items() if share >= MIN_SHARE]
    here = [column for column in here if column in named] or sorted(here, key=lambda column: -local[column])
    by_content = [column for column in columns if _share(source, column, known=False) >= MIN_SHARE]
    return here or named or by_content or sorted((c for c in columns if local[c]), key=lambda column: -local[column])


def _share(source: Source, column: str, known: bool) -> float:
    """The share of the cells that name a picture; in a column with a known name, any link counts."""
    cells = sample(source, column)
    hits = [cell for cell in cells if names_picture(cell) or (known and is_link(cell)) or source.finds(cell)]
    return len(hits) / max(len(cells), 1)


def _local_share(source: Source, column: str) -> float:
    cells = sample(source, column)
    return sum(source.finds(cell) for cell in cells) / max(len(cells), 1)


def sample(source: Source, column: str) -> list[str]:
    """The first references in the filled cells of a column."""
    cells = source.table[column]
    if not (is_text(cells.type) or pa.types.is_list(cells.type)):
        return []
    filled = [cell for cell in cells.drop_null()[:SAMPLE_ROWS].to_pylist() if cell]
    firsts = [split_references(cell if isinstance(cell, str) else cell[0]) for cell in filled]
    return [references[0] for references in firsts if references]
