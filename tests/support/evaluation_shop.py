"""Products with vectors made by hand, to judge: how well they are found is known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from recsys.core.holdout import held_out
from recsys.core.linalg import unit
from recsys.evaluate import Pool
from recsys.evaluate.pool import thumbnail_pixels
from recsys.types import Item, Value, Vectors
from testkit.fake_shop import COLOURS, KINDS, draw, encoded


def attributes(number: int) -> dict[str, Value]:
    colour = list(COLOURS)[number // 6 % 5]
    return {"articleType": KINDS[number % 6], "baseColour": colour, "gender": "Women" if number % 2 else None}


def picture(item: Item) -> bytes:
    """The drawing of a product, as a file."""
    return encoded(draw(item.attributes["articleType"], COLOURS[item.attributes["baseColour"]], (24, 32)))


def items(count: int, described: Callable[[int], Mapping[str, Value]] = attributes) -> list[Item]:
    return [Item(str(number), None, described(number)) for number in range(count)]


def vectors_by_kind(products: list[Item], noise: float, seed: int = 0) -> Vectors:
    """A direction for each kind, and noise on it: with none, every match is right."""
    rng = np.random.default_rng(seed)
    direction = np.eye(6)[[KINDS.index(item.attributes["articleType"]) for item in products]]
    return unit(np.hstack([direction, np.zeros((len(products), 10))]) + noise * rng.normal(size=(len(products), 16)))


def pool(count: int, noise: float = 0.0, described: Callable[[int], Mapping[str, Value]] = attributes) -> Pool:
    products = items(count, described)
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, size=(count, thumbnail_pixels(draw("Caps", "#222222")).size), dtype=np.uint8)
    return Pool(products, vectors_by_kind(items(count), noise), pixels)


def count_held_out(count: int) -> int:
    return sum(held_out(str(number)) for number in range(count))


def write_shop(folder, count):
    """The pictures of so many products in a folder whose sub-folders are labels."""
    for item in items(count):
        place = folder / item.attributes["articleType"]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{item.id}.png").write_bytes(picture(item))
    return folder


def by_label(scores):
    return {score.label: score for score in scores}
