"""Texts of all rows, without a Python object for each. Those of a large catalogue lie in a file, not in memory."""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from recsys.runtime.memory import release_map
from recsys.types import Value

MAX_MEAN_BYTES = 1_000
"""Longer texts, on average over a block, are kept as they are read: one that all rows repeat is in memory once."""
SCHEMA = pa.schema([("text", pa.string())])
POSITIONS = 1024
"""Bytes of a text whose places differ by this number have the same weight in its hash."""
WEIGHTS = np.frombuffer(os.urandom(8 * POSITIONS), np.uint64) | np.uint64(1)
"""They are random, so that no catalogue can be made whose ids have the same hash."""
NUMBERS = WEIGHTS.tolist()

Hashes = npt.NDArray[np.int64]


class Texts(Sequence[Value]):
    """Texts, or None, of all rows. They stay in Arrow's memory, without an object for each.

    `mapped` is the file that the blocks lie in, if they do. Whoever reads all texts leaves none of its pages in memory.
    """

    def __init__(self, blocks: Sequence[pa.Array], mapped: mmap.mmap | None = None):
        self._blocks, self._ends = blocks, np.cumsum([len(block) for block in blocks])
        self._mapped = mapped

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __iter__(self) -> Iterator[Value]:
        for block in self._blocks:
            yield from block.to_pylist()
            release_map(self._mapped)

    def __eq__(self, other: object) -> bool:
        """Whether the other is a sequence of the same texts, such as a list."""
        if not isinstance(other, Sequence) or len(other) != len(self):
            return False
        return all(own == its for own, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, row: int) -> Value: ...
    @overload
    def __getitem__(self, row: slice) -> list[Value]: ...
    def __getitem__(self, row: int | slice) -> Value | list[Value]:
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        place = range(len(self))[row]
        block = int(np.searchsorted(self._ends, place, side="right"))
        found: Value = self._blocks[block][place - int(self._ends[block])].as_py()
        return found

    def take(self, rows: npt.NDArray[np.int64]) -> Texts:
        """The texts of these ascending rows."""
        places = np.searchsorted(rows, [0, *self._ends])
        starts = [0, *self._ends[:-1].tolist()]
        parts = [rows[low:high] - start for low, high, start in zip(places, places[1:], starts, strict=False)]
        return Texts([block.take(pa.array(part)) for block, part in zip(self._blocks, parts, strict=True)])

    def hashes(self) -> Hashes:
        """A hash of each text, of which none may be None. They differ from process to process."""
        found = np.concatenate([np.empty(0, np.int64), *map(_hashes, self._blocks)])
        release_map(self._mapped)
        return found

    def hash_of(self, text: str) -> int:
        """The hash of any text."""
        weighted = (
            (byte + 1) * weight
            for byte, weight in zip(text.encode("utf-8", "surrogatepass"), cycle(NUMBERS), strict=False)
        )
        return (sum(weighted) + 2**63) % 2**64 - 2**63


class TextReader:
    """Keeps texts that differ from row to row, such as ids and names. It puts those of a large catalogue in a file."""

    def __init__(self, *, is_large: bool):
        self._blocks: list[pa.Array] = []
        self._file = TextFile() if is_large else None

    def add(self, block: pa.DictionaryArray) -> None:
        block.validate(full=True)  # a text that is no Unicode would fail when it is shown
        if self._file and _decoded_bytes(block) <= MAX_MEAN_BYTES * len(block):
            self._file.add(block.dictionary_decode())
            self._blocks.append(None)
        else:
            self._blocks.append(block)

    def cells(self) -> Texts:
        mapped = self._file.mapped() if self._file else None
        filed = iter(_blocks_in(mapped) if mapped else ())
        return Texts([next(filed) if block is None else block for block in self._blocks], mapped)


class TextFile:
    """A temporary file that takes the texts of a column, block by block."""

    def __init__(self) -> None:
        """Raises OSError if there is no place for temporary files."""
        handle, path = tempfile.mkstemp(suffix=".arrow")
        os.close(handle)
        self._path, self._writer = Path(path), pa.ipc.new_file(path, SCHEMA)

    def add(self, block: pa.Array) -> None:
        """Write the next rows. Raises OSError if the disk is full."""
        self._writer.write_batch(pa.record_batch([block], schema=SCHEMA))

    def mapped(self) -> mmap.mmap:
        """A memory map of the file, which has no name from now on."""
        self._writer.close()
        with self._path.open("rb") as file:
            found = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.delete()
        return found

    def delete(self) -> None:
        """Remove the name of the file; the system keeps its content as long as it is mapped."""
        with contextlib.suppress(OSError):  # Windows keeps the name of a mapped file
            self._path.unlink()


def _blocks_in(mapped: mmap.mmap) -> list[pa.Array]:
    """The blocks of texts in the memory map of a TextFile, which are not copied."""
    with pa.ipc.open_file(pa.py_buffer(mapped)) as file:
        return [file.get_batch(number).column(0) for number in range(file.num_record_batches)]


def _decoded_bytes(block: pa.DictionaryArray) -> int:
    """The size of the texts of all rows."""
    return int(pc.sum(pc.binary_length(block.dictionary).take(block.indices)).as_py() or 0)


def _hashes(texts: pa.Array) -> Hashes:
    """A hash of each text: the sum of its bytes by the weights of their places."""
    if pa.types.is_dictionary(texts.type):
        return _hashes(texts.dictionary)[texts.indices.to_numpy()]
    _, places, data = texts.buffers()
    ends = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    held = np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]]
    starts, lengths = ends[:-1] - ends[0], np.diff(ends)
    within = np.arange(len(held), dtype=np.int32) - np.repeat(starts, lengths)
    weighted = np.append((held + np.uint64(1)) * WEIGHTS[within % POSITIONS], np.uint64(0))
    return np.where(lengths > 0, np.add.reduceat(weighted, starts), 0).astype(np.int64)
