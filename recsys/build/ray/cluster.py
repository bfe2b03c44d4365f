"""Connects to Ray: to an existing cluster, or to one that is started on this machine for the build."""

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
CONNECT_TIMEOUT_S = 10
"""How long to wait for a connection to the port of the cluster."""
ANSWER_TIMEOUT_S = 60
"""How long to wait for the cluster to answer."""
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
"""Variables that turn off telemetry, and keep the log of Ray's processes in its files."""
LOOPBACK_ONLY = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""The variable that makes a local Ray listen on the loopback interface only."""
SAME_VERSIONS = "Have the same versions of Python and Ray here and there."
SET_TOKEN = "Set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN to that of its head: ray get-auth-token prints it there."
CONNECT_CODE = "import ray, sys; ray.init(sys.argv[1], logging_level='ERROR', log_to_driver=False)"


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Connect to the cluster whose head is at `address` (host:port), or start one on the cores of this machine.

    A local cluster leaves nothing behind: its files lie in a temporary folder, its token in the memory of its
    processes. Raises EngineError if Ray is not installed or does not start, or if the cluster does not answer in time.
    """
    if importlib.util.find_spec("ray") is None:
        raise EngineError(f"--engine ray needs Ray, which is not installed. Install it: {INSTALL}")
    os.environ.update(QUIET)
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        if address is not None:
            check_address(address)
        _connect(_local_options(folder) if address is None else {"address": address})
        import ray

        try:
            yield
        finally:
            ray.shutdown()


def _local_options(folder: str) -> dict[str, Any]:
    os.environ.update(LOOPBACK_ONLY)
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    return {"address": "local", "num_cpus": usable_cores(), "_temp_dir": folder, "include_dashboard": False}


def _connect(options: dict[str, Any]) -> None:
    import ray  # reads the variables above

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


def check_address(address: str) -> None:
    """Raises EngineError if no cluster answers at the address."""
    host, colon, port = address.rpartition(":")
    if not (colon and port.isdecimal() and "/" not in host):
        raise EngineError(f"--address {address} is not host:port, as the ray start of a cluster's head prints it.")
    try:
        with socket.create_connection((host, int(port)), CONNECT_TIMEOUT_S):
            pass
    except (OSError, OverflowError) as error:
        raise EngineError(
            f"There is no Ray cluster at {address}: {error}. Start its head with ray start --head --port {port}, and"
            " open that port to this machine."
        ) from error
    _check_answer(address)


def _check_answer(address: str) -> None:
    """Connect in a process of its own, because Ray waits for minutes and then ends its process."""
    command = [sys.executable, "-c", CONNECT_CODE, address]
    try:
        attempt = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise EngineError(
            f"{address} is reached, but no Ray cluster answered there in {ANSWER_TIMEOUT_S} s. {SAME_VERSIONS}"
        ) from error
    if attempt.returncode:
        if "AuthToken" in attempt.stderr:
            raise EngineError(f"The Ray cluster at {address} wants another token. {SET_TOKEN}")
        reason = (attempt.stderr.strip().splitlines() or ["it gives no reason"])[-1]
        raise EngineError(f"The Ray cluster at {address} cannot be used: {reason}. {SAME_VERSIONS}")
