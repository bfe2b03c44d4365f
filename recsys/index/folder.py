"""Opens an index folder and reads its products, thumbnails and card. docs/index-format.md describes the files.

Opening checks every file, because Annoy itself does not: from a damaged file it gives wrong answers or crashes.
"""

from __future__ import annotations

import threading
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

import numpy as np

from recsys.core.items import Items
from recsys.errors import IndexFolderError
from recsys.format.layout import ASSETS, CARD, ITEMS, VECTORS
from recsys.format.manifest import Manifest
from recsys.index.annoy import AnnoySearcher
from recsys.index.items_table import PICTURE_BYTES, open_table, read_items, read_thumbnail_group
from recsys.index.replace import current_location
from recsys.index.views import Views

MAX_CARD_BYTES = 200_000
"""The card is rendered on request, so an endless one must not be read whole."""
CACHED_THUMBNAIL_GROUPS = 16


class IndexFolder:
    """An open index, whose files are all checked."""

    def __init__(
        self, path: Path, manifest: Manifest, items: Items, searcher: AnnoySearcher, views: Views | None = None
    ):
        self.path, self.manifest, self.items, self.searcher, self.views = path, manifest, items, searcher, views
        table = open_table(path / ITEMS, [PICTURE_BYTES])
        sizes = [table.metadata.row_group(group).num_rows for group in range(table.num_row_groups)]
        self._group_ends = np.cumsum(sizes)
        self._lock = threading.Lock()
        self._thumbnail_group = lru_cache(CACHED_THUMBNAIL_GROUPS)(lambda group: read_thumbnail_group(table, group))

    @classmethod
    def open(cls, path: Path, name: str | None = None) -> Self:
        """Check the index in a folder and open it. Messages call it `name`, or by default by its folder.

        If a build replaces the folder meanwhile, it is opened again, so that files of two indexes are never mixed.

        Raises IndexFolderError if the folder is not an index, IndexFormatError for an unknown format, and
        IndexDamagedError for a file that is missing, truncated, swapped or altered.
        """
        while True:
            place = current_location(path)
            before = _file_id(place)
            try:
                folder = cls._open(place, name)
            except (IndexFolderError, OSError):
                if (current_location(path), _file_id(place)) == (place, before):
                    raise
                continue
            if _file_id(current_location(path)) == before:
                folder.path = path
                return folder

    @classmethod
    def _open(cls, path: Path, name: str | None) -> Self:
        manifest = Manifest.read(path, name)
        manifest.check_files(path)
        manifest.check_encoder(path)
        items, search = read_items(path / ITEMS, manifest), manifest.search
        searcher = AnnoySearcher(path / VECTORS, items, search.dim, search.search_k, search.metric)
        return cls(path, manifest, items, searcher, Views.open(path, manifest, items))

    def thumbnail(self, row: int) -> bytes:
        group = int(np.searchsorted(self._group_ends, row, side="right"))
        first = int(self._group_ends[group - 1]) if group else 0
        with self._lock:
            return self._thumbnail_group(group)[row - first].as_py() or b""

    @property
    def version(self) -> str:
        return str(self.manifest.files[ITEMS]["sha256"][:8])

    @cached_property
    def card(self) -> str:
        """The description of the index, in Markdown; empty if it has none."""
        file = self.path / CARD
        if not file.is_file():
            return ""
        with file.open("rb") as text:
            return text.read(MAX_CARD_BYTES).decode("utf-8", errors="replace")

    @cached_property
    def plots(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in sorted((self.path / ASSETS).glob("*.png"))}


def _file_id(path: Path) -> tuple[int, int] | None:
    """The device and inode of a folder, which a rename keeps; None if it does not exist."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
