"""Tells the failures of a Ray cluster apart, and says what to do about each."""

from __future__ import annotations

from ray.exceptions import ObjectStoreFullError, OutOfDiskError, OutOfMemoryError, RayError, RayTaskError

from recsys.build.resource_errors import OUT_OF_MEMORY_MESSAGE
from recsys.errors import EngineError

CONTINUES = "Run the same command: it continues with the vectors that are already computed."
STORE_FULL = ("ObjectStoreFullError", "OutOfDiskError", "object store is full", "OutOfDisk")
LOW_ON_MEMORY = ("low on memory", "OutOfMemoryError", "memory pressure")
"""What Ray says where its memory monitor has ended a worker."""


def is_out_of_memory(error: RayError | MemoryError) -> bool:
    """Whether the memory of a machine ran out."""
    message = str(error)
    is_named = any(words in message for words in LOW_ON_MEMORY) or bool(OUT_OF_MEMORY_MESSAGE.search(message))
    return isinstance(error, MemoryError | OutOfMemoryError) or (is_named and not is_store_full(error))


def is_store_full(error: RayError | MemoryError) -> bool:
    """Whether Ray's object store and the disk that it spills to are full."""
    is_named = any(words in str(error) for words in STORE_FULL)
    return isinstance(error, ObjectStoreFullError | OutOfDiskError) or is_named


def is_final(error: RayError | MemoryError) -> bool:
    """Whether the same job would fail again: an error of the code, and not a lost process."""
    return isinstance(error, RayTaskError) and not is_store_full(error) and not is_out_of_memory(error)


def explain(error: RayError | MemoryError, done: int, count: int) -> EngineError:
    """The error of a build that gives up after `done` of `count` products."""
    where = f"Ray gave up after {done:,} of {count:,} products"
    if is_store_full(error):
        return EngineError(
            f"{where}: its object store is full, and so is the disk that it spills to. Free space under the"
            f" --temp-dir of its machines, or start them with a larger --object-store-memory. {CONTINUES}"
        )
    if is_out_of_memory(error):
        return EngineError(
            f"{where}: the memory of a machine ran out, with one picture in a batch too. Start fewer actors there, by"
            f" ray start --num-cpus, or close other programs. {CONTINUES}"
        )
    reason = (str(error).strip().splitlines() or [type(error).__name__])[-1].rstrip(".")
    return EngineError(f"{where}: {reason}. See ray status and its logs. {CONTINUES}")
