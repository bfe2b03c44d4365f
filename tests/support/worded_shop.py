"""Products with names and values, and vectors made of their kind and colour, so that words can be learned."""

from __future__ import annotations

import numpy as np

from recsys.core.linalg import unit
from recsys.format.encoder_spec import EncoderSpec
from recsys.train.text_tower import TowerConfig
from recsys.types import Item
from testkit.fake_shop import COLOURS, KINDS

TINY = TowerConfig(
    width=16, hidden=16, min_steps=80, max_steps=80, batch_size=64, candidates=256, learning_rate=0.02, buckets=256
)
BRANDS = ("Alba", "Brio", "Corvo")


def worded_items(count, named=True):
    return [_item(number, named) for number in range(count)]


def _item(number, named):
    kind, colour = KINDS[number % 6], list(COLOURS)[number // 6 % 5]
    values = {"articleType": kind, "baseColour": colour, "gender": ("Men", "Women")[number // 30 % 2], "year": "2012"}
    return Item(str(number), f"{BRANDS[number % 3]} {colour} {kind}" if named else None, values)


def worded_vectors(items, noise=0.05):
    rng = np.random.default_rng(0)
    columns = [(KINDS, "articleType"), (list(COLOURS), "baseColour"), (("Men", "Women"), "gender")]
    parts = [np.eye(len(known))[[known.index(item.attributes[name]) for item in items]] for known, name in columns]
    return unit(np.hstack([*parts, np.zeros((len(items), 3))]) + noise * rng.normal(size=(len(items), 16)))


def spec_of_vectors():
    mean = (0.5, 0.5, 0.5)
    return EncoderSpec("test_resnet", "0" * 64, 16, (3, 32, 32), mean, mean, "bicubic", 1.0, "squash")
