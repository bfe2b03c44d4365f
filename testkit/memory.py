"""Memory of a process, read from /proc."""

from __future__ import annotations

from pathlib import Path


def memory_mb(pid: int | str, field: str = "VmRSS") -> float:
    """Memory of a process in MB; 0 if it has ended.

    `field` is resident memory (VmRSS), its peak (VmHWM), or the part that is not backed by a file (RssAnon). A page of
    a file counts as often as it is mapped, and the system can reclaim it; anonymous memory it cannot.
    """
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
