"""Replaces an index folder in one step: however a build ends, the folder holds a complete index, old or new.

Beside an index NAME, a build keeps these hidden folders, and a killed build leaves them:

.NAME.vectors/  the vectors by the hash of their picture, and the lock that one build at a time can hold
.NAME.new/      the index that is being written
.NAME.old/      the index that is being replaced

Old and new index are exchanged in one system call (Linux's `renameat2` with RENAME_EXCHANGE), which ext4, XFS, Btrfs
and tmpfs support. Other systems need two renames. Between them, readers find the old index under `.NAME.old` (see
`current_location`). If a build is killed between the two renames, the next build moves the old index back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from recsys.errors import IndexFolderError
from recsys.format.layout import MANIFEST

try:
    import fcntl
except ImportError:  # Windows has no such lock, so a second build of the same index is not stopped there
    fcntl = None  # type: ignore[assignment]

LOCK = "lock"
AT_FDCWD, RENAME_EXCHANGE = -100, 2
EXCHANGE_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}


def beside(output: Path, what: str) -> Path:
    """The hidden folder beside an index for `what`: vectors, new or old."""
    return output.with_name(f".{output.name}.{what}")


def current_location(path: Path) -> Path:
    """Where the index at `path` is now: there, or under `.NAME.old` between the two renames of a build."""
    if path.exists():
        return path
    old = beside(path.resolve(), "old")
    return old if (old / MANIFEST).is_file() else path


def check_replaceable(output: Path) -> None:
    """Raise IndexFolderError if `output` cannot be written, or holds something other than an index."""
    if output.is_file() or (output.is_dir() and any(output.iterdir()) and not (output / MANIFEST).is_file()):
        raise IndexFolderError(f"{output} exists and is not an index. Choose another --output, or move it away.")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise IndexFolderError(f"{output} cannot be written: {error.strerror}. Choose another --output.") from error


@contextmanager
def claim(output: Path) -> Iterator[Path]:
    """Lock the output folder against other builds and remove what a killed build left. Yields its absolute path.

    Raises IndexFolderError if another build holds the lock, and as `check_replaceable` does.
    """
    target = output.resolve()
    check_replaceable(target)
    store = beside(target, "vectors")
    store.mkdir(exist_ok=True)
    with (store / LOCK).open("wb") as lock:
        _lock(lock, output)
        _recover(target)
        yield target


def replace_folder(new: Path, output: Path) -> None:
    """Move the finished folder `new` to `output`. Its files are flushed to the disk first."""
    old = beside(output, "old")
    for path in (*new.rglob("*"), new):
        _flush(path)
    if not (output.exists() and _exchange(new, output)):
        if output.exists():
            os.rename(output, old)
        os.rename(new, output)
    _flush(output.parent)
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)


def _lock(file: IO[bytes], output: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise IndexFolderError(
            f"Another build of {output} is running. Wait until it has ended, or choose another --output."
        ) from error


def _recover(target: Path) -> None:
    complete = current_location(target)
    if complete != target:
        os.rename(complete, target)
    for left in ("new", "old"):
        shutil.rmtree(beside(target, left), ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step. Returns False if the system or the file system does not support that."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    if libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in EXCHANGE_UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(other))


def _flush(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk."""
    if os.name != "posix":  # other systems cannot flush a file that was opened for reading
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
