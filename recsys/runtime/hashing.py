"""The sha256 of bytes and files, and JSON that came from elsewhere."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

MOST_JSON = 4_000_000


def sha256(data: bytes) -> str:
    """The sha256 of these bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: Path) -> str:
    """The sha256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> Any:
    """The JSON of a file. Raises ValueError where it is none, or larger or deeper than any of ours, and OSError."""
    with path.open("rb") as file:
        data = file.read(MOST_JSON + 1)
    if len(data) > MOST_JSON:
        raise ValueError(f"{path.name} has more than {MOST_JSON:,} bytes")
    try:
        found = json.loads(data.decode("utf-8"))
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError(f"{path.name} is nested too deeply") from None
    return found
