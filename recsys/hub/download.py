"""Downloads one commit of a Hub repository as a verified folder, and remembers the last copy that worked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants, get_cached_repo_tree, is_offline_mode, scan_cache_dir, snapshot_download
from huggingface_hub.errors import CacheNotFound, LocalEntryNotFoundError

from recsys.errors import HubCorruptError, HubNotFoundError
from recsys.format.layout import CONFIG, HEADS, TOWER, TOWER_WEIGHTS, WEIGHTS
from recsys.hub.cache import RepoCache, files_of
from recsys.hub.client import configure_client, retry
from recsys.hub.errors import translate_errors

COMMIT = re.compile("[0-9a-f]{40}")


@dataclass(frozen=True)
class Snapshot:
    """A repository at one commit, in the cache.

    `revision` is the 40-digit commit, and `requested` the branch, tag or commit that was resolved to it. `stale` says
    why this may be an older copy; it is None if the Hub answered.
    """

    folder: Path
    repo: str
    revision: str
    stale: str | None = None
    requested: str = constants.DEFAULT_REVISION


def pull(
    repo_id: str,
    *,
    repo_type: str = "dataset",
    revision: str | None = None,
    token: str | None = None,
    files: Sequence[str] | None = None,
    optional: Sequence[str] = (),
    without: Sequence[str] = (),
) -> Snapshot:
    """Download one commit of a repository to the cache, and verify every file against the hash the Hub announced.

    `files` selects these names or patterns, each of which must exist, and the `optional` ones, but none of those in
    `without`. A 40-digit revision that is complete in the cache needs no request. With HF_HUB_OFFLINE, the commit
    pulled last is used.

    Raises HubDownError or HubTimeoutError if the Hub fails or is silent for about 7 seconds, HubTokenError,
    HubNotFoundError, and HubCorruptError for files that arrive altered twice.
    """
    configure_client()
    requested = revision or constants.DEFAULT_REVISION
    stale = None
    with translate_errors(f"{repo_type} {repo_id!r} at {requested!r}", token):
        cache = RepoCache.for_repo(repo_id, repo_type)
        if COMMIT.fullmatch(requested):
            sha = requested
        elif is_offline_mode():
            sha, stale = cache.recall("pulled", requested), "HF_HUB_OFFLINE is set, so the Hub was not asked"
            if not sha:
                raise LocalEntryNotFoundError("never pulled")
        else:
            sha = str(retry(lambda: HfApi(token=token).repo_info(repo_id, repo_type=repo_type, revision=requested)).sha)
        folder = _download(cache, repo_id, repo_type, sha, token, files, optional, without)
        cache.note("pulled", requested, sha)
    return Snapshot(folder, repo_id, sha, stale, requested)


def pull_weights(repo_id: str, revision: str | None, token: str | None, *, with_config: bool = True) -> Snapshot:
    """The weights of a model repository in timm's format; `with_config` adds config, heads and text tower, if any.

    Raises as `pull` does.
    """
    files, optional = ([CONFIG, WEIGHTS], [HEADS, TOWER, TOWER_WEIGHTS]) if with_config else ([WEIGHTS], [])
    return pull(repo_id, repo_type="model", revision=revision, token=token, files=files, optional=optional)


def remember(snapshot: Snapshot) -> None:
    """Record that this copy works. `last_good` returns it from now on, also after a restart."""
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    good = {"revision": snapshot.revision, "files": list(files_of(snapshot.folder)), "since": since}
    RepoCache(snapshot.folder.parent.parent).note("good", snapshot.requested, good)


def last_good(repo_id: str, *, repo_type: str = "dataset", revision: str | None = None) -> Snapshot | None:
    """The copy last passed to `remember` for this repository and revision, if it is intact. Makes no request."""
    requested = revision or constants.DEFAULT_REVISION
    cache = RepoCache.for_repo(repo_id, repo_type)
    good = cache.recall("good", requested)
    if not good:
        return None
    folder = cache.snapshot(good["revision"])
    paths = [folder / name for name in good["files"]]
    if not all(path.is_file() for path in paths) or cache.corrupted(paths):
        return None
    stale = f"this is the copy that last worked, on {good['since']}"
    return Snapshot(folder, repo_id, good["revision"], stale, requested)


def forget(snapshots: Iterable[Snapshot]) -> None:
    """Remove these copies from the cache, if it is writable. Files that other revisions share are kept."""
    revisions = [snapshot.revision for snapshot in snapshots if snapshot.folder.is_dir()]
    with suppress(OSError, CacheNotFound):
        if revisions:
            scan_cache_dir().delete_revisions(*revisions).execute()


def _download(
    cache: RepoCache,
    repo_id: str,
    repo_type: str,
    sha: str,
    token: str | None,
    patterns: Sequence[str] | None,
    optional: Sequence[str],
    without: Sequence[str],
) -> Path:
    """The complete folder of the commit. Altered files are deleted and downloaded once more."""
    wanted = [*(patterns or ["*"]), *optional]
    asked: dict[str, Any] = {"repo_type": repo_type, "revision": sha, "token": token}
    fetch = partial(snapshot_download, repo_id, allow_patterns=wanted, ignore_patterns=[*without], **asked)
    for _ in range(2):
        retry(fetch)
        # raises if the download was incomplete because the Hub was down
        get_cached_repo_tree(repo_id, repo_type=repo_type, revision=sha)
        folder = cache.snapshot(sha)
        found = files_of(folder)
        for pattern in patterns or ():
            if not any(fnmatch(name, pattern) for name in found):
                raise HubNotFoundError(f"{repo_type} {repo_id!r} at {sha} has no file {pattern!r}.")
        bad = cache.corrupted(found.values())
        if not bad:
            return folder
        for path in bad:
            path.resolve().unlink(missing_ok=True)
            path.unlink(missing_ok=True)
    names = ", ".join(path.relative_to(folder).as_posix() for path in bad)
    raise HubCorruptError(
        f"{names} of {repo_type} {repo_id!r} at {sha} arrived twice with another hash than {constants.ENDPOINT}"
        " announces. A proxy alters them, or they are damaged on the server: try another network, or push them again."
    )
