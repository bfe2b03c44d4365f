"""Returns memory to the system: what is freed, and pages of files that can be read again."""

from __future__ import annotations

import ctypes
import mmap
from contextlib import suppress
from typing import Any

import numpy as np


def release_memory() -> None:
    """Return what is freed to the system. glibc keeps it otherwise."""
    with suppress(OSError, TypeError, AttributeError):  # the C library is not glibc
        ctypes.CDLL(None).malloc_trim(0)


def release_pages(array: np.ndarray[Any, Any]) -> None:
    """Let go of the pages of an array that maps a file, which is open for reading. They come back when they are read.

    The system keeps them in its own cache as long as it has room.
    """
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap):
        release_map(base)


def release_map(mapped: mmap.mmap | None) -> None:
    """Let go of the pages of a memory map that is open for reading, if there is one, as `release_pages` does."""
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)
