"""The sample shop: a catalogue of drawn products. The same count and seed always give the same products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from recsys.types import Item, Product, Value
from sample_shop.assortment import LINES, Line, Weights
from sample_shop.canvas import Canvas, Placement
from sample_shop.look import Look
from sample_shop.palette import RGB, WHITE, companions, vary
from sample_shop.patterns import Paint

ATTRIBUTES = ("gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "usage", "pattern")
NO_SEASON_SHARE = 0.03
"""The share of products whose season is None."""
NO_USAGE_SHARE = 0.02
"""The share of products whose usage is None."""
NAME_TRIES = 12
"""How often a product is designed again because its name is taken."""


@dataclass(frozen=True, slots=True)
class Design:
    """A product that is not drawn yet."""

    item: Item
    line: Line
    look: Look

    def draw(self) -> bytes:
        """The picture, a WebP of 240 × 320 px. To be called once: drawing uses up random numbers of `look`."""
        return self.canvas().picture()

    def canvas(self, page: RGB = WHITE) -> Canvas:
        """The product, drawn on a page of this colour. To be called once, as `draw` is."""
        random = self.look.random
        canvas = Canvas(
            Placement(
                scale=self.line.scale * random.uniform(0.93, 1.03),
                angle=self.line.tilt + random.uniform(-2.5, 2.5),
                x=random.uniform(-3, 3),
                y=random.uniform(-4, 4),
            ),
            page,
        )
        self.line.draw(canvas, self.look)
        return canvas


def products(count: int = 480, seed: int = 0) -> Iterator[Product]:
    """Draw `count` products, each a WebP of 240 × 320 px whose attributes say what it shows.

    Every line of the assortment occurs if `count` is at least their number. A few seasons and usages are None.
    """
    for design in designs(count, seed):
        yield Product(design.item, design.draw())


def designs(count: int = 480, seed: int = 0) -> Iterator[Design]:
    """The products of `products`, not drawn yet."""
    taken: set[str] = set()
    for number, line in enumerate(_lines(count, Random(f"{seed} lines")), start=1):
        yield _design(f"S{number:04}", line, Random(f"{seed} {number}"), taken)


def _lines(count: int, random: Random) -> list[Line]:
    """The line of each product: every line once, then each as often as its share."""
    due = [
        (random.random() / 1000 if place == 0 else (place + random.random()) / line.share, number)
        for number, line in enumerate(LINES)
        for place in range(count)
    ]
    return [LINES[number] for _, number in sorted(due)[:count]]


def _design(identity: str, line: Line, random: Random, taken: set[str]) -> Design:
    for _ in range(NAME_TRIES):
        gender, pattern = _pick(line.genders, random), _pick(line.patterns, random)
        cut = random.choice(list(line.cuts))
        colour = random.choice(line.cuts[cut])
        words = (gender, colour, *([pattern] if pattern != "Solid" else []), cut, line.noun)
        name = " ".join(words)
        if name not in taken:
            break
    taken.add(name)
    season = None if random.random() < NO_SEASON_SHARE else _pick(line.seasons, random)
    usage = None if random.random() < NO_USAGE_SHARE else _pick(line.usages, random)
    values: tuple[Value, ...] = (gender, *line.category, line.article_type, colour, season, usage, pattern)
    paint = _paint(colour, pattern, line, random)
    item = Item(identity, name, dict(zip(ATTRIBUTES, values, strict=True)))
    return Design(item, line, Look(gender, cut, paint.colour, paint, random))


def _paint(colour: str, pattern: str, line: Line, random: Random) -> Paint:
    second, third = companions(colour, random)
    return Paint(
        colour=vary(colour, random),
        pattern=pattern,
        second=second,
        third=third,
        period=random.uniform(*line.period),
        seed=random.randrange(2**31),
    )


def _pick(weights: Weights, random: Random) -> str:
    return random.choices(list(weights), list(weights.values()))[0]
