"""Describes the machine that a benchmark runs on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from recsys.runtime.cpus import usable_cores

LIBRARIES = ("numpy", "openvino", "torch", "timm", "annoy", "hnswlib", "pillow", "pyarrow", "gradio")
CPU_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8")
"""Processor features that decide how fast float32 and int8 are."""


def measure() -> dict[str, Any]:
    """Processor, memory, library versions, and the present load average."""
    info = _fields("/proc/cpuinfo")
    flags = info.get("flags", "").split()
    return {
        "processor": info.get("model name") or platform.processor(),
        "flags": [flag for flag in CPU_FLAGS if flag in flags],
        "cores": usable_cores(),
        "memory_gb": round(int(_fields("/proc/meminfo").get("MemTotal", "0 kB").split()[0]) / 2**20, 1),
        "load_average": os.getloadavg()[0],
        "system": f"{platform.system()} {platform.release()}",
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES},
    }


def _fields(path: str) -> dict[str, str]:
    """The first value of each field of a file in /proc; empty on another system."""
    try:
        lines = [line.split(":", 1) for line in Path(path).read_text().splitlines() if ":" in line]
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, value in reversed(lines)}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
