"""Comparable times: calls are made in turn, so that other load on the machine affects all of them alike."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median
from types import ModuleType
from typing import Any
from unittest import mock

WARM_UP_ROUNDS = 3


def ms(call: Callable[[], Any]) -> tuple[float, Any]:
    """The milliseconds that a call takes, and its result."""
    started = time.perf_counter()
    result = call()
    return 1000 * (time.perf_counter() - started), result


def in_turn(calls: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """The milliseconds of each call in each round, after some rounds of warm-up."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(-WARM_UP_ROUNDS, rounds):
        for name, call in calls.items():
            taken, _ = ms(call)
            if number >= 0:
                times[name].append(taken)
    return times


def summary(times_ms: Sequence[float]) -> dict[str, float]:
    """Median and minimum."""
    return {"median_ms": median(times_ms), "least_ms": min(times_ms)}


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the ratios round by round: what slows down a whole round cancels out."""
    return median(one / other for one, other in zip(above, below, strict=True))


def cpu_ms(call: Callable[[Any], Any], arguments: Iterable[Any]) -> float:
    """The median processor time of a call in milliseconds: waiting for a busy machine does not count."""

    def taken(argument: Any) -> float:
        started = time.process_time()
        call(argument)
        return 1000 * (time.process_time() - started)

    return median(map(taken, arguments))


@contextlib.contextmanager
def cpu_seconds(module: ModuleType, names: Iterable[str]) -> Iterator[dict[str, float]]:
    """Measure the processor time of these functions of a module, by name, in seconds."""
    seconds = dict.fromkeys(names, 0.0)

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            started = time.process_time()
            try:
                return function(*args, **options)
            finally:
                seconds[name] += time.process_time() - started

        return call

    with mock.patch.multiple(module, **{name: counted(name, getattr(module, name)) for name in seconds}):
        yield seconds
