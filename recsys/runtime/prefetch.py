"""Computes results in threads while earlier results are used."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from recsys.runtime.cpus import usable_cores

A = TypeVar("A")
B = TypeVar("B")


def prefetch(work: Callable[[A], B], values: Iterable[A], depth: int) -> Iterator[B]:
    """Yield `work(value)` for each value, in order, with up to `depth` results computed ahead.

    The values are read in the caller's thread. An exception of `work` is raised in place of its result.
    """
    pool = ThreadPoolExecutor(usable_cores(), "prefetch")
    pending: deque[Future[B]] = deque()
    try:
        for value in values:
            pending.append(pool.submit(work, value))
            if len(pending) > depth:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
