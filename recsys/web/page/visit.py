"""What the server keeps of one visit, and the order in which the visitor's choices take effect."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from recsys.web.page.state import Query

MAX_WAIT_S = 30.0
"""How long a change waits for the search that it changes."""

T = TypeVar("T", bound=tuple[Any, ...])
Handler = TypeVar("Handler", bound=Callable[..., Any])


class Visit:
    """The latest query of a visit.

    The visitor's choices are numbered. Their calls can arrive together, and a later one can be answered first. A new
    search makes the searches and changes before it obsolete. A change waits for what was chosen before it, so that it
    changes the query that the visitor means.
    """

    def __init__(self) -> None:
        self.query = Query()
        self._latest_search = 0
        self._running: list[int] = []
        self._settled = threading.Condition()

    def __deepcopy__(self, memo: dict[int, Any]) -> Visit:
        """A new visit: Gradio copies the one of the page for each visitor."""
        return Visit()

    def search(self, number: int, answer: Callable[[Query], T]) -> T | None:
        """The answer to a choice that starts another search; None if a later search was started meanwhile."""
        with self._settled:
            self._latest_search = max(self._latest_search, number)
        with self._under_way(number):
            return self._keep(number, answer(self.query))

    def change(self, number: int, answer: Callable[[Query], T]) -> T | None:
        """The answer to a choice that changes the present search; None if a later search was started meanwhile."""
        with self._under_way(number):
            with self._settled:
                self._settled.wait_for(lambda: min(self._running) >= number, MAX_WAIT_S)
            return self._keep(number, answer(self.query))

    def look(self, number: int, answer: Callable[[Query], T]) -> T | None:
        """The answer to a choice that leaves the search as it is. It does not wait."""
        return answer(self.query)

    def _keep(self, number: int, shown: T) -> T | None:
        with self._settled:
            if number < self._latest_search:
                return None
            if isinstance(shown[0], Query):
                self.query = shown[0]
            return shown

    @contextmanager
    def _under_way(self, number: int) -> Iterator[None]:
        with self._settled:
            self._running.append(number)
        try:
            yield
        finally:
            with self._settled:
                self._running.remove(number)
                self._settled.notify_all()


def starts_a_search(handler: Handler) -> Handler:
    """Mark a handler that starts another search."""
    return _in_order(handler, Visit.search)


def only_looks(handler: Handler) -> Handler:
    """Mark a handler that leaves the search as it is."""
    return _in_order(handler, Visit.look)


def order_of(handler: Callable[..., Any]) -> Callable[..., Any]:
    """How a visit answers the choice of this handler. What is not marked changes the present search."""
    return getattr(handler, "order", Visit.change)


def _in_order(handler: Handler, order: Callable[..., Any]) -> Handler:
    handler.order = order  # type: ignore[attr-defined]
    return handler
