"""Measures which of several ways to do the same work is fastest on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable


def quickest(*attempts: Callable[[], object]) -> float:
    """Seconds of the fastest run: other load on the machine only makes runs slower."""
    return min(map(_seconds, attempts))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
