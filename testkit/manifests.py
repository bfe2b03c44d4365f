"""Changes to the manifest of an index, with its checksum recomputed: what a hostile or careless editor could do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recsys.format.manifest import MANIFEST
from recsys.runtime.hashing import file_sha256, sha256


def rewrite(index: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Let `change` edit the manifest, and store it with the sha256 that fits again."""
    path = index / MANIFEST
    body = json.loads(path.read_text("utf-8"))
    body.pop("sha256")
    change(body)
    text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    path.write_text(json.dumps({**body, "sha256": sha256(text.encode())}), "utf-8")


def file_facts(path: Path) -> dict[str, Any]:
    """Size and sha256 of a file, as a manifest states them."""
    return {"size": path.stat().st_size, "sha256": file_sha256(path)}


def vouch_for(index: Path, name: str) -> None:
    """Make the manifest state the present size and sha256 of the file `name`."""
    facts = file_facts(index / name)
    rewrite(index, lambda body: body["files"].update({name: facts}))
