"""Keeps the pictures behind links in a folder, one file each, with the headers that ask whether a picture has changed.

A file is a line of JSON, then the picture. It is written beside its place and renamed: it is complete or absent. The
modification time of a file is the time of the last answer that confirmed it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recsys.images.fetch import Answer
from recsys.runtime.hashing import sha256

VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
"""A header of an answer → the header of a request for the picture only if it has changed since."""

MAX_RUN_AGE_S = 86_400
"""An interrupted run is continued for a day. After that its pictures may have changed, and are asked for again."""


@dataclass(frozen=True)
class CachedPicture:
    """A picture, the headers of a request for a changed one, and the time of the last answer in ns."""

    picture: bytes
    conditions: Mapping[str, str]
    checked_ns: int


class LinkCache:
    """The pictures that were fetched, by link."""

    def __init__(self, folder: Path):
        self.folder = folder

    def get(self, link: str) -> CachedPicture | None:
        """The last fetched picture of a link. None if there is none or its file is damaged."""
        try:
            file = self._file(link)
            checked_ns = file.stat().st_mtime_ns
            head, _, picture = file.read_bytes().partition(b"\n")
            known = json.loads(head)
            if known["sha256"] != sha256(picture):
                return None
            return CachedPicture(
                picture, {VALIDATORS[name]: known[name] for name in VALIDATORS.keys() & known.keys()}, checked_ns
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, link: str, answer: Answer) -> None:
        """Keep the picture of an answer."""
        kept = {name: answer.headers[name] for name in VALIDATORS if name in answer.headers}
        head = json.dumps({"link": link, "sha256": sha256(answer.body), **kept})
        file = self._file(link)
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".tmp")
        unfinished.write_bytes(head.encode() + b"\n" + answer.body)
        os.replace(unfinished, file)

    def confirm(self, link: str) -> None:
        """Record that the picture is still the one behind the link."""
        os.utime(self._file(link))

    def start(self, links: Sequence[str]) -> Path:
        """A file that marks a run over these links as unfinished, with the time of its start.

        If such a run was interrupted less than a day ago, this is its file.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        mark = self.folder / f"unfinished-{sha256(chr(10).join(links).encode())[:32]}"
        if not mark.exists() or mark.stat().st_mtime < time.time() - MAX_RUN_AGE_S:
            mark.touch()
        return mark

    def _file(self, link: str) -> Path:
        name = sha256(link.encode())
        return self.folder / name[:2] / name[2:]
