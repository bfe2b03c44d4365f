"""`recsys publish SPACE`: sends the files that git tracks, and nothing else, to a Space on the Hub."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from recsys import hub
from recsys.errors import RecsysError

SERVE_REQUIREMENTS = "requirements-serve.txt"
NOT_SENT = {".gitattributes"}
"""The Hub gives a Space its own `.gitattributes`, which says which files are large."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish the clone in the current folder as a Space; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="recsys publish",
        description="Publish this clone as a Space: only the files that git tracks. First run `hf auth login`.",
    )
    parser.add_argument("space", metavar="OWNER/NAME", help="the Space; it is created if it does not exist")
    parser.add_argument("--index", metavar="OWNER/NAME", help="index repository to serve (sets INDEX_REPO)")
    parser.add_argument("--private", action="store_true", help="create the Space as private")
    options = parser.parse_args(arguments)
    try:
        files, changed = tracked_files(Path.cwd())
        space_files = {**files, "requirements.txt": files[SERVE_REQUIREMENTS]}
        variables = {"INDEX_REPO": options.index} if options.index else {}
        commit = hub.publish_space(space_files, options.space, variables=variables, private=options.private)
    except RecsysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    megabytes = sum(path.stat().st_size for path in space_files.values()) / 1e6
    print(f"Sent the {len(space_files)} files that git tracks ({megabytes:.1f} MB).")
    print(f"The Space installs {SERVE_REQUIREMENTS} as its requirements.txt.")
    if changed:
        print(f"{len(changed)} of them have changes that are not committed: {', '.join(changed[:5])}")
    for name, value in variables.items():
        print(f"Set the variable {name} = {value}")
    print(f"Published: {commit.url}")
    return 0


def tracked_files(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The files that git tracks in this clone, by their path in it, and the paths of those with uncommitted changes.

    A tracked file that was deleted is not among them. Raises RecsysError where the folder is not the root of a clone
    of this project.
    """
    paths = _git(folder, "ls-files", "-z") if (folder / ".git").exists() else []
    files = {path: folder / path for path in paths if path not in NOT_SENT and (folder / path).is_file()}
    missing = [name for name in ("app.py", SERVE_REQUIREMENTS) if name not in files]
    if missing:
        raise RecsysError(
            f"git tracks no {missing[0]} in {folder.name}. Run `recsys publish` in the root of a clone of the app."
        )
    return files, [path for path in _git(folder, "diff", "--name-only", "-z", "HEAD") if path in files]


def _git(folder: Path, *arguments: str) -> list[str]:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", b"") or str(error).encode()
        raise RecsysError(f"git could not list the files of {folder.name}: {reason.decode().strip()}") from error
    return [path for path in done.stdout.decode("utf-8", "surrogateescape").split("\0") if path]
