"""The order in which a visitor's choices take effect, when their calls run at the same time."""

from __future__ import annotations

import copy
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

import recsys.web.page.visit as visit_module
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.state import Query
from recsys.web.page.visit import Visit, order_of


@pytest.fixture
def calls():
    with ThreadPoolExecutor() as pool:
        yield pool


class Slow:
    """An answer that starts, and waits until it may end."""

    def __init__(self, item):
        self.item, self.started, self.may_end = item, threading.Event(), threading.Event()

    def __call__(self, query):
        self.started.set()
        assert self.may_end.wait(10)
        return (replace(query, item=self.item), f"like {self.item}")


def at_once(**changes):
    return lambda query: (replace(query, **changes), "now")


def test_a_search_that_took_too_long_is_not_shown(calls):
    visit, slow = Visit(), Slow("p1")
    first = calls.submit(visit.search, 1, slow)
    assert slow.started.wait(10)
    assert visit.search(2, at_once(item="p2"))[1] == "now"
    slow.may_end.set()
    assert first.result(10) is None
    assert visit.query.item == "p2"


def test_a_change_waits_for_the_search_that_it_is_for(calls):
    visit, slow = Visit(), Slow("p1")
    search = calls.submit(visit.search, 1, slow)
    assert slow.started.wait(10)
    change = calls.submit(visit.change, 2, at_once(k=40))
    slow.may_end.set()
    assert search.result(10)[1] == "like p1"
    assert change.result(10)[0] == visit.query == Query(item="p1", k=40)


def test_a_change_of_an_earlier_search_is_not_shown(calls):
    visit, slow = Visit(), Slow("p1")
    change = calls.submit(visit.change, 1, slow)
    assert slow.started.wait(10)
    visit.search(2, at_once(item="p2"))
    slow.may_end.set()
    assert change.result(10) is None
    assert visit.query.item == "p2"


def test_a_failed_search_leaves_the_query_and_holds_nothing_up():
    visit = Visit()
    visit.search(1, at_once(item="p1"))
    with pytest.raises(ZeroDivisionError):
        visit.search(2, lambda query: 1 / 0)
    assert visit.change(3, at_once(k=40))[0] == Query(item="p1", k=40)


def test_each_visitor_has_a_visit_of_their_own():
    visit = Visit()
    visit.search(1, at_once(item="p1"))
    assert copy.deepcopy(visit).query == Query()


def test_a_product_is_looked_at_without_waiting(calls):
    visit, slow = Visit(), Slow("p1")
    search = calls.submit(visit.search, 1, slow)
    assert slow.started.wait(10)
    assert order_of(PageHandlers.open_product)(visit, 2, lambda query: ("a dialog",)) == ("a dialog",)
    slow.may_end.set()
    assert search.result(10)[0] == visit.query


def test_a_change_waits_for_an_earlier_choice_that_has_not_arrived(calls):
    visit = Visit()
    change = calls.submit(visit.change, 2, at_once(k=40))
    time.sleep(0.1)
    assert not change.done()
    assert visit.search(1, at_once(item="p1"))[1] == "now"
    assert change.result(10)[0] == visit.query == Query(item="p1", k=40)


def test_a_change_does_not_wait_for_ever_for_what_never_arrives(calls, monkeypatch):
    monkeypatch.setattr(visit_module, "MAX_LATE_S", 0.5)
    visit = Visit()
    assert visit.change(3, at_once(k=40))[1] == "now"
    began = time.monotonic()
    assert visit.change(4, at_once(k=60))[1] == "now"
    assert time.monotonic() - began < 0.4


def test_the_latest_pictures_are_known_on_the_way_back():
    visit, seen = Visit(), []
    for number in range(1, 11):
        visit.search(number, at_once(shown=bytes([number]), picture=np.eye(1)))
    visit.look(11, lambda query: seen.extend(query.recent) or ("looked",))
    assert [query.shown for query in seen] == [bytes([number]) for number in range(10, 2, -1)]
    assert all(not query.recent for query in (*seen, visit.query))


def test_of_two_products_the_one_that_was_chosen_last_is_shown(calls):
    visit, slow = Visit(), Slow("p1")
    first = calls.submit(visit.look, 1, slow)
    assert slow.started.wait(10)
    assert visit.look(3, lambda query: ("dialog of p3",)) == ("dialog of p3",)
    assert visit.look(2, lambda query: ("dialog of p2",)) is None
    slow.may_end.set()
    assert first.result(10) is None
