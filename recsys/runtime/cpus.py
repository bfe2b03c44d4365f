"""How many cores this process may use: a container often shows all of its host's and lets it have two."""

from __future__ import annotations

import os
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")
SHARE = "RECSYS_CORES"
"""The variable that says how many cores a process is to take that shares its machine with others of its kind."""


def usable_cores(quota: Path = QUOTA) -> int:
    """The cores that this process is let run on, or the share of them that it or its container has; at least 1."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    cores = min(cores, int(os.environ.get(SHARE) or cores))
    try:
        most, period = quota.read_text().split()
        return min(cores, max(1, round(int(most) / int(period))))
    except (OSError, ValueError):  # another system, or "max": no quota
        return cores
