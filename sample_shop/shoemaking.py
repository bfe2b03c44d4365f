"""The parts that shoes share: the colours of their materials, and a closed upper in profile, toe to the right."""

from __future__ import annotations

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, along, trace
from sample_shop.palette import INK, RGB

RUBBER: RGB = (238, 237, 232)
GUM: RGB = (176, 132, 88)
LEATHER: RGB = (198, 162, 124)
BLACK_SOLE: RGB = (48, 46, 48)
GROUND = 44
"""The height of the ground, y in pixels."""


def vamp_line(rise: float, toe: float, throat: float) -> Points:
    """The line from the throat of the opening over the instep to the toe."""
    return trace((throat + 10, -rise + 8), (throat + 42 - 0.42 * rise, 8 - 0.3 * rise, 30, -4, 60, toe))


def upper_outline(rise: float, toe: float, throat: float = -16) -> Points:
    """The outline of a closed upper, from the heel over the opening to the toe. `rise` is the height of the collar."""
    back = trace(
        (-86, 32),
        (-92, 0, -85 + 0.05 * rise, -rise),
        (-80, -rise - 5, -74, -rise),
        (-60, -rise + 12, throat - 12, -rise + 6),
        (throat + 2, -rise + 2, throat + 10, -rise + 8),
    )
    return np.concatenate([back, vamp_line(rise, toe, throat), trace((60, toe), (92, toe + 4, 92, 34))])


def draw_lining(canvas: Canvas, rise: float, colour: RGB, throat: float = -16) -> None:
    """Draw the inside of the shoe, as seen through its opening."""
    opening = trace(
        (-84, -rise),
        (-76, -rise - 10, -52, -rise - 7),
        (throat - 14, -rise - 6, throat + 10, -rise + 8),
        (throat - 20, -rise + 26, -60, -rise + 20),
        (-80, -rise + 14, -84, -rise),
    )
    canvas.fill(opening, colour, volume=0.6)


def draw_laces(canvas: Canvas, vamp: Points, colour: RGB, count: int, width: float = 17) -> None:
    """Draw `count` rows of laces along the vamp line, which runs from the throat to the toe, and a bow at its top."""
    for x, y in along(vamp, count):
        lace = trace((x - width * 0.5, y + width * 0.5), (x - 2, y - 3, x + 5, y - 4))
        canvas.line(lace + (0.6, 1.8), INK, 3.6)
        canvas.line(lace, colour, 3)
    x, y = vamp[0]
    for dx, dy in ((-13, 12), (7, 15)):
        loop = trace((x - 2, y + 1), (x + dx * 1.4, y + dy * 0.2, x + dx, y + dy), (x + dx * 0.2, y + dy, x - 2, y + 1))
        canvas.line(loop, colour, 1.8)


def draw_tongue(canvas: Canvas, rise: float, colour: RGB, throat: float = -16) -> None:
    tongue = trace(
        (throat - 20, -rise + 16),
        (throat - 22, -rise - 22, throat - 6, -rise - 22),
        (throat + 4, -rise - 20, throat + 12, -rise + 16),
        (throat - 20, -rise + 16),
    )
    canvas.fill(tongue, colour, volume=0.7)
