"""The index that an update starts from."""

import tracemalloc

import numpy as np

from recsys.build.previous import Changes, PreviousIndex
from recsys.format.layout import PICTURE_HASHES, sample_index
from recsys.index.folder import IndexFolder

MAX_BYTES_PER_PRODUCT = 110
"""77 were measured, 165 while the keys were texts in a dictionary. The file itself has 32."""


def test_the_keys_of_its_pictures_take_little_memory() -> None:
    folder = IndexFolder.open(sample_index())
    PreviousIndex(folder, "sample")
    tracemalloc.start()
    try:
        previous = PreviousIndex(folder, "sample")
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(previous.keys) == len(folder.items)
    assert held / len(folder.items) <= MAX_BYTES_PER_PRODUCT


def test_changes_count_new_changed_unchanged_and_removed_products() -> None:
    previous = PreviousIndex.open(sample_index())
    first, second, *_ = previous.folder.items.ids
    own, _, other = (key.tobytes().hex() for key in np.load(sample_index() / PICTURE_HASHES)[:3])

    found = previous.changes([first, second, "new"], [own, other, other])

    assert found == Changes(new=1, changed=1, unchanged=1, removed=len(previous.folder.items) - 2)
