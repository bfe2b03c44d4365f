"""Tries Annoy in a child process, because Annoy can end its process in a way that Python cannot catch.

Annoy is compiled for the processor that it is installed on. On an older processor it ends its process with an illegal
instruction.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

from recsys.errors import SearchLibraryError

TRIAL_TIMEOUT_S = 60.0
"""The trial takes 0.03 s. A machine that is busy with other work needs longer."""
SCRIPT = """
import sys
path, dim, metric, *sys.path = sys.argv[1:]
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, ValueError, OSError):
    pass
import annoy
index = annoy.AnnoyIndex(int(dim), metric)
if path:
    index.load(path)
else:
    for row in range(200):
        index.add_item(row, [float((7 * row + 3 * place) % 31) for place in range(int(dim))])
    index.build(2, n_jobs=1)
index.get_nns_by_vector(index.get_item_vector(0), 10, 100)
"""
"""Opens an index, or builds one where no path is given, and searches it. It leaves no core dump."""
BUILT_DIM = 64
REMEDY = "Install Annoy again on this machine, or as a portable build: docs/operations.md says how."

_has_run = threading.Event()
"""Set when a trial has succeeded. What ran once runs for the life of this process, so the trial is not repeated."""


class Trial:
    """A trial that starts at once and runs beside other work of this process."""

    def __init__(self, path: Path | None = None, dim: int = BUILT_DIM, metric: str = "euclidean"):
        """Search the Annoy file at `path`; without a path, build a small index and search that."""
        self._problem: Future[str | None] = Future()
        if _has_run.is_set():
            self._problem.set_result(None)
        else:
            arguments = [str(path) if path else "", str(dim), metric]
            threading.Thread(target=self._run, args=(arguments,), daemon=True, name="annoy-trial").start()

    def problem(self) -> str | None:
        """How Annoy failed, such as "it ended with SIGILL"; None if it runs. Waits for the end of the trial."""
        return self._problem.result()

    def _run(self, arguments: list[str]) -> None:
        try:
            problem = _failure([sys.executable, "-I", "-S", "-c", SCRIPT, *arguments, *sys.path])
        except BaseException as error:  # whoever waits for the result must not wait forever
            self._problem.set_exception(error)
            return
        if problem is None:
            _has_run.set()
        self._problem.set_result(problem)


def require_annoy() -> None:
    """Raise SearchLibraryError if Annoy cannot build an index on this machine."""
    if problem := Trial().problem():
        raise SearchLibraryError(f"Annoy, which builds the search index, does not run here: {problem}. {REMEDY}")


def _failure(command: list[str]) -> str | None:
    """How this command failed; None if it succeeded."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=TRIAL_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return f"it did not answer within {TRIAL_TIMEOUT_S:.0f} s"
    except OSError as error:
        return f"it could not be tried in a process of its own ({error})"
    if done.returncode == 0:
        return None
    if done.returncode > 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return f"it failed with {lines[-1] if lines else f'status {done.returncode}'}"
    return f"it ended with {_signal_name(-done.returncode)}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
