"""The files of a catalogue: those of a folder, and of the zip archives in it. Hidden and system files are left out."""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Protocol, Self

from recsys.errors import CatalogError

SYSTEM_NAMES = {
    "thumbs.db",
    "desktop.ini",
    "ehthumbs.db",
    "@eadir",
    "#recycle",
    "__macosx",
    "$recycle.bin",
    "lost+found",
}
"""Files and folders that systems leave beside others, in lower case."""
MAX_ZIPPED_BYTES = 2_000_000_000
"""The largest table or picture that is unpacked."""


class Reader(Protocol):
    """Reads a file."""

    def __call__(self) -> bytes:
        """The bytes of the file. Raises OSError or CatalogError if it cannot be read."""
        ...


@dataclass(frozen=True)
class Files:
    """Files by their path relative to a folder, with `/`, and the number of hidden and system files left out.

    `folder` is None if the files are those of an archive only.
    """

    folder: Path | None
    readers: Mapping[str, Reader]
    left_out: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of_folder(cls, folder: Path, with_archives: bool = True) -> Self:
        """The files in a folder and its sub-folders, and in the zip archives there.

        An archive that cannot be read is counted as left out.
        """
        left_out: Counter[str] = Counter()
        readers: dict[str, Reader] = {}
        for path in sorted(_walk(folder, left_out)):
            if path.suffix.lower() == ".zip" and with_archives:
                try:
                    archive = cls.of_archive(folder / path)
                except CatalogError:
                    left_out[f"unreadable archive ({path.as_posix()})"] += 1
                    continue
                readers |= {(path.parent / name).as_posix(): read for name, read in archive.readers.items()}
                left_out += archive.left_out
            readers[path.as_posix()] = (folder / path).read_bytes
        return cls(folder, readers, left_out)

    @classmethod
    def of_archive(cls, file: Path) -> Self:
        """The files in a zip archive. Raises CatalogError if it cannot be read."""
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError) as error:
            raise CatalogError(
                f"{file.name} is a file that is no readable zip archive: {error}. Copy it here again, or unpack it and"
                " give the folder."
            ) from error
        left_out: Counter[str] = Counter()
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        shown = [entry for entry in entries if not _is_left_out(PurePosixPath(entry.filename).parts, left_out)]
        return cls(None, {entry.filename: partial(_unpack, archive, entry, file.name) for entry in shown}, left_out)

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises CatalogError, naming it, if it cannot be read."""
        try:
            return self.readers[name]()
        except OSError as error:
            raise CatalogError(f"{name} cannot be read: {error}.") from error


def _walk(folder: Path, left_out: Counter[str]) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not _is_left_out((name,), left_out)]
        below = Path(place).relative_to(folder)
        yield from (below / name for name in names if not _is_left_out((name,), left_out))


def _is_left_out(parts: tuple[str, ...], left_out: Counter[str]) -> bool:
    """Whether a part of a path is hidden or made by a system. Counts it."""
    found = next((part for part in parts if part.startswith(".") or part.lower() in SYSTEM_NAMES), None)
    if found:
        left_out["hidden or system files"] += 1
    return found is not None


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    if entry.file_size > MAX_ZIPPED_BYTES:
        raise CatalogError(f"{entry.filename} in {name} has {entry.file_size:,} bytes. Unpack the archive first.")
    try:
        return archive.read(entry)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:  # damaged, encrypted, another method
        raise CatalogError(f"{entry.filename} in {name} cannot be unpacked: {error}. Unpack it first.") from error
