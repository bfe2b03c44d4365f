"""A connection to Ray: one that is started for this build, or a cluster that is there."""

from __future__ import annotations

import importlib.util
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import recsys
from recsys.errors import EngineError
from recsys.runtime.cpus import usable_cores

INSTALL = "pip install -r requirements-scale.txt"
REACHED, ANSWERED = 10, 60
"""Seconds in which the port of a cluster has to be reached, and the cluster to answer."""
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
"""No telemetry; and the log of Ray's own processes stays in its files."""
ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""How Ray is told to listen on this machine's loopback alone."""
TRY = "Have the same versions of Python and Ray here and there."
TOKEN = "Set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN to that of its head: ray get-auth-token prints it there."
ASK = "import ray, sys; ray.init(sys.argv[1], logging_level='ERROR', log_to_driver=False)"


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Be connected to the cluster whose head is at `address` (host:port), or to one of this machine's cores alone.

    Nothing is left of the latter: its files lie in a temporary folder, its token in the memory of its processes.
    Raises EngineError where Ray is not installed, does not start, or the cluster does not answer in time.
    """
    if importlib.util.find_spec("ray") is None:
        raise EngineError(f"--engine ray needs Ray, which is not installed. Install it: {INSTALL}")
    os.environ.update(QUIET)
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        if address is None:
            os.environ.update(ALONE)
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
            options: dict[str, Any] = {"address": "local", "num_cpus": usable_cores(), "_temp_dir": folder}
            options["include_dashboard"] = False
        else:
            check(address)
            options = {"address": address}
        import ray

        package = str(Path(recsys.__file__).parent)
        try:
            ray.init(
                **options,
                logging_level="CRITICAL",
                log_to_driver=False,
                runtime_env={"py_modules": [package], "env_vars": {"PYTHONWARNINGS": "ignore"}},
            )
        except Exception as error:
            raise EngineError(f"Ray does not start: {error} Run ray stop, and the same command.") from error
        try:
            yield
        finally:
            ray.shutdown()


def check(address: str) -> None:
    """Raises EngineError where no cluster answers there. Ray itself would wait for minutes, and end this process."""
    host, colon, port = address.rpartition(":")
    if not (colon and port.isdecimal() and "/" not in host):
        raise EngineError(f"--address {address} is not host:port, as the ray start of a cluster's head prints it.")
    try:
        with socket.create_connection((host, int(port)), REACHED):
            pass
    except (OSError, OverflowError) as error:
        raise EngineError(
            f"There is no Ray cluster at {address}: {error}. Start its head with ray start --head --port {port}, and"
            " open that port to this machine."
        ) from error
    try:
        asked = subprocess.run([sys.executable, "-c", ASK, address], capture_output=True, text=True, timeout=ANSWERED)
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"{address} is reached, but no Ray cluster answered there in {ANSWERED} s. {TRY}") from error
    if asked.returncode:
        if "AuthToken" in asked.stderr:
            raise EngineError(f"The Ray cluster at {address} wants another token. {TOKEN}")
        reason = (asked.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise EngineError(f"The Ray cluster at {address} cannot be used: {reason}. {TRY}")
