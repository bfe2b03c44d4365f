"""Writes the files of a strip: only those that have changed, each in one step, and removes those of gone products."""

from __future__ import annotations

import os
from pathlib import Path

from recsys.errors import StripError

SCRIPT = "strip.js"
MARK = b"<similar-products"
"""What the script of a strip contains. Files are deleted from a folder with such a script only."""
PRODUCTS = "products"
SHARDS = 256
"""The files lie in this many folders, because many hosts and tools are slow with a folder of 100,000 files."""
SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-")
"""Other bytes of an id are written as "=" and two digits, so that every file system and address can hold the name."""
MAX_NAME = 200


def address(item_id: str) -> str | None:
    """The path of a product's files without their ending; None for an id that is too long. `strip.js` does the same."""
    shard, name = 0, ""
    for byte in item_id.encode():
        shard = (31 * shard + byte) % SHARDS
        name += chr(byte) if byte in SAFE else f"={byte:02x}"
    return f"{PRODUCTS}/{shard:02x}/{name}" if 0 < len(name) <= MAX_NAME else None


def check_strip(path: Path) -> None:
    """Raise StripError if the folder holds something other than a strip."""
    script = path / SCRIPT
    is_strip = script.is_file() and MARK in script.read_bytes()
    if path.is_file() or (path.is_dir() and any(path.iterdir()) and not is_strip):
        raise StripError(f"{path} exists and holds something other than a strip. Name another folder.")


class StripFolder:
    """The folder of a strip, while it is written. Each file in it is complete at each moment, so it can be served."""

    def __init__(self, path: Path):
        self.path, self.written, self.unchanged = path, 0, 0
        self._files: set[Path] = set()

    def write(self, name: str, data: bytes) -> None:
        """Write a file, unless it holds these bytes already."""
        file = self.path / name
        self._files.add(file)
        if file.is_file() and file.read_bytes() == data:
            self.unchanged += 1
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{os.getpid()}.new")
        new.write_bytes(data)
        os.replace(new, file)
        self.written += 1

    def remove_others(self) -> int:
        """Delete the files that were not written, such as those of gone products. Returns their number."""
        others = [file for file in (self.path / PRODUCTS).rglob("*") if file.is_file() and file not in self._files]
        for file in others:
            file.unlink()
        return len(others)
