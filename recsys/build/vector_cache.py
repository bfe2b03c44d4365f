"""Vectors that were computed once, kept by the content of their picture, so that an interrupted build goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from recsys.runtime.hashing import sha256
from recsys.types import Vectors

KEY_BYTES = 32


class VectorStore:
    """Shards of (sha256 of a picture, its vector) in a folder of one encoder's own."""

    def __init__(self, folder: Path):
        """Open the store, made if it is not there. A shard that cannot be read is dropped, to be computed again."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for half in folder.glob("*.tmp"):
            half.unlink(missing_ok=True)
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
        """The keys that it has, apart from the store."""
        return KeySet(np.frombuffer(b"".join(self._known), np.uint8).reshape(-1, KEY_BYTES))

    def add(self, keys: Sequence[str], vectors: Vectors) -> None:
        """Keep these vectors [n, dim] under their keys: a shard that is there whole or not at all, power cuts too."""
        raw = [bytes.fromhex(key) for key in keys]
        number = 1 + max((int(path.stem.split("-")[0]) for path in self._shards), default=0)
        path = self.folder / f"{number:06d}-{sha256(b''.join(raw))[:16]}.safetensors"
        beside = path.with_suffix(".tmp")
        with beside.open("wb") as file:
            file.write(save({"keys": key_table(keys), "vectors": vectors}))
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
        self._shards.append(path)
        self._known.update(raw)

    def chunks(self, keys: Sequence[str]) -> Iterator[tuple[np.ndarray, Vectors]]:
        """(places in `keys`, vectors) a shard, until each of `keys` was given; equal keys share a vector.

        Raises KeyError where a key is not in the store.
        """
        places: dict[bytes, list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(bytes.fromhex(key), []).append(place)
        for path in self._shards:
            if not places:
                return
            shard = load_file(path)
            wanted = [(row, places.pop(key.tobytes(), [])) for row, key in enumerate(shard["keys"])]
            rows = [row for row, at in wanted for _ in at]
            if rows:
                yield np.array([place for _, at in wanted for place in at]), shard["vectors"][rows]
        if places:
            raise KeyError(f"{len(places)} of {len(keys)} vectors are not in the store")


class KeySet:
    """Keys in one sorted array, which the processes of a machine can share where a set would be copied for each."""

    def __init__(self, table: np.ndarray):
        """`table` are the keys as bytes, uint8 [n, 32]."""
        self._sorted = np.sort(np.ascontiguousarray(table).view(f"S{KEY_BYTES}").ravel())

    @classmethod
    def empty(cls) -> KeySet:
        """No keys."""
        return cls(key_table(()))

    def __len__(self) -> int:
        return len(self._sorted)

    def __contains__(self, key: str) -> bool:
        wanted = np.frombuffer(bytes.fromhex(key), self._sorted.dtype)[0]
        place = int(np.searchsorted(self._sorted, wanted))
        return place < len(self) and bool(self._sorted[place] == wanted)


def key_table(keys: Sequence[str]) -> np.ndarray:
    """Hex sha256 as bytes, uint8 [len(keys), 32]."""
    return np.frombuffer(bytes.fromhex("".join(keys)), np.uint8).reshape(-1, KEY_BYTES)
