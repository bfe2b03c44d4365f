"""Measures how long work takes on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable


def quickest(*attempts: Callable[[], object]) -> float:
    """Seconds of the fastest run: other load on the machine only makes runs slower."""
    return min(map(seconds, attempts))


def seconds(work: Callable[[], object]) -> float:
    """The duration of one run."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
