import tracemalloc

import numpy as np
import pytest

from recsys.core.linalg import unit
from recsys.evaluate.search_task import nearest


def test_the_nearest_are_found_across_blocks_and_a_query_does_not_find_itself():
    rng = np.random.default_rng(0)
    gallery = unit(rng.normal(size=(50, 8)))
    queries, itself = gallery[[3, 30, 7]], np.array([3, 30, -1])
    places, cosines = nearest(queries, [gallery[:20], gallery[20:33], gallery[33:]], 4, itself)
    every = queries @ gallery.T
    every[[0, 1], [3, 30]] = -2
    assert places.tolist() == np.argsort(-every, axis=1)[:, :4].tolist()
    assert cosines == pytest.approx(-np.sort(-every, axis=1)[:, :4])
    assert places[2, 0] == 7


def test_many_queries_of_a_large_gallery_do_not_fill_the_memory():
    gallery = np.random.default_rng(0).normal(size=(8192, 4)).astype(np.float32)
    itself = np.arange(4000)
    tracemalloc.start()
    places, cosines = nearest(gallery[:4000], [gallery], 1, itself)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 4000 * 8192 * np.dtype(np.float32).itemsize
    last = gallery[3999] @ gallery.T
    last[3999] = -2
    assert (places[3999, 0], cosines[3999, 0]) == (last.argmax(), pytest.approx(last.max()))
    assert not (places[:, 0] == itself).any()
