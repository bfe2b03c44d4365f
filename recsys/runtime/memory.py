"""Returns freed memory to the system."""

from __future__ import annotations

import ctypes
from contextlib import suppress


def release_memory() -> None:
    """Return what is freed to the system. glibc keeps it otherwise."""
    with suppress(OSError, TypeError, AttributeError):  # the C library is not glibc
        ctypes.CDLL(None).malloc_trim(0)
