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
from recsys.core.large import is_large
from recsys.errors import IndexFolderError
from recsys.format.layout import ASSETS, CARD, EMBEDDINGS, FULL_TEXT, ITEMS, NEIGHBOURS, PICTURE_HASHES, VECTORS
from recsys.format.manifest import Manifest
from recsys.index.annoy import AnnoySearcher
from recsys.index.items_table import PICTURE_BYTES, open_table, read_items, read_thumbnail_group
from recsys.index.replace import current_location
from recsys.index.views import Views
from recsys.types import Rows
from recsys.words.full_text import FullText

MAX_CARD_BYTES = 200_000
"""The card is rendered on request, so an endless one must not be read whole."""
CACHED_THUMBNAIL_GROUPS = 16
NOT_IN_STORE = (VECTORS, NEIGHBOURS, EMBEDDINGS)
"""The files that an app does not read where a store outside searches the vectors."""


class IndexFolder:
    """An open index, whose files are all checked."""

    def __init__(
        self,
        path: Path,
        manifest: Manifest,
        items: Items,
        searcher: AnnoySearcher | None,
        views: Views | None = None,
        full_text: FullText | None = None,
    ):
        """`searcher` is None where a store outside searches the vectors."""
        self.path, self.manifest, self.items, self._searcher, self.views = path, manifest, items, searcher, views
        self.full_text = full_text
        table = open_table(path / ITEMS, [PICTURE_BYTES])
        sizes = [table.metadata.row_group(group).num_rows for group in range(table.num_row_groups)]
        self._group_ends = np.cumsum(sizes)
        self._lock = threading.Lock()
        self._thumbnail_group = lru_cache(CACHED_THUMBNAIL_GROUPS)(lambda group: read_thumbnail_group(table, group))

    @classmethod
    def open(cls, path: Path, name: str | None = None, *, in_store: bool = False) -> Self:
        """Check the index in a folder and open it. Messages call it `name`, or by default by its folder.

        With `in_store`, a store outside searches the vectors. Then the folder need not have them, and those of a large
        catalogue are not opened.

        If a build replaces the folder meanwhile, it is opened again, so that files of two indexes are never mixed.

        Raises IndexFolderError if the folder is not an index, IndexFormatError for an unknown format, and
        IndexDamagedError for a file that is missing, truncated, swapped or altered.
        """
        while True:
            place = current_location(path)
            before = _file_id(place)
            try:
                folder = cls._open(place, name, in_store)
            except (IndexFolderError, OSError):
                if (current_location(path), _file_id(place)) == (place, before):
                    raise
                continue
            if _file_id(current_location(path)) == before:
                folder.path = path
                return folder

    @classmethod
    def _open(cls, path: Path, name: str | None, in_store: bool) -> Self:
        manifest = Manifest.read(path, name)
        is_lean = in_store and (is_large(manifest.count) or not (path / VECTORS).is_file())
        manifest.check_files(path, without=NOT_IN_STORE if is_lean else ())
        manifest.check_encoder(path)
        items, search = read_items(path / ITEMS, manifest), manifest.search
        facts = (items, search.dim, search.search_k, search.metric)
        searcher = None if is_lean else AnnoySearcher(path / VECTORS, *facts)
        has_words = FULL_TEXT in manifest.files
        full_text = FullText.open(path / FULL_TEXT, len(items)) if has_words else None
        return cls(path, manifest, items, searcher, Views.open(path, manifest, items), full_text)

    @property
    def has_vectors(self) -> bool:
        """Whether the vectors are open, so that the folder can be searched by itself."""
        return self._searcher is not None

    @property
    def searcher(self) -> AnnoySearcher:
        """The search by Annoy. Raises IndexFolderError if the folder was opened without its vectors."""
        if self._searcher is None:
            raise IndexFolderError(f"{self.path.name} was opened without its vectors. Open it without a store.")
        return self._searcher

    @property
    def picture_numbers(self) -> Rows | None:
        """A number for the picture of each product, equal for equal pictures; None in an older index."""
        if PICTURE_HASHES not in self.manifest.files:
            return None
        hashes = np.load(self.path / PICTURE_HASHES, mmap_mode="r", allow_pickle=False)
        return np.ascontiguousarray(hashes[:, :8]).view(np.int64)[:, 0]

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
