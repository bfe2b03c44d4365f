"""Look-ups of names by a deadline, also beside name servers that never answer."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from recsys.images.lookup import Resolver

ROOT = Path(__file__).parents[2]
SILENT = """
import time
from recsys.images.lookup import Resolver
try:
    Resolver().addresses(lambda *_: time.sleep(60), "silent.example", 80, 0.1)
except TimeoutError:
    print("left at the deadline")
"""


@pytest.fixture
def silence():
    """A look-up that ends with the test."""
    over = threading.Event()
    yield lambda *_: over.wait(30)
    over.set()


def test_names_whose_servers_are_silent_do_not_stop_other_names(silence):
    resolver = Resolver()
    for number in range(30):
        with pytest.raises(TimeoutError):
            resolver.addresses(silence, f"{number}.silent.example", 80, 0.01)
    assert resolver.addresses(lambda *_: ["192.0.2.1"], "shop.example", 80, 1.0) == ["192.0.2.1"]


def test_a_silent_name_is_not_waited_for_twice(silence):
    resolver = Resolver()
    with pytest.raises(TimeoutError):
        resolver.addresses(silence, "silent.example", 80, 0.05)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        resolver.addresses(silence, "silent.example", 80, 20.0)
    assert time.monotonic() - started < 5


def test_an_error_of_the_look_up_is_passed_on():
    with pytest.raises(OSError, match="no such name"):
        Resolver().addresses(lambda *_: (_ for _ in ()).throw(OSError("no such name")), "x.example", 80, 1.0)


def test_a_process_ends_while_a_look_up_is_silent():
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", SILENT], cwd=ROOT, capture_output=True, text=True, timeout=50)
    assert done.stdout == "left at the deadline\n" and time.monotonic() - started < 40
