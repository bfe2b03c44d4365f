"""Lets the threads of a server compute their answers in turn, and encode or wait for others at the same time.

Python runs one thread at a time. NumPy's many short calls would hand over between all threads that compute an answer,
which costs a sixth more processor time with eight clients (`python -m benchmarks routes`). What computes outside of
Python for milliseconds, or waits for a network, lets the next thread compute.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MAX_WAIT_S = 0.05
"""A thread waits for its turn at most this long, so that one long computation does not hold up the others."""

_turn = threading.Lock()
_thread = threading.local()


def in_turn(function: Callable[P, T]) -> Callable[P, T]:
    """Return `function`, computed in turn with all other functions of this kind. They may call each other."""

    @functools.wraps(function)
    def waiting(*args: P.args, **kwargs: P.kwargs) -> T:
        if hasattr(_thread, "has_turn"):
            return function(*args, **kwargs)
        _take()
        try:
            return function(*args, **kwargs)
        finally:
            _give()
            del _thread.has_turn

    return waiting


@contextmanager
def out_of_turn() -> Iterator[None]:
    """Let other threads compute during what computes outside of Python or waits."""
    if not getattr(_thread, "has_turn", False):
        yield
        return
    _give()
    try:
        yield
    finally:
        _take()


def _take() -> None:
    _thread.has_turn = _turn.acquire(timeout=MAX_WAIT_S)


def _give() -> None:
    if _thread.has_turn:
        _turn.release()
    _thread.has_turn = False
