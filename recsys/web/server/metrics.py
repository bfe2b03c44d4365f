"""What is counted and timed while the app runs, in the text format that Prometheus scrapes.

prometheus_client was looked at and left: these few counters and histograms need a page of it.
"""

from __future__ import annotations

import functools
import logging
import os
import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import accumulate, pairwise
from pathlib import Path
from statistics import median
from typing import ParamSpec, TypeVar

from recsys.errors import RecsysError
from recsys.recommend.recommender import Recommender

P = ParamSpec("P")
T = TypeVar("T")

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Prometheus's own usual bounds."""
LATEST = 20
"""Answers whose pace is that of the next ones."""
INTERNAL = "internal"
"""The outcome of a fault of ours."""

logger = logging.getLogger(__name__)


class Counted:
    """A counter: a number for each combination of the values of its labels."""

    kind = "counter"

    def __init__(self, name: str, about: str, *labels: str):
        self.name, self.about, self._labels = name, about, labels
        self._values: dict[tuple[str, ...], int] = {}
        self._lock = threading.Lock()

    def add(self, *values: str) -> None:
        """Count one more under these label values."""
        with self._lock:
            self._values[values] = self._values.get(values, 0) + 1

    def value(self, *values: str) -> int:
        """How many there were under these label values."""
        return self._values.get(values, 0)

    def lines(self) -> Iterator[str]:
        """Its numbers as Prometheus reads them."""
        for values, value in self._values.copy().items():
            labels = ",".join(f'{name}="{text}"' for name, text in zip(self._labels, values, strict=True))
            yield f"{self.name}{{{labels}}} {value}"


class Timed:
    """A histogram of seconds for each value of its label."""

    kind = "histogram"

    def __init__(self, name: str, about: str, label: str):
        self.name, self.about, self._label = name, about, label
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}
        self._lock = threading.Lock()

    def observe(self, seconds: float, value: str) -> None:
        """Count a duration under this label value."""
        with self._lock:
            self._counts.setdefault(value, [0] * (len(SECONDS) + 1))[bisect_left(SECONDS, seconds)] += 1
            self._sums[value] = self._sums.get(value, 0.0) + seconds

    def count(self, value: str) -> int:
        """How many durations there were under this label value."""
        return sum(self._counts.get(value, ()))

    def lines(self) -> Iterator[str]:
        """Its numbers as Prometheus reads them."""
        for value in tuple(self._counts):
            label, up_to = f'{self._label}="{value}"', list(accumulate(self._counts[value]))
            for bound, count in zip((*SECONDS, "+Inf"), up_to, strict=True):
                yield f'{self.name}_bucket{{{label},le="{bound}"}} {count}'
            yield f"{self.name}_sum{{{label}}} {self._sums[value]:.6f}"
            yield f"{self.name}_count{{{label}}} {up_to[-1]}"


class Pace:
    """How fast calls are answered, by the ends of the latest: while there is always one in wait, this is its time."""

    def __init__(self) -> None:
        self._ends: deque[float] = deque(maxlen=LATEST)

    def ended(self, now: float) -> None:
        """A call was answered, at this time in seconds."""
        self._ends.append(now)

    def seconds_each(self) -> float:
        """Seconds from one answer to the next, the median of the latest; 0 where there were too few to tell."""
        gaps = [later - earlier for earlier, later in pairwise(tuple(self._ends))]
        return median(gaps) if gaps else 0.0


ANSWERS = Counted("recsys_answers_total", "Calls that were answered, by endpoint and outcome.", "endpoint", "outcome")
REFUSED = Counted("recsys_refused_total", "Requests that were refused before they were read, by code.", "code")
RESPONSES = Counted("recsys_responses_total", "HTTP responses by status.", "status")
LATENCY = Timed("recsys_answer_seconds", "From a call to its answer, by endpoint.", "endpoint")
STAGES = Timed("recsys_stage_seconds", "What a call waited, and what each stage of its answer took.", "stage")
PACE = Pace()
EVERYTHING: tuple[Counted | Timed, ...] = (ANSWERS, REFUSED, RESPONSES, LATENCY, STAGES)

_stages: ContextVar[dict[str, float] | None] = ContextVar("stages", default=None)


@contextmanager
def answering(endpoint: str, arrived: float | None = None) -> Iterator[None]:
    """Count and time an answer, and its stages; what is no stage of its own is "answer". Errors pass through.

    `arrived` is when the call came in, by time.monotonic().
    """
    started, outcome = time.monotonic(), "ok"
    stages: dict[str, float] = {} if arrived is None else {"wait": started - arrived}
    token = _stages.set(stages)
    try:
        yield
    except Exception as error:
        outcome = error.code if isinstance(error, RecsysError) else INTERNAL
        raise
    finally:
        _stages.reset(token)
        ended = time.monotonic()
        taken = ended - (started if arrived is None else arrived)
        stages["answer"] = taken - sum(stages.values())
        PACE.ended(ended)
        ANSWERS.add(endpoint, outcome)
        LATENCY.observe(taken, endpoint)
        for stage, seconds in stages.items():
            STAGES.observe(seconds, stage)
        facts = {"endpoint": endpoint, "outcome": outcome, "ms": _ms(taken)}
        logger.info("answered", extra=facts | {"stages": {name: _ms(part) for name, part in stages.items()}})


def stage(name: str, function: Callable[P, T]) -> Callable[P, T]:
    """The function, its time counted as this stage of the answer in work, if any."""

    @functools.wraps(function)
    def timed(*args: P.args, **kwargs: P.kwargs) -> T:
        started = time.monotonic()
        try:
            return function(*args, **kwargs)
        finally:
            stages = _stages.get()
            if stages is not None:
                stages[name] = stages.get(name, 0.0) + time.monotonic() - started

    return timed


def observe(recommender: Recommender) -> None:
    """Have its encoder and its searcher timed as stages from now on."""
    for part, method, name in ((recommender.encoder, "encode", "encode"), (recommender.searcher, "search", "search")):
        function = getattr(part, method)
        if not hasattr(function, "__wrapped__"):
            setattr(part, method, stage(name, function))


def exposition(gauges: Mapping[str, tuple[str, float]]) -> str:
    """Everything that was counted, and these gauges (name → what it is, and its value), as Prometheus reads them."""
    lines = []
    for metric in EVERYTHING:
        lines += [f"# HELP {metric.name} {metric.about}", f"# TYPE {metric.name} {metric.kind}", *metric.lines()]
    for name, (about, value) in gauges.items():
        lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge", f"{name} {value!r}"]
    return "\n".join(lines) + "\n"


def resident_bytes() -> int:
    """Memory of this process; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)
