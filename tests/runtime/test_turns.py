"""Threads that compute in turn, and wait at the same time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from recsys.runtime import turns
from recsys.runtime.turns import in_turn, out_of_turn

LONG_S = 5.0


@pytest.fixture
def patient(monkeypatch):
    """Each thread waits for its turn until it comes."""
    monkeypatch.setattr(turns, "MAX_WAIT_S", 10 * LONG_S)


def test_two_threads_compute_one_after_the_other(patient):
    inside, most = 0, 0

    @in_turn
    def compute():
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.002)
        inside -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: compute(), range(20)))
    assert most == 1


def test_a_thread_computes_while_another_waits(patient):
    asked, answered = threading.Event(), threading.Event()

    @in_turn
    def ask_a_server():
        with out_of_turn():
            asked.set()
            return answered.wait(LONG_S)

    @in_turn
    def answer():
        answered.set()

    with ThreadPoolExecutor(2) as pool:
        asking = pool.submit(ask_a_server)
        assert asked.wait(LONG_S)
        pool.submit(answer)
        assert asking.result()


@pytest.mark.parametrize("fails", [False, True])
def test_a_turn_ends_with_the_outermost_function(patient, fails):
    @in_turn
    def inner():
        with out_of_turn():
            pass
        if fails:
            raise ValueError("in a turn")
        return "found"

    @in_turn
    def outer():
        with out_of_turn():
            return inner()

    for _ in range(2):
        if fails:
            with pytest.raises(ValueError, match="in a turn"):
                outer()
        else:
            assert outer() == "found"
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(in_turn(lambda: "next")).result(LONG_S) == "next"


def test_one_long_computation_does_not_hold_up_another():
    began, ended = threading.Event(), threading.Event()

    @in_turn
    def compute_long():
        began.set()
        return ended.wait(LONG_S)

    with ThreadPoolExecutor(2) as pool:
        long = pool.submit(compute_long)
        assert began.wait(LONG_S)
        pool.submit(in_turn(ended.set)).result(LONG_S)
        assert long.result()


def test_what_is_not_in_turn_waits_for_nobody():
    with out_of_turn(), out_of_turn():
        assert in_turn(lambda: "found")() == "found"
