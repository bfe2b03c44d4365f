"""SHA-256 hashes of bytes and files, and reading of untrusted JSON files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

MAX_JSON_BYTES = 4_000_000


def sha256(data: bytes) -> str:
    """The SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: Path) -> str:
    """The SHA-256 of the content of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> Any:
    """Parse a JSON file. Raises OSError, or ValueError for invalid JSON, too many bytes or too deep nesting."""
    with path.open("rb") as file:
        data = file.read(MAX_JSON_BYTES + 1)
    if len(data) > MAX_JSON_BYTES:
        raise ValueError(f"{path.name} has more than {MAX_JSON_BYTES:,} bytes")
    try:
        found = json.loads(data.decode("utf-8"))
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError(f"{path.name} is nested too deeply") from None
    return found
