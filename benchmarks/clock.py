"""Times that can be compared: calls are made in turn, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median
from types import ModuleType
from typing import Any
from unittest import mock

WARM_UP = 3


def ms(call: Callable[[], Any]) -> tuple[float, Any]:
    """The milliseconds of a call, and what it returned."""
    started = time.perf_counter()
    result = call()
    return 1000 * (time.perf_counter() - started), result


def in_turn(calls: Mapping[str, Callable[[], Any]], rounds: int, warm_up: int = WARM_UP) -> dict[str, list[float]]:
    """The milliseconds of each call in each round."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(-warm_up, rounds):
        for name, call in calls.items():
            taken, _ = ms(call)
            if number >= 0:
                times[name].append(taken)
    return times


def summary(times: Sequence[float]) -> dict[str, float]:
    """The median and the least of these milliseconds."""
    return {"median_ms": median(times), "least_ms": min(times)}


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the ratios round by round: what slowed a whole round down cancels."""
    return median(one / other for one, other in zip(above, below, strict=True))


def cpu_ms(call: Callable[[Any], Any], arguments: Iterable[Any]) -> float:
    """The median of the milliseconds of processor time of a call: what waits for a busy machine does not count."""

    def taken(argument: Any) -> float:
        started = time.process_time()
        call(argument)
        return 1000 * (time.process_time() - started)

    return median(map(taken, arguments))


@contextlib.contextmanager
def cpu_seconds(module: ModuleType, names: Iterable[str]) -> Iterator[dict[str, float]]:
    """The seconds of processor time that these functions of a module take while this lasts."""
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
