"""The Prometheus metrics of the server, and how long each stage of an answer takes.

`GET /metrics` serves `REGISTRY`. docs/operations.md promises the names, labels and meanings of the metrics.
"""

from __future__ import annotations

import functools
import logging
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from statistics import median
from typing import ParamSpec, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

from recsys.errors import RecsysError
from recsys.recommend.recommender import Recommender

P = ParamSpec("P")
T = TypeVar("T")

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
RECENT_ANSWERS = 20
"""The number of latest answers from which the interval between answers is estimated."""
INTERNAL = "internal"
"""The outcome of an answer that failed because of a fault in this program."""

logger = logging.getLogger(__name__)

disable_created_metrics()  # without this, each counter and histogram has a second series, its time of creation
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

ANSWERS = Counter(
    "recsys_answers_total", "Answered calls by endpoint and outcome.", ["endpoint", "outcome"], registry=REGISTRY
)
REJECTED = Counter(
    "recsys_refused_total", "Requests rejected before they were read, by code.", ["code"], registry=REGISTRY
)
RESPONSES = Counter("recsys_responses_total", "HTTP responses by status.", ["status"], registry=REGISTRY)
ANSWER_SECONDS = Histogram(
    "recsys_answer_seconds",
    "Time from the arrival of a call to its answer, by endpoint.",
    ["endpoint"],
    buckets=BUCKETS_S,
    registry=REGISTRY,
)
STAGE_SECONDS = Histogram(
    "recsys_stage_seconds", "Time of each stage of an answer.", ["stage"], buckets=BUCKETS_S, registry=REGISTRY
)
CALLS_WAITING = Gauge("recsys_calls_waiting", "Calls waiting in the queue.", registry=REGISTRY)
CALLS_IN_WORK = Gauge("recsys_calls_in_work", "Calls being answered.", registry=REGISTRY)
INDEX_ITEMS = Gauge("recsys_index_items", "Products in the served index.", registry=REGISTRY)
SEARCH_FALLBACK = Gauge(
    "recsys_search_fallback", "1 if exact search serves because Annoy does not run here, else 0.", registry=REGISTRY
)
READY = Gauge("recsys_ready", "1 if the server can answer pictures, else 0.", registry=REGISTRY)

_stages: ContextVar[dict[str, float] | None] = ContextVar("stages", default=None)


class AnswerInterval:
    """Estimates the seconds between two answers from the times of the latest answers.

    While calls wait in the queue, this is the time by which each of them prolongs the wait of the next.
    """

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=RECENT_ANSWERS)

    def add(self, now: float) -> None:
        """Record an answer given at `now`, in seconds."""
        self._times.append(now)

    def seconds(self) -> float:
        """The median interval in seconds; 0 before the second answer."""
        gaps = [later - earlier for earlier, later in pairwise(tuple(self._times))]
        return median(gaps) if gaps else 0.0


ANSWER_INTERVAL = AnswerInterval()


@contextmanager
def record_answer(endpoint: str, arrived: float | None = None) -> Iterator[None]:
    """Count, time and log the answer that is computed inside this context. Errors pass through.

    `arrived` is the time (of time.monotonic()) at which the call arrived: the time since then is the stage "wait".
    What `timed_stage` does not measure is the stage "answer".
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
        seconds = ended - (started if arrived is None else arrived)
        stages["answer"] = seconds - sum(stages.values())
        ANSWER_INTERVAL.add(ended)
        ANSWERS.labels(endpoint, outcome).inc()
        ANSWER_SECONDS.labels(endpoint).observe(seconds)
        for stage, part in stages.items():
            STAGE_SECONDS.labels(stage).observe(part)
        facts = {"endpoint": endpoint, "outcome": outcome, "ms": _ms(seconds)}
        logger.info("answered", extra=facts | {"stages": {stage: _ms(part) for stage, part in stages.items()}})


def timed_stage(name: str, function: Callable[P, T]) -> Callable[P, T]:
    """Return `function`, with its time added to the stage `name` of the answer that calls it."""

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


def time_stages(recommender: Recommender) -> None:
    """Time the encoder and the searcher of this recommender as the stages "encode" and "search".

    The timed method does not keep its object, so that a replaced index leaves the memory as soon as nobody uses it.
    """
    for part, method in ((recommender.encoder, "encode"), (recommender.searcher, "search")):
        function = getattr(part, method)
        if not hasattr(function, "__wrapped__"):
            setattr(part, method, timed_stage(method, _weakly(function)))


def _weakly(method: Callable[P, T]) -> Callable[P, T]:
    """The same method, which does not keep its object."""
    found = weakref.WeakMethod(method)

    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        bound = found()
        assert bound is not None, "the object of a method lives while it is called"
        return bound(*args, **kwargs)

    return call


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)
