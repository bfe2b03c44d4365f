"""The cached copy of a Hub repository, with a record of verified files, pulled commits and the last good commit."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import constants
from huggingface_hub.file_download import repo_folder_name

RECORD = "recsys.json"

logger = logging.getLogger(__name__)


def files_of(folder: Path) -> dict[str, Path]:
    """Name in the repository → path, for all files below a folder."""
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def cache_folder(name: str) -> Path:
    """The folder `name` of this library in the cache, for files that can be generated again."""
    return Path(constants.HF_HOME) / "recsys" / name


@dataclass(frozen=True)
class RepoCache:
    """The folder of one repository in the cache, with a small JSON record in it.

    The cache names a file by the hash that the Hub announced, so that files can be verified at any time.
    """

    repo: Path

    @classmethod
    def for_repo(cls, repo_id: str, repo_type: str) -> RepoCache:
        return cls(Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo_id, repo_type=repo_type))

    def snapshot(self, revision: str) -> Path:
        return self.repo / "snapshots" / revision

    def recall(self, topic: str, key: str) -> Any:
        """The value recorded under `key`, or None."""
        return self._read().get(topic, {}).get(key)

    def note(self, topic: str, key: str, value: Any) -> None:
        """Record `value` (JSON) under `key`, across restarts. Does nothing if the cache is not writable."""
        data = self._read()
        if data.get(topic, {}).get(key) == value:
            return
        data.setdefault(topic, {})[key] = value
        try:
            with tempfile.NamedTemporaryFile("w", dir=self.repo, suffix=".tmp", delete=False) as file:
                json.dump(data, file)
            os.replace(file.name, self.repo / RECORD)
        except OSError as error:
            logger.info("Could not record %s of %s in the cache: %s", topic, self.repo.name, error)

    def corrupted(self, paths: Iterable[Path]) -> list[Path]:
        """The files whose hash is not the one that the Hub announced. Unmodified files are hashed only once."""
        known = self.recall("checked", "blobs") or {}
        checked, bad = {}, []
        for path in paths:
            blob = path.resolve()
            stat = blob.stat()
            stamp = [stat.st_size, stat.st_mtime_ns]
            if known.get(blob.name) == stamp or _matches_its_name(blob, stat.st_size):
                checked[blob.name] = stamp
            else:
                bad.append(path)
        self.note("checked", "blobs", known | checked)
        return bad

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            data = json.loads((self.repo / RECORD).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}


def _matches_its_name(blob: Path, size: int) -> bool:
    """Whether a file has the sha256 (LFS) or the git hash that is its name. Files with other names count as correct."""
    if re.fullmatch("[0-9a-f]{64}", blob.name):
        digest = hashlib.sha256()
    elif re.fullmatch("[0-9a-f]{40}", blob.name):
        digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    else:
        return True
    with blob.open("rb") as file:
        return hashlib.file_digest(file, lambda: digest).hexdigest() == blob.name
