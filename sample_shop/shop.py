"""The sample shop: a catalogue of drawn products, the same for the same count and seed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from recsys.types import Item, Product, Value
from sample_shop.assortment import LINES, Line, Weights
from sample_shop.canvas import Canvas, Placement
from sample_shop.look import Look
from sample_shop.palette import companions, varied
from sample_shop.patterns import Paint

NO_SEASON, NO_USAGE = 0.03, 0.02
TRIES = 12


def products(count: int = 480, seed: int = 0) -> Iterator[Product]:
    """`count` drawn products, each a WebP of 240 × 320 px with honest attributes; another seed draws others.

    Every line of the assortment is there once `count` reaches their number. A few seasons and usages are absent (None).
    """
    taken: set[str] = set()
    for number, line in enumerate(_lines(count, Random(f"{seed} lines")), start=1):
        yield _product(f"S{number:04}", line, Random(f"{seed} {number}"), taken)


def _lines(count: int, random: Random) -> list[Line]:
    """The line of each product: every line once, then each as often as its share."""
    due = [
        (random.random() / 1000 if place == 0 else (place + random.random()) / line.share, number)
        for number, line in enumerate(LINES)
        for place in range(count)
    ]
    return [LINES[number] for _, number in sorted(due)[:count]]


def _product(identity: str, line: Line, random: Random, taken: set[str]) -> Product:
    for _ in range(TRIES):
        gender, pattern = _pick(line.genders, random), _pick(line.patterns, random)
        cut = random.choice(list(line.cuts))
        colour = random.choice(line.cuts[cut])
        words = (gender, colour, *([pattern] if pattern != "Solid" else []), cut, line.noun)
        name = " ".join(words)
        if name not in taken:
            break
    taken.add(name)
    attributes: dict[str, Value] = {
        "gender": gender,
        "masterCategory": line.category[0],
        "subCategory": line.category[1],
        "articleType": line.article_type,
        "baseColour": colour,
        "season": None if random.random() < NO_SEASON else _pick(line.seasons, random),
        "usage": None if random.random() < NO_USAGE else _pick(line.usages, random),
        "pattern": pattern,
    }
    second, third = companions(colour, random)
    paint = Paint(
        colour=varied(colour, random),
        pattern=pattern,
        second=second,
        third=third,
        period=random.uniform(*line.period),
        seed=random.randrange(2**31),
    )
    return Product(Item(identity, name, attributes), _picture(line, Look(gender, cut, paint.colour, paint, random)))


def _picture(line: Line, look: Look) -> bytes:
    random = look.random
    canvas = Canvas(
        Placement(
            scale=line.scale * random.uniform(0.93, 1.03),
            angle=line.tilt + random.uniform(-2.5, 2.5),
            x=random.uniform(-3, 3),
            y=random.uniform(-4, 4),
        )
    )
    line.draw(canvas, look)
    return canvas.picture()


def _pick(weights: Weights, random: Random) -> str:
    return random.choices(list(weights), list(weights.values()))[0]
