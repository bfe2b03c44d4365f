"""Fabric patterns as lists of marks: coloured outlines that cover an area larger than any product."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

import numpy as np

from sample_shop.curves import Points, box, ellipse, ribbon, rotated, trace
from sample_shop.palette import RGB, mix, shade, tint

PATTERN_RADIUS = 170
"""Patterns cover this many pixels around the origin."""
Mark = tuple[Points, RGB]


@dataclass(frozen=True, slots=True)
class Paint:
    """The colours and pattern of a surface. `period` is the repeat of the pattern in pixels, `angle` its rotation."""

    colour: RGB
    pattern: str = "Solid"
    second: RGB = (255, 255, 255)
    third: RGB = (255, 255, 255)
    period: float = 16
    angle: float = 0
    seed: int = 0


@lru_cache(maxsize=8)
def marks(paint: Paint) -> tuple[Points, tuple[int, ...], tuple[RGB, ...]]:
    """The marks of a paint from back to front: the points of all marks, and the first point and the colour of each."""
    draw = _PATTERNS.get(paint.pattern)
    drawn = list(draw(paint, Random(paint.seed))) if draw else []
    if not drawn:
        return np.empty((0, 2)), (), ()
    starts = np.cumsum([0, *(len(points) for points, _ in drawn[:-1])])
    points = rotated(np.concatenate([points for points, _ in drawn]), paint.angle)
    return points, tuple(starts.tolist()), tuple(colour for _, colour in drawn)


def _steps(period: float) -> Iterator[float]:
    count = math.ceil(PATTERN_RADIUS / period)
    return (i * period for i in range(-count, count + 1))


def _stripe(y: float, width: float) -> Points:
    return box(0, y, 2 * PATTERN_RADIUS, width)


def _bar(x: float, width: float) -> Points:
    return box(x, 0, width, 2 * PATTERN_RADIUS)


def _striped(paint: Paint, random: Random) -> Iterator[Mark]:
    style = random.choice(("even", "fine", "double"))
    for y in _steps(paint.period):
        if style == "double":
            yield _stripe(y, paint.period * 0.26), paint.second
            yield _stripe(y + paint.period * 0.32, paint.period * 0.1), paint.third
        else:
            yield _stripe(y, paint.period * (0.38 if style == "even" else 0.2)), paint.second


def _checked(paint: Paint, random: Random) -> Iterator[Mark]:
    width = paint.period * random.choice((0.2, 0.27))
    half = mix(paint.colour, paint.second, 0.5)
    for y in _steps(paint.period):
        yield _stripe(y, width), half
    for x in _steps(paint.period):
        yield _bar(x, width), half
    for x in _steps(paint.period):
        for y in _steps(paint.period):
            yield box(x, y, width, width), paint.second
    if random.random() < 0.6:
        for at in _steps(paint.period):
            yield _stripe(at + paint.period / 2, 1.3), paint.third
            yield _bar(at + paint.period / 2, 1.3), paint.third


def _dotted(paint: Paint, random: Random) -> Iterator[Mark]:
    radius = paint.period * random.uniform(0.17, 0.24)
    dot = ellipse(0, 0, radius, radius)[::4]
    for row, y in enumerate(_steps(paint.period * 0.8)):
        for x in _steps(paint.period):
            yield dot + (x + (row % 2) * paint.period / 2, y), paint.second


def _scattered(period: float, random: Random) -> Iterator[tuple[float, float, float]]:
    for row, y in enumerate(_steps(period * 0.85)):
        for x in _steps(period):
            shift = period * 0.14
            yield (
                x + (row % 2) * period / 2 + random.uniform(-shift, shift),
                y + random.uniform(-shift, shift),
                random.uniform(0, 360),
            )


def _colourblock(paint: Paint, random: Random) -> Iterator[Mark]:
    above = random.random() < 0.6
    border = random.uniform(-58, -44) if above else random.uniform(36, 52)
    yield (
        box(0, border + (-PATTERN_RADIUS if above else PATTERN_RADIUS) / 2, 2 * PATTERN_RADIUS, PATTERN_RADIUS),
        paint.second,
    )
    if random.random() < 0.6:
        yield _stripe(border, 6), paint.third


def _floral(paint: Paint, random: Random) -> Iterator[Mark]:
    size = paint.period * 0.21
    petal = ellipse(0, -size * 0.75, size * 0.52, size * 0.72)[::4]
    leaf = trace((0, -size), (size * 1.1, -size * 1.8, 0, -size * 2.6), (-size * 0.6, -size * 1.6, 0, -size))
    green = mix(shade(paint.third, 0.1), (70, 120, 80), 0.55)
    for x, y, angle in _scattered(paint.period, random):
        for turn in (40, 220):
            yield rotated(leaf, angle + turn) + (x, y), green
        for turn in range(0, 360, 72):
            yield rotated(petal, angle + turn) + (x, y), paint.second
        yield ellipse(x, y, size * 0.38, size * 0.38)[::6], paint.third


def _printed(paint: Paint, random: Random) -> Iterator[Mark]:
    motif = random.choice((_zigzags, _drops, _brushes, _tiles))
    return motif(paint, random)


def _zigzags(paint: Paint, _: Random) -> Iterator[Mark]:
    step = paint.period * 0.5
    across = np.arange(-PATTERN_RADIUS, PATTERN_RADIUS + step, step)
    for row, y in enumerate(_steps(paint.period)):
        line = np.stack([across, y + step * 0.6 * (np.arange(len(across)) % 2)], axis=1)
        yield ribbon(line, paint.period * 0.26), paint.third if row % 3 == 0 else paint.second


def _drops(paint: Paint, random: Random) -> Iterator[Mark]:
    size = paint.period * 0.4
    drop = trace((0, -size), (size * 0.9, 0, size * 0.5, size, 0, size), (-size * 0.7, size, -size * 0.5, 0, 0, -size))
    for x, y, _ in _scattered(paint.period, random):
        angle = random.choice((30, 210))
        yield rotated(drop, angle) + (x, y), paint.second
        yield rotated(drop * 0.5, angle) + (x, y), paint.third


def _brushes(paint: Paint, random: Random) -> Iterator[Mark]:
    size = paint.period * 0.42
    stroke = ribbon(trace((-size, 0), (0, -size * 0.5, size, 0)), (0.5, size * 0.6, 0.5))
    for x, y, angle in _scattered(paint.period, random):
        yield rotated(stroke, angle) + (x, y), random.choice((paint.second, paint.second, paint.third))


def _tiles(paint: Paint, random: Random) -> Iterator[Mark]:
    size = paint.period * 0.42
    diamond = np.array([(0, -size), (size * 0.8, 0), (0, size), (-size * 0.8, 0)])
    for row, y in enumerate(_steps(paint.period * 0.85)):
        for x in _steps(paint.period):
            place = (x + (row % 2) * paint.period / 2, y)
            yield diamond * 0.95 + place, paint.second
            yield diamond * 0.5 + place, paint.third if row % 2 else tint(paint.colour, 0.2)


_PATTERNS: dict[str, Callable[[Paint, Random], Iterator[Mark]]] = {
    "Striped": _striped,
    "Checked": _checked,
    "Dotted": _dotted,
    "Colourblock": _colourblock,
    "Floral": _floral,
    "Printed": _printed,
}
