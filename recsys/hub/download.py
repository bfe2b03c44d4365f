"""From the Hub: one commit of a repository as a folder, checked; and the copy that last worked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

from huggingface_hub import HfApi, constants, get_cached_repo_tree, is_offline_mode, scan_cache_dir, snapshot_download
from huggingface_hub.errors import CacheNotFound, LocalEntryNotFoundError

from recsys.errors import HubCorruptError, HubNotFoundError
from recsys.format.layout import CONFIG, HEADS, WEIGHTS
from recsys.hub.cache import Copies, files_of
from recsys.hub.client import limit_waiting, persist
from recsys.hub.errors import translated

COMMIT = re.compile("[0-9a-f]{40}")


@dataclass(frozen=True)
class Snapshot:
    """A repository at one commit, in the cache.

    `revision` is the 40-digit commit, `asked` the branch, tag or commit it was resolved from. `stale` says why this
    may be an older copy; it is None when the Hub answered.
    """

    folder: Path
    repo: str
    revision: str
    stale: str | None = None
    asked: str = constants.DEFAULT_REVISION


def pull(
    repo_id: str,
    *,
    repo_type: str = "dataset",
    revision: str | None = None,
    token: str | None = None,
    files: Sequence[str] | None = None,
    optional: Sequence[str] = (),
) -> Snapshot:
    """A repository at one commit, in the cache, every byte checked against what the Hub announced.

    `files` limits it to these names or patterns, each of which must exist, and to the `optional` ones. A 40-digit
    revision that is complete in the cache takes no request. With HF_HUB_OFFLINE it is what was pulled last.

    Raises HubDownError or HubTimeoutError when the Hub has been failing or silent for some 7 seconds, HubTokenError,
    HubNotFoundError, and HubCorruptError for bytes that come altered twice.
    """
    limit_waiting()
    asked = revision or constants.DEFAULT_REVISION
    stale = None
    with translated(f"{repo_type} {repo_id!r} at {asked!r}", token):
        copies = Copies.of(repo_id, repo_type)
        if COMMIT.fullmatch(asked):
            sha = asked
        elif is_offline_mode():
            sha, stale = _pulled_last(copies, asked), "HF_HUB_OFFLINE is set, so the Hub was not asked"
        else:
            sha = str(persist(lambda: HfApi(token=token).repo_info(repo_id, repo_type=repo_type, revision=asked)).sha)
        folder = _download(copies, repo_id, repo_type, sha, token, files, optional)
        copies.note("pulled", asked, sha)
    return Snapshot(folder, repo_id, sha, stale, asked)


def pull_weights(repo_id: str, revision: str | None, token: str | None, *, with_config: bool = True) -> Snapshot:
    """The weights of a model repository in timm's format, alone or with its config and what heads it has.

    Raises as `pull` does.
    """
    files, optional = ([CONFIG, WEIGHTS], [HEADS]) if with_config else ([WEIGHTS], [])
    return pull(repo_id, repo_type="model", revision=revision, token=token, files=files, optional=optional)


def remember(snapshot: Snapshot) -> None:
    """Note that this copy has proved good: it is what `last_good` gives from now on, after a restart too."""
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    good = {"revision": snapshot.revision, "files": list(files_of(snapshot.folder)), "since": since}
    Copies(snapshot.folder.parent.parent).note("good", snapshot.asked, good)


def last_good(repo_id: str, *, repo_type: str = "dataset", revision: str | None = None) -> Snapshot | None:
    """The copy last remembered for this repository and revision, if it is still whole. Makes no request."""
    asked = revision or constants.DEFAULT_REVISION
    copies = Copies.of(repo_id, repo_type)
    good = copies.recall("good", asked)
    if not good:
        return None
    folder = copies.snapshot(good["revision"])
    paths = [folder / name for name in good["files"]]
    if not all(path.is_file() for path in paths) or copies.unsound(paths):
        return None
    return Snapshot(folder, repo_id, good["revision"], f"this is the copy that last worked, on {good['since']}", asked)


def forget(snapshots: Iterable[Snapshot]) -> None:
    """Remove these copies from the cache, as far as it can be written; files that other revisions have too stay."""
    revisions = [snapshot.revision for snapshot in snapshots if snapshot.folder.is_dir()]
    with suppress(OSError, CacheNotFound):
        if revisions:
            scan_cache_dir().delete_revisions(*revisions).execute()


def _pulled_last(copies: Copies, asked: str) -> str:
    sha = copies.recall("pulled", asked)
    if not sha:
        raise LocalEntryNotFoundError("never pulled")
    return str(sha)


def _download(
    copies: Copies,
    repo_id: str,
    repo_type: str,
    sha: str,
    token: str | None,
    patterns: Sequence[str] | None,
    optional: Sequence[str],
) -> Path:
    """The folder of the commit, complete. What came altered is deleted and fetched once more."""
    wanted = [*(patterns or ["*"]), *optional]
    for _ in range(2):
        persist(
            lambda: snapshot_download(repo_id, repo_type=repo_type, revision=sha, token=token, allow_patterns=wanted)
        )
        get_cached_repo_tree(repo_id, repo_type=repo_type, revision=sha)  # raises if the Hub was down, and none told us
        folder = copies.snapshot(sha)
        found = files_of(folder)
        for pattern in patterns or ():
            if not any(fnmatch(name, pattern) for name in found):
                raise HubNotFoundError(f"{repo_type} {repo_id!r} at {sha} has no file {pattern!r}.")
        bad = copies.unsound(found.values())
        if not bad:
            return folder
        for path in bad:
            path.resolve().unlink(missing_ok=True)
            path.unlink(missing_ok=True)
    names = ", ".join(path.relative_to(folder).as_posix() for path in bad)
    raise HubCorruptError(
        f"{names} of {repo_type} {repo_id!r} at {sha} came twice with other bytes than {constants.ENDPOINT} announces."
        " Something on the way alters it, or it is damaged there: try another network, or push it again."
    )
