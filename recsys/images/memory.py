"""Keeps the memory of pictures for the next ones.

By default, Pillow returns the memory of each picture to the system. An app then spends a tenth of the processor time
of its answers on new pages, which `python -m benchmarks routes` shows.
"""

from typing import Any

from PIL import Image

BLOCK_BYTES, MAX_BLOCKS = 4 * 2**20, 8
"""Pillow stores a picture in blocks of at most this size, and keeps at most this many: 32 MB."""


def keep_picture_memory() -> None:
    """Let Pillow use the memory of earlier pictures again, in the whole process.

    Does what PILLOW_BLOCK_SIZE and PILLOW_BLOCKS_MAX do before Pillow is imported.
    """
    allocator: Any = vars(Image)["core"]
    allocator.set_block_size(BLOCK_BYTES)
    allocator.set_blocks_max(MAX_BLOCKS)
