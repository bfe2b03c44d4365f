"""Keeps computed vectors on disk by the sha256 of their picture, so that an interrupted build can continue."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from recsys.runtime.hashing import sha256
from recsys.types import Vectors

KEY_BYTES = 32
"""The length of a key: the sha256 of a picture."""


class VectorCache:
    """Vectors by the sha256 of their picture, in files of a folder that belongs to one encoder.

    Each file is a shard of some hundred vectors. The keys of all of them are in memory.
    """

    def __init__(self, folder: Path):
        """Open the cache, or create it. A shard that cannot be read is deleted: its vectors are computed again."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for unfinished in folder.glob("*.tmp"):
            unfinished.unlink(missing_ok=True)
        self._shards: list[Path] = []
        self._known: set[bytes] = set()
        for path in sorted(folder.glob("*.safetensors")):
            try:
                keys = load_file(path)["keys"]
            except (SafetensorError, KeyError, OSError):
                path.unlink()
                continue
            self._shards.append(path)
            self._known.update(key.tobytes() for key in keys)

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._known

    @property
    def keys(self) -> KeySet:
        """The keys that are in the cache now."""
        return KeySet(np.frombuffer(b"".join(self._known), np.uint8).reshape(-1, KEY_BYTES))

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
        self._known.update(raw)

    def chunks(self, keys: Sequence[str]) -> Iterator[tuple[np.ndarray, Vectors]]:
        """The vectors of all `keys`, shard by shard: (positions in `keys`, vectors [len(positions), dim]).

        Raises KeyError if a key is not in the cache.
        """
        positions: dict[bytes, list[int]] = {}
        for position, key in enumerate(keys):
            positions.setdefault(bytes.fromhex(key), []).append(position)
        for path in self._shards:
            if not positions:
                return
            shard = load_file(path)
            wanted = [(row, positions.pop(key.tobytes(), [])) for row, key in enumerate(shard["keys"])]
            rows = [row for row, at in wanted for _ in at]
            if rows:
                yield np.array([position for _, at in wanted for position in at]), shard["vectors"][rows]
        if positions:
            raise KeyError(f"{len(positions)} of {len(keys)} vectors are not in the cache")


class KeySet:
    """Keys in one sorted array. Unlike a set, the processes of a machine can share it without a copy for each."""

    def __init__(self, table: np.ndarray):
        """`table` are the keys as bytes, uint8 [n, 32]."""
        self._sorted = np.sort(np.ascontiguousarray(table).view(f"S{KEY_BYTES}").ravel())

    @classmethod
    def empty(cls) -> Self:
        """A set without keys."""
        return cls(key_table(()))

    def __len__(self) -> int:
        return len(self._sorted)

    def __contains__(self, key: str) -> bool:
        wanted = np.frombuffer(bytes.fromhex(key), self._sorted.dtype)[0]
        position = int(np.searchsorted(self._sorted, wanted))
        return position < len(self) and bool(self._sorted[position] == wanted)


def key_table(keys: Sequence[str]) -> np.ndarray:
    """Keys in hex as bytes, uint8 [len(keys), 32]."""
    return np.frombuffer(bytes.fromhex("".join(keys)), np.uint8).reshape(-1, KEY_BYTES)
