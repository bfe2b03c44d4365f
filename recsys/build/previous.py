"""The index that a build starts from: it provides the vectors of unchanged pictures, and what has changed since."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from recsys.build.vector_cache import KEY_BYTES, KeyRows, KeySet, key_table
from recsys.errors import IndexDamagedError
from recsys.format.encoder_spec import EncoderSpec
from recsys.format.layout import PICTURE_HASHES
from recsys.format.manifest import REMEDY
from recsys.index.folder import IndexFolder
from recsys.runtime.hashing import sha256
from recsys.types import Vectors


@dataclass(frozen=True)
class Changes:
    """How a catalogue differs from an index: the numbers of new products, those with another picture, and so on."""

    new: int
    changed: int
    unchanged: int
    removed: int


class PreviousIndex:
    """A checked index whose vectors and thumbnails can be looked up by the sha256 of a picture."""

    def __init__(self, folder: IndexFolder, name: str):
        """`name` is how messages call the index. Raises IndexDamagedError if its picture hashes do not fit it."""
        self.folder, self.manifest, self.name = folder, folder.manifest, name
        table = _read_keys(folder)
        self._has_keys, self._table = table is not None, key_table(()) if table is None else table
        self._rows = KeyRows(self._table)
        views = folder.views.keys if folder.views and len(self._rows) else ()
        self._views = {key: place for place, key in enumerate(views) if key not in self._rows}

    @classmethod
    def open(cls, path: Path, name: str | None = None) -> Self:
        """The index in a folder. Raises as `IndexFolder.open` does."""
        return cls(IndexFolder.open(path, name), name or path.name)

    def obstacle(self, encoder: EncoderSpec, *, projection_is_final: bool) -> str | None:
        """Why the vectors cannot be reused in an index of this encoder, or None if they can.

        `projection_is_final` is False if the build has yet to fit a projection.
        """
        own = self.manifest.encoder
        if own.fingerprint != encoder.fingerprint:
            old, new = (replace(each, source=None, projection=None, dim=0) for each in (own, encoder))
            return f"it was built with another encoder: {old.difference(new)}"
        if not self._has_keys:
            return f"it has no {PICTURE_HASHES}, as it was built by a version that did not write picture hashes"
        if not projection_is_final or (own.projection, own.dim) != (encoder.projection, encoder.dim):
            return "its vectors are projected in another way than the new ones"
        return None

    def __contains__(self, key: str) -> bool:
        return key in self._rows or key in self._views

    @property
    def keys(self) -> KeySet:
        """The sha256 of its pictures."""
        return KeySet(np.concatenate([self._table, key_table(list(self._views))]))

    def thumbnail(self, key: str) -> bytes:
        """The thumbnail of the picture with this sha256."""
        if key in self._views and self.folder.views:
            return self.folder.views.thumbnail(self._views[key])
        return self.folder.thumbnail(self._rows.row(key))

    def vectors(self, keys: Sequence[str]) -> Vectors:
        """The final unit vectors of the pictures with these sha256, float32 [len(keys), dim]."""
        if not self._views:
            return self.folder.searcher.vectors([self._rows.row(key) for key in keys])
        return np.stack([self._vector(key) for key in keys])

    def _vector(self, key: str) -> Vectors:
        if key in self._views and self.folder.views:
            return self.folder.views.vectors[self._views[key]]
        return self.folder.searcher.vectors([self._rows.row(key)])[0]

    def changes(self, ids: Sequence[str], keys: Sequence[str]) -> Changes | None:
        """How a catalogue with these ids and picture hashes differs. None if the index has no picture hashes."""
        if not self._has_keys:
            return None
        items, table = self.folder.items, key_table(keys)
        rows = np.fromiter((items.row(id) if id in items else -1 for id in ids), np.int64, len(ids))
        kept = np.flatnonzero(rows >= 0)
        unchanged = int((self._table[rows[kept]] == table[kept]).all(axis=1).sum())
        return Changes(len(ids) - len(kept), len(kept) - unchanged, unchanged, len(items) - len(kept))


def write_keys(folder: Path, keys: Sequence[str]) -> None:
    """Write the sha256 of each product's picture to the index folder."""
    np.save(folder / PICTURE_HASHES, key_table(keys))


def _read_keys(folder: IndexFolder) -> np.ndarray | None:
    if PICTURE_HASHES not in folder.manifest.files:
        return None
    try:
        data = (folder.path / PICTURE_HASHES).read_bytes()
        table = np.load(io.BytesIO(data), allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise IndexDamagedError(f"{PICTURE_HASHES} cannot be read: {error}. {REMEDY}") from error
    is_unaltered = sha256(data) == folder.manifest.files[PICTURE_HASHES]["sha256"]
    if not is_unaltered or table.dtype != np.uint8 or table.shape != (len(folder.items), KEY_BYTES):
        raise IndexDamagedError(
            f"{PICTURE_HASHES} does not hold the pictures of {len(folder.items)} products. {REMEDY}"
        )
    return table
