"""Counts what visitors ask for with a picture and the shop does not have, by predicted kind and colour.

Only a kind and a colour that MIN_CLIENTS different clients asked for are shown; what fewer asked for is one sum. Until
then a client is kept as a hash with a random salt of this process. No picture and no address is kept.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.core import CounterMetricFamily, Metric

from recsys.core.roles import Roles
from recsys.recommend.recommender import Recommender
from recsys.types import Answer
from recsys.web.server.metrics import REGISTRY

MIN_CLIENTS = 5
"""The k of k-anonymity: the least number of different clients that asked for a kind in a colour."""
MAX_WISHES = 10_000
"""Kinds in colours that are counted one by one. Further ones are counted as rare."""
NAME = "recsys_asked_not_found"
RARE = "(rare)"
UNKNOWN = "(unknown)"
Wish = tuple[str, str]
"""A predicted kind and colour."""

_client: ContextVar[str] = ContextVar("client", default="")


@contextmanager
def asked_by(client: str) -> Iterator[None]:
    """Count answers inside this context as asked for by a client."""
    token = _client.set(client)
    try:
        yield
    finally:
        _client.reset(token)


@dataclass
class _Count:
    answers: int = 0
    clients: set[bytes] = field(default_factory=set)


class UnmetWishes:
    """The counts, as a collector of Prometheus."""

    def __init__(self) -> None:
        self._salt, self._lock = secrets.token_bytes(16), threading.Lock()
        self._counts: dict[Wish, _Count] = {}

    def add(self, wish: Wish, client: str) -> None:
        """Count an answer to a client in which nothing was close."""
        hashed = hashlib.blake2b(client.encode(), key=self._salt, digest_size=8).digest()
        with self._lock:
            if wish not in self._counts and len(self._counts) >= MAX_WISHES:
                wish = (RARE, RARE)
            count = self._counts.setdefault(wish, _Count())
            count.answers += 1
            if len(count.clients) < MIN_CLIENTS:
                count.clients.add(hashed)

    def shown(self) -> dict[Wish, int]:
        """The number of answers for each kind and colour that enough clients asked for, and the sum of the others."""
        with self._lock:
            counts = dict(self._counts)
        found = {wish: count.answers for wish, count in counts.items() if len(count.clients) >= MIN_CLIENTS}
        rare = sum(count.answers for count in counts.values()) - sum(found.values())
        return found | ({(RARE, RARE): rare + found.get((RARE, RARE), 0)} if rare else {})

    def collect(self) -> Iterator[Metric]:
        """The counts in Prometheus' form."""
        text = f"Pictures to which nothing is close, by predicted kind and colour, from {MIN_CLIENTS} clients on."
        metric = CounterMetricFamily(NAME, text, labels=["kind", "colour"])
        for wish, answers in self.shown().items():
            metric.add_metric(wish, answers)
        yield metric


UNMET = UnmetWishes()
REGISTRY.register(UNMET)


def count_unmet(recommender: Recommender) -> None:
    """Count the answers of this recommender in which nothing is close to a picture."""
    search, served = type(recommender).search, weakref.ref(recommender)  # without a circle that would delay its end

    @functools.wraps(search)
    def counted(*args: Any, **options: Any) -> Answer:
        answer = search(served(), *args, **options)  # type: ignore[arg-type]
        if answer.close is False and answer.seen:
            UNMET.add(_wish(answer), _client.get())
        return answer

    recommender.search = counted  # type: ignore[method-assign]


def _wish(answer: Answer) -> Wish:
    """The predicted kind and colour of the picture that the answer is for."""
    roles = Roles.from_names(answer.seen)
    guesses = [answer.seen[name].value if name else None for name in (roles.kind, roles.colour)]
    return guesses[0] or UNKNOWN, guesses[1] or UNKNOWN
