"""Converts disk-full, out-of-memory and read-only errors during a build into errors with a remedy."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recsys.errors import EncoderError, IndexFolderError, RecsysError

DISK_FULL_CODES = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
DISK_FULL_MESSAGE = re.compile("no space left|disk quota|file too large|iostream error", re.IGNORECASE)
"""Messages of Annoy, safetensors and OpenVINO, whose errors have no code. The last one is OpenVINO's."""
OUT_OF_MEMORY_MESSAGE = re.compile("out of memory|allocate memory|bad_?alloc|failed to allocate", re.IGNORECASE)
"""Messages of a RuntimeError by which PyTorch and OpenVINO report that memory ran out."""


@contextmanager
def explain_resource_errors(output: Path, batch_size: int) -> Iterator[None]:
    """Convert errors of disk and memory that the body raises while it builds the index `output`.

    Raises IndexFolderError if `output` or a file beside it cannot be written, EncoderError if memory does not suffice
    for batches of `batch_size` pictures. Other errors pass unchanged.
    """
    try:
        yield
    except RecsysError:
        raise
    except (MemoryError, OSError, RuntimeError) as error:
        explained = _explain(error, output, batch_size)
        if explained is None:
            raise
        raise explained from error


def _explain(error: Exception, output: Path, batch_size: int) -> RecsysError | None:
    message = str(error)
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and OUT_OF_MEMORY_MESSAGE.search(message)):
        remedy = f"with --batch-size {batch_size // 2}" if batch_size > 1 else "with other programs closed"
        return EncoderError(
            f"The memory ran out at --batch-size {batch_size}. Run the same command {remedy}: it continues with the"
            " vectors that are already computed."
        )
    if getattr(error, "errno", None) in DISK_FULL_CODES or DISK_FULL_MESSAGE.search(message):
        return IndexFolderError(
            f"There is no space left on the disk for {output} ({error}). The existing index was not changed. Free space"
            f" in {output.absolute().parent} and in the cache that HF_HOME names, and run the same command: it"
            " continues with the vectors that are already computed."
        )
    if isinstance(error, OSError):
        return IndexFolderError(
            f"{output} could not be written: {error}. The existing index was not changed. Fix this or choose another"
            " --output, and run the same command."
        )
    return None
