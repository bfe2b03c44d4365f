"""The place of an index on disk: it holds a whole one at every moment, whenever a build is killed.

Beside the index NAME a build keeps, and one that was killed leaves

.NAME.vectors/  the vectors by the content of their picture, and the lock that one build at a time holds
.NAME.new/      the index that is being written
.NAME.old/      the index that is being replaced

A finished index and the old one change places in a single step, where the file system can do that (Linux's `renameat2`
with RENAME_EXCHANGE, as ext4, XFS, Btrfs and tmpfs have it). Elsewhere it takes two renames: between them, a reader
finds the old one under `.NAME.old` (see `standing`), and where a build is killed there, the next one moves it back.
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
except ImportError:  # Windows: two builds at once are not told apart there
    fcntl = None  # type: ignore[assignment]

LOCK = "lock"
AT_FDCWD, RENAME_EXCHANGE = -100, 2
CANNOT_EXCHANGE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}


def beside(output: Path, what: str) -> Path:
    """A hidden folder beside the index that a build works with: its `vectors`, the `new` index, the `old` one."""
    return output.with_name(f".{output.name}.{what}")


def standing(path: Path) -> Path:
    """Where the index of this place is at this moment: there, or under `.NAME.old` between two renames."""
    if path.exists():
        return path
    old = beside(path.resolve(), "old")
    return old if (old / MANIFEST).is_file() else path


def check_replaceable(output: Path) -> None:
    """Raises IndexFolderError where `output` cannot be written, or holds something else that must not be lost."""
    if output.is_file() or (output.is_dir() and any(output.iterdir()) and not (output / MANIFEST).is_file()):
        raise IndexFolderError(f"{output} exists and is no index. Choose another --output, or move it away.")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise IndexFolderError(f"{output} cannot be written: {error.strerror}. Choose another --output.") from error


@contextmanager
def claim(output: Path) -> Iterator[Path]:
    """Hold the place of an index against other builds, cleared of what a killed one left; gives its absolute path.

    Raises IndexFolderError where another build holds it, and as `check_replaceable` does.
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
    """Put the finished folder `new` in the place of `output`, on the disk before it is there to be seen."""
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
            f"Another build of {output} is running. Run the same command when it has ended, or choose another --output."
        ) from error


def _recover(target: Path) -> None:
    whole = standing(target)
    if whole != target:
        os.rename(whole, target)
    for left in ("new", "old"):
        shutil.rmtree(beside(target, left), ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where this system or file system cannot."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    if libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in CANNOT_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(other))


def _flush(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    if os.name != "posix":  # elsewhere what was opened to read cannot be flushed
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
