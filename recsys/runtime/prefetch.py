"""Work that is done in threads while its results are used."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from recsys.runtime.cpus import usable_cores

A = TypeVar("A")
B = TypeVar("B")


def prefetch(work: Callable[[A], B], values: Iterable[A], depth: int) -> Iterator[B]:
    """`work` of each value, in order, with at most `depth` of them begun before the one that is used.

    The values are drawn in the caller's thread. What `work` raises is raised at its place.
    """
    pool = ThreadPoolExecutor(usable_cores(), "prefetch")
    begun: deque[Future[B]] = deque()
    try:
        for value in values:
            begun.append(pool.submit(work, value))
            if len(begun) > depth:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
