"""Counts the rows whose picture is not there, and the pictures that no row names."""

from __future__ import annotations

from collections.abc import Iterator

from recsys.catalog.pictures import Pictures
from recsys.catalog.remote import is_link
from recsys.catalog.source import Source


def picture_notes(source: Source, pictures: Pictures) -> Iterator[str]:
    """A note for each of these two, with an example."""
    if not source.texts:
        return
    paths = pictures.paths.to_pylist()
    missing = [row for row, path in enumerate(paths) if not path or not (is_link(path) or path in source.files)]
    if missing:
        first = f"{paths[missing[0]]!r} in {pictures.places[missing[0]]}"
        yield f"{len(missing):,} products have no picture file, such as {first}"
    used = {*paths, *(path for further in pictures.further for path in further)}
    if unused := [name for name in source.files if name not in used]:
        yield f"{len(unused):,} picture files are named by no row, such as {sorted(unused)[0]!r}"
