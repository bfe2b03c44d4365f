"""Text towers with random weights."""

from __future__ import annotations

import numpy as np

from recsys.words.tower import TextTower, TowerInfo, Vocabulary
from recsys.words.tower.tower import shapes


def random_tower(words=("red", "shirt", "red shirt"), dim=32, info=None, seed=0):
    vocabulary = Vocabulary(words, buckets=512)
    rng = np.random.default_rng(seed)
    sizes = shapes(vocabulary, 24, 40, dim)
    arrays = {name: rng.normal(size=size).astype(np.float16) for name, size in sizes.items()}
    arrays |= {name: array * np.float16(0.1) for name, array in arrays.items() if name.endswith("bias")}
    return TextTower(vocabulary, arrays, info or TowerInfo("weights", None, 3, {"R@10": 0.5}))
