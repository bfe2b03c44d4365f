"""Opens tables in text beside pictures, or with links to pictures, as a catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePosixPath

from recsys.catalog.cells import clean
from recsys.catalog.files import Files
from recsys.catalog.levels import keep_last_levels
from recsys.catalog.picture_columns import image_column
from recsys.catalog.picture_files import PictureFiles, as_text
from recsys.catalog.source import Source
from recsys.catalog.status_rules import drop_hidden
from recsys.catalog.stock_rules import add_availability
from recsys.catalog.tables import is_table, parse_table
from recsys.catalog.text_table import TextTable
from recsys.catalog.variants import join_rows, unfold_options
from recsys.errors import CatalogError

CACHED_REFERENCES = 1_000_000


@dataclass(frozen=True)
class FoundTable:
    """A table of a catalogue, and the folder that it is in."""

    table: TextTable
    folder: str


def open_tables(name: str, files: Files) -> tuple[Source | None, list[str]]:
    """The catalogue in the tables among `files`, or None if there is none, and why tables are not read.

    All tables with the columns of the largest one that names pictures are read.
    """
    pictures, notes, found = PictureFiles(files), [], []
    for path in sorted(filter(is_table, files.readers)):
        try:
            table = parse_table(files.read(path), path)
            found.append(FoundTable(table, PurePosixPath(path).parent.as_posix()))
        except CatalogError as error:
            notes.append(f"{path} is not read: {error}")
    sources = [source_of(name, group, pictures) for group in _alike(found)]
    usable = [source for source in sources if _has_pictures(source)]
    best = max(usable, key=lambda source: len(source.table), default=None)
    notes += [f"{s.file} is not read: no column of it names pictures" for s in sources if s not in usable]
    notes += [f"{s.file} is not read: it has other columns than {best.file}" for s in usable if best and s is not best]
    return (replace(best, notes=(*best.notes, *notes)) if best else None), notes


def source_of(name: str, tables: Sequence[FoundTable], pictures: PictureFiles) -> Source:
    """The catalogue of tables with the same columns: one row for each product."""
    whole = _concatenated(tables)
    folders = [found.folder for found in tables for _ in found.table.rows]
    joined = drop_hidden(join_rows(keep_last_levels(unfold_options(add_availability(clean(whole))))))
    folder_of = dict(zip(whole.rows, folders, strict=True)) if len(tables) > 1 else {}

    @lru_cache(CACHED_REFERENCES)
    def find(reference: str, folder: str) -> str | None:
        return pictures.find(reference, folder)

    def resolve(reference: str, row: int) -> str | None:
        return find(reference, folder_of.get(joined.rows[row], tables[0].folder) if len(joined) else ".")

    return Source(
        name,
        joined.to_arrow(),
        (),
        lambda reference: pictures.read(str(reference)),
        texts=True,
        resolve=resolve,
        files=frozenset(map(as_text, pictures.names)),
        row_numbers=joined.rows,
        file=whole.name,
        file_rows=len(whole),
        notes=(*joined.notes, *pictures.notes()),
    )


def _alike(found: Sequence[FoundTable]) -> list[list[FoundTable]]:
    """The tables in groups with the same columns."""
    groups: dict[frozenset[str], list[FoundTable]] = {}
    for each in found:
        groups.setdefault(frozenset(each.table.columns), []).append(each)
    return list(groups.values())


def _concatenated(tables: Sequence[FoundTable]) -> TextTable:
    first = tables[0].table
    if len(tables) == 1:
        return first
    columns = {name: [cell for found in tables for cell in found.table.columns[name]] for name in first.columns}
    notes = dict.fromkeys(note for found in tables for note in found.table.notes)
    count = sum(len(found.table) for found in tables)
    return TextTable(", ".join(found.table.name for found in tables), columns, range(1, count + 1), tuple(notes))


def _has_pictures(source: Source) -> bool:
    try:
        return bool(len(source.table)) and bool(image_column(source, None))
    except CatalogError:
        return False
