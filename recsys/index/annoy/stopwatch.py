"""What is faster on this machine, measured in a few milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable


def quickest(*attempts: Callable[[], object]) -> float:
    """Seconds of the fastest of these attempts at the same work: what others on the machine do only adds to it."""
    return min(map(_seconds, attempts))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
