"""What the server keeps of one visit, and the order in which the visitor's choices take effect."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from recsys.web.page.state import Query

MAX_WAIT_S = 30.0
"""How long a change waits for the search that it changes."""
MAX_LATE_S = 3.0
"""How long a change waits for an earlier choice whose request has not arrived."""
MAX_RECENT = 8
"""How many pictures, and parts of them, a visit keeps for the way back."""

T = TypeVar("T", bound=tuple[Any, ...])
Handler = TypeVar("Handler", bound=Callable[..., Any])


class Visit:
    """The latest query of a visit.

    The visitor's choices are numbered. Their calls can arrive together, and in another order, and a later one can be
    answered first. A new search makes the searches and changes before it obsolete. A change waits for what was chosen
    before it, so that it changes the query that the visitor means.
    """

    def __init__(self) -> None:
        self.query = Query()
        self._recent: tuple[Query, ...] = ()
        self._latest_search = self._latest_look = 0
        self._running: list[int] = []
        self._arrived_to = 0  # every choice up to this number has arrived, or is not waited for any more
        self._arrived: set[int] = set()
        self._settled = threading.Condition()
        self.is_known = False
        """Whether the server has answered in this visit. It forgets a visit where it is restarted, or has too many."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Visit:
        """A new visit: Gradio copies the one of the page for each visitor."""
        return Visit()

    def search(self, number: int, answer: Callable[[Query], T]) -> T | None:
        """The answer to a choice that starts another search; None if a later search was started meanwhile."""
        with self._settled:
            self._latest_search = max(self._latest_search, number)
            self._arrived_to = max(self._arrived_to, number)
        with self._under_way(number):
            return self._keep(number, answer(self._known))

    def change(self, number: int, answer: Callable[[Query], T]) -> T | None:
        """The answer to a choice that changes the present search; None if a later search was started meanwhile."""
        with self._under_way(number):
            with self._settled:
                if not self._settled.wait_for(lambda: self._arrived_to >= number, MAX_LATE_S):
                    self._arrived_to = number
                self._settled.wait_for(lambda: min(self._running) >= number, MAX_WAIT_S)
            return self._keep(number, answer(self._known))

    def look(self, number: int, answer: Callable[[Query], T]) -> T | None:
        """The answer to a choice that leaves the search as it is; None if a later one was made. It does not wait."""
        self._arrive(number)
        with self._settled:
            self._latest_look = max(self._latest_look, number)
        shown = answer(self._known)
        return None if 0 < number < self._latest_look else shown

    @property
    def _known(self) -> Query:
        return replace(self.query, recent=self._recent)

    def _keep(self, number: int, shown: T) -> T | None:
        with self._settled:
            if number < self._latest_search:
                return None
            if isinstance(shown[0], Query):
                self.query = replace(shown[0], recent=())
                self._remember(self.query)
            return shown

    def _remember(self, query: Query) -> None:
        """Keep a query with a picture for the way back."""
        if query.shown is not None:
            part = (query.picture_id, query.part_name)
            others = (other for other in self._recent if (other.picture_id, other.part_name) != part)
            self._recent = (query, *others)[:MAX_RECENT]

    def _arrive(self, number: int) -> None:
        with self._settled:
            self._arrived.add(number)
            while self._arrived_to + 1 in self._arrived:
                self._arrived_to += 1
            self._arrived = {later for later in self._arrived if later > self._arrived_to}
            self._settled.notify_all()

    @contextmanager
    def _under_way(self, number: int) -> Iterator[None]:
        with self._settled:
            self._running.append(number)
        self._arrive(number)
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
