"""The parts that bags and small leather goods share: the metal of their fittings, and handles."""

from __future__ import annotations

from sample_shop.canvas import Canvas
from sample_shop.curves import ribbon, trace
from sample_shop.look import Look
from sample_shop.palette import BRASS, RGB, STEEL, shade


def metal_colour(look: Look) -> RGB:
    return look.random.choice((BRASS, BRASS, STEEL))


def draw_handles(canvas: Canvas, spread: float, top: float, height: float, colour: RGB, width: float = 7) -> None:
    """Draw two handles, the near one in front of the far one."""
    for lift, ink in ((5, shade(colour, 0.35)), (0, colour)):
        y = top - height - lift
        arch = trace(
            (-spread, top + 8), (-spread, y, -spread * 0.5, y, 0, y), (spread * 0.5, y, spread, y, spread, top + 8)
        )
        canvas.fill(ribbon(arch, width), ink, volume=0.8)
