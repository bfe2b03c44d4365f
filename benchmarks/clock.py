"""Times that can be compared: calls are made in turn, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

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
