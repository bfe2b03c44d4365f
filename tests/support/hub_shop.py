"""A small shop on the stand-in Hub, and what the tests read of it."""

from __future__ import annotations

from pathlib import Path

from recsys.hub import Snapshot
from testkit.hub_double import HubDouble

VECTORS, CARD = b"\x00\x01" * 200_000, b"---\nlicense: mit\n---\n# A shop\n"
FILES = {"README.md": CARD, "vectors.ann": VECTORS, "encoder/config.json": b"{}"}


def content(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if name != ".gitattributes"}


def blob(snapshot: Snapshot, name: str = "vectors.ann") -> Path:
    return (snapshot.folder / name).resolve()


def commits(hub: HubDouble, name: str) -> list[str]:
    return [request for request in hub.requests if request.startswith(f"POST /api/datasets/{name}/commit/")]
