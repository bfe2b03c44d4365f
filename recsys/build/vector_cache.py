"""Keeps computed vectors on disk by the sha256 of their picture, so that an interrupted build can continue."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Self, overload

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from recsys.runtime.hashing import sha256
from recsys.types import Vectors

KEY_BYTES = 32
"""The length of a key: the sha256 of a picture."""
MIN_SORTED = 50_000
"""At least this many new keys are sorted among the others at a time."""


class VectorCache:
    """Vectors by the sha256 of their picture, in files of a folder that belongs to one encoder.

    Each file is a shard of some hundred vectors. The keys of all of them are in memory, most in a sorted array.
    """

    def __init__(self, folder: Path):
        """Open the cache, or create it. A shard that cannot be read is deleted: its vectors are computed again."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for unfinished in folder.glob("*.tmp"):
            unfinished.unlink(missing_ok=True)
        self._shards: list[Path] = []
        self._known, self._sorted = set[bytes](), KeySet.empty()
        for path in sorted(folder.glob("*.safetensors")):
            try:
                keys = load_file(path)["keys"]
            except (SafetensorError, KeyError, OSError):
                path.unlink()
                continue
            self._shards.append(path)
            self._know([key.tobytes() for key in keys])

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._known or key in self._sorted

    @property
    def keys(self) -> KeySet:
        """The keys that are in the cache now."""
        self._sort()
        return self._sorted

    def _know(self, keys: list[bytes]) -> None:
        """Add the keys of a shard. When many are new, they are sorted among the others, where they take less memory."""
        self._known.update(keys)
        if len(self._known) > MIN_SORTED + len(self._sorted) // 4:
            self._sort()

    def _sort(self) -> None:
        self._sorted, self._known = self._sorted.with_keys(self._known), set()

    def add(self, keys: Sequence[str], vectors: Vectors) -> None:
        """Write these vectors [n, dim] as a shard. Even after a power cut it is either complete or absent."""
        raw = [bytes.fromhex(key) for key in keys]
        number = 1 + max((int(path.stem.split("-")[0]) for path in self._shards), default=0)
        path = self.folder / f"{number:06d}-{sha256(b''.join(raw))[:16]}.safetensors"
        unfinished = path.with_suffix(".tmp")
        with unfinished.open("wb") as file:
            file.write(save({"keys": key_table(keys), "vectors": vectors}))
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
        self._shards.append(path)
        self._know(raw)

    def chunks(self, keys: Sequence[str]) -> Iterator[tuple[np.ndarray, Vectors]]:
        """The vectors of all `keys`, shard by shard: (positions in `keys`, vectors [len(positions), dim]).

        Raises KeyError if a key is not in the cache.
        """
        wanted = _raw(key_table(keys))
        order = np.argsort(wanted, kind="stable")
        is_missing = np.ones(len(wanted), dtype=bool)
        for path in self._shards:
            if not is_missing.any():
                return
            shard = load_file(path)
            own = _raw(shard["keys"])
            first, last = (np.searchsorted(wanted, own, side=side, sorter=order) for side in ("left", "right"))
            rows = np.repeat(np.arange(len(own)), last - first)
            places = [order[low:high] for low, high in zip(first.tolist(), last.tolist(), strict=True)]
            positions = np.concatenate([order[:0], *places])
            is_new = is_missing[positions]
            positions, rows = positions[is_new], rows[is_new]
            is_missing[positions] = False
            if len(positions):
                yield positions, shard["vectors"][rows]
        if is_missing.any():
            raise KeyError(f"{int(is_missing.sum())} of {len(keys)} vectors are not in the cache")


class KeySet:
    """Keys in one sorted array. Unlike a set, the processes of a machine can share it without a copy for each."""

    def __init__(self, table: np.ndarray):
        """`table` are the keys as bytes, uint8 [n, 32]."""
        self._sorted = np.sort(_raw(table))

    @classmethod
    def empty(cls) -> Self:
        """A set without keys."""
        return cls(key_table(()))

    def with_keys(self, more: Collection[bytes]) -> Self:
        """These keys and more."""
        added = np.frombuffer(b"".join(more), self._sorted.dtype)
        return type(self)(np.concatenate([self._sorted, added]).view(np.uint8).reshape(-1, KEY_BYTES))

    def __len__(self) -> int:
        return len(self._sorted)

    def __contains__(self, key: str) -> bool:
        return self._place(key) is not None

    def _place(self, key: str) -> int | None:
        """Where this key stands first; None if it is not there."""
        if not len(self):  # as in most builds; numpy's search gives up Python's lock, which other threads wait for
            return None
        wanted = np.frombuffer(bytes.fromhex(key), self._sorted.dtype)[0]
        place = int(np.searchsorted(self._sorted, wanted))
        return place if place < len(self) and self._sorted[place] == wanted else None


class KeyRows(KeySet):
    """The row of each key in a table, in 40 bytes each. Of equal keys it is the first."""

    def __init__(self, table: np.ndarray):
        raw = _raw(table)
        self._order = np.argsort(raw, kind="stable")
        self._sorted = raw[self._order]

    def row(self, key: str) -> int:
        """The row of a key. Raises KeyError for one that is not in the table."""
        place = self._place(key)
        if place is None:
            raise KeyError(key)
        return int(self._order[place])


class KeyList(Sequence[str]):
    """Keys in their order, in 32 bytes each."""

    def __init__(self, table: bytearray | None = None):
        self._bytes = bytearray() if table is None else table

    def append(self, key: str) -> None:
        self._bytes += bytes.fromhex(key)

    def __len__(self) -> int:
        return len(self._bytes) // KEY_BYTES

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        start = KEY_BYTES * range(len(self))[place]
        return self._bytes[start : start + KEY_BYTES].hex()

    @property
    def table(self) -> np.ndarray:
        """The keys as bytes, uint8 [len(self), 32]."""
        return np.frombuffer(bytes(self._bytes), np.uint8).reshape(-1, KEY_BYTES)


def key_table(keys: Sequence[str]) -> np.ndarray:
    """Keys in hex as bytes, uint8 [len(keys), 32]."""
    if isinstance(keys, KeyList):
        return keys.table
    return np.frombuffer(bytes.fromhex("".join(keys)), np.uint8).reshape(-1, KEY_BYTES)


def _raw(table: np.ndarray) -> np.ndarray:
    """Keys [n, 32] as texts of 32 bytes [n], which numpy sorts."""
    return np.ascontiguousarray(table).view(f"S{KEY_BYTES}").ravel()
