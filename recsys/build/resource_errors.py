"""What the machine does to a build, in our words: no space, no memory, a disk that is suddenly read-only."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recsys.errors import EncoderError, IndexFolderError, RecsysError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
SAYS_FULL = re.compile("no space left|disk quota|file too large|iostream error", re.IGNORECASE)
"""How Annoy, safetensors and OpenVINO say it, which keep no number of the error; the last is OpenVINO's way."""
SAYS_MEMORY = re.compile("out of memory|allocate memory|bad_?alloc|failed to allocate", re.IGNORECASE)
"""How PyTorch and OpenVINO say in a RuntimeError that there is no memory left."""


@contextmanager
def told(output: Path, batch_size: int) -> Iterator[None]:
    """Turn what goes wrong with disk and memory while an index is built into an error that says how to go on.

    Raises IndexFolderError where `output` or what lies beside it cannot be written, EncoderError where the memory does
    not suffice for `batch_size` pictures at once. Other errors pass as they are.
    """
    try:
        yield
    except RecsysError:
        raise
    except MemoryError as error:
        raise _no_memory(batch_size) from error
    except (OSError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and SAYS_MEMORY.search(str(error)):
            raise _no_memory(batch_size) from error
        if getattr(error, "errno", None) in FULL or SAYS_FULL.search(str(error)):
            raise IndexFolderError(
                f"There is no space left on the disk for {output} ({error}). What was there is as it was. Free some in"
                f" {output.absolute().parent}, and in the cache that HF_HOME names, and run the same command: it goes"
                " on with the vectors that it has."
            ) from error
        if isinstance(error, OSError):
            raise IndexFolderError(
                f"{output} could not be written: {error}. What was there is as it was. Mend that, or choose another"
                " --output, and run the same command."
            ) from error
        raise


def _no_memory(batch_size: int) -> EncoderError:
    less = f"with --batch-size {batch_size // 2}" if batch_size > 1 else "with other programs closed"
    return EncoderError(
        f"The memory ran out at --batch-size {batch_size}. Run the same command {less}: it goes on with the vectors"
        " that it has."
    )
