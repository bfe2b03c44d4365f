"""Determines the number of CPU cores that this process may use.

A container often reports all cores of its host although its quota is smaller.
"""

from __future__ import annotations

import os
from pathlib import Path

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")
CORES_VARIABLE = "RECSYS_CORES"
"""The environment variable that limits the cores of a process, for several processes on one machine."""


def usable_cores(quota: Path = CGROUP_QUOTA) -> int:
    """The number of cores of this process: the least of its CPU affinity, RECSYS_CORES and the quota; at least 1."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    cores = min(cores, int(os.environ.get(CORES_VARIABLE) or cores))
    try:
        most, period = quota.read_text().split()
        return min(cores, max(1, round(int(most) / int(period))))
    except (OSError, ValueError):  # not Linux, or "max": there is no quota
        return cores
