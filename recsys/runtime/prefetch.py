"""Computes results in threads while earlier results are used."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from recsys.runtime.cpus import usable_cores

A = TypeVar("A")
B = TypeVar("B")


def prefetch(work: Callable[[A], B], values: Iterable[A], depth: int, at_once: int = 1) -> Iterator[B]:
    """Yield `work(value)` for each value, in order, with up to `depth` results computed ahead.

    The values are read in the caller's thread. A thread is given `at_once` of them, since passing each on its own takes
    some 20 µs. An exception of `work` is raised in place of the results of the values that were given with its value.
    """
    pool = ThreadPoolExecutor(usable_cores(), "prefetch")
    pending: deque[Future[list[B]]] = deque()
    rest = iter(values)
    try:
        while given := list(islice(rest, at_once)):
            pending.append(pool.submit(_each, work, given))
            if len(pending) > depth // at_once:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _each(work: Callable[[A], B], values: list[A]) -> list[B]:
    return [work(value) for value in values]
