"""Looks names up within a deadline. The look-up of the system may block much longer, for a name server that is silent.

Each look-up has a thread of its own, which ends by itself and does not keep the process from ending. A name whose
server was silent is not looked up again for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

MAX_LOOKUPS = 256
"""Look-ups at a time. A silent name server holds one for the system's time limit, of 10 to 30 seconds."""
SILENT_FOR_S = 60.0
MAX_SILENT_NAMES = 1_000

LookUp = Callable[[str, int], Sequence[str]]


class Resolver:
    """Runs look-ups of names, each in a thread."""

    def __init__(self) -> None:
        self._free, self._lock = threading.Semaphore(MAX_LOOKUPS), threading.Lock()
        self._silent_until: dict[tuple[int, str], float] = {}

    def addresses(self, look_up: LookUp, host: str, port: int, timeout_s: float) -> Sequence[str]:
        """The addresses of a name. Raises TimeoutError at the deadline, and what `look_up` raises."""
        now = time.monotonic()
        if now < self._silent_until.get((id(look_up), host), 0.0):
            raise TimeoutError
        if not self._free.acquire(timeout=timeout_s):
            raise TimeoutError
        found: Future[Sequence[str]] = Future()
        threading.Thread(target=self._run, args=(found, look_up, host, port), name="lookup", daemon=True).start()
        try:
            return found.result(max(0.0, timeout_s - (time.monotonic() - now)))
        except TimeoutError:
            self._note_silent(look_up, host)
            raise

    def _run(self, found: Future[Sequence[str]], look_up: LookUp, host: str, port: int) -> None:
        try:
            found.set_result(look_up(host, port))
        except BaseException as error:
            found.set_exception(error)
        finally:
            self._free.release()

    def _note_silent(self, look_up: LookUp, host: str) -> None:
        with self._lock:
            if len(self._silent_until) >= MAX_SILENT_NAMES:
                self._silent_until.clear()
            self._silent_until[id(look_up), host] = time.monotonic() + SILENT_FOR_S
