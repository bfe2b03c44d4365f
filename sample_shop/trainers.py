"""Sports shoes in profile, with the toe to the right."""

from __future__ import annotations

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, ellipse, ribbon, trace
from sample_shop.look import Look
from sample_shop.palette import INK, luminance, seam_colour, shade, tint
from sample_shop.shoemaking import (
    BLACK_SOLE,
    GROUND,
    RUBBER,
    draw_laces,
    draw_lining,
    draw_tongue,
    upper_outline,
    vamp_line,
)


def sports_shoe(canvas: Canvas, look: Look) -> None:
    canvas.ground_shadow(1, GROUND, 95)
    high = look.cut == "Basketball"
    rise = look.jitter(64 if high else 28, 0.1)
    throat = -26 if high else -18
    draw_lining(canvas, rise, shade(look.accent, 0.1), throat)
    draw_tongue(canvas, rise, look.accent, throat)
    upper = upper_outline(rise, look.jitter(4, 0.8), throat)
    canvas.fill(upper, look.paint)
    _draw_overlays(canvas, look, upper, rise)
    laces = look.random.choice((RUBBER, look.accent, look.paint.third))
    draw_laces(canvas, vamp_line(rise, 4, throat)[:10] - (2, 0), laces, 7 if high else 6)
    _draw_running_sole(canvas, look)


def _draw_overlays(canvas: Canvas, look: Look, upper: Points, rise: float) -> None:
    """Draw the overlays of a sports shoe: toe cap, heel counter, and lines on the side."""
    support = look.accent if look.random.random() < 0.3 else shade(look.colour, 0.16)
    toe = trace((96, 0), (66, 2, 58, 14), (40, 26, 18, 40), (96, 40))
    canvas.fill(toe, support, within=upper, volume=0.4, contour=0.6)
    counter = trace((-100, -rise * 0.6), (-72, -rise * 0.5, -64, 4), (-58, 26, -34, 40), (-100, 40))
    canvas.fill(counter, support, within=upper, volume=0.4, contour=0.6)
    style = look.random.choice(("lines", "panel", "chevrons"))
    if style == "lines":
        for shift in (0, 12):
            line = trace((-62 + shift, 30), (-20 + shift, 24, -8 + shift, 0), (-2 + shift, -12, 4 + shift, -14))
            canvas.fill(ribbon(line, (3, 6, 3)), look.accent, within=upper, volume=0, contour=0.3)
    elif style == "panel":
        panel = trace((-56, 40), (-44, 8, -6, -6), (8, 2, 20, 40))
        canvas.fill(panel, tint(look.accent, 0.15), within=upper, volume=0.3, contour=0.6)
        canvas.line(trace((-38, 40), (-28, 16, -4, 6)), look.colour, 2.4, within=upper)
    else:
        for x in (-34, -14):
            canvas.line(trace((x - 8, -16), (x + 6, 8), (x - 10, 32)), look.accent, 5.5, within=upper)
    for x in range(20, 60, 6):
        for y in range(-10, 22, 6):
            canvas.overlay(ellipse(x, y + (x % 12) / 2, 1.2, 1.2)[::6], INK, 0.3, within=upper)


def _draw_running_sole(canvas: Canvas, look: Look) -> None:
    foam = RUBBER if luminance(look.colour) < 215 or look.random.random() < 0.6 else look.accent
    thick = look.jitter(19, 0.15)
    sole = trace(
        (-90, GROUND - thick - 8),
        (-100, GROUND - 6, -88, GROUND),
        (-40, GROUND - 2),
        (0, GROUND - 5, 30, GROUND),
        (82, GROUND - 2),
        (100, GROUND - 8, 94, GROUND - thick - 4),
        (70, GROUND - thick + 6, 20, GROUND - thick + 4),
        (-30, GROUND - thick + 2, -90, GROUND - thick - 8),
    )
    canvas.fill(sole, foam, volume=0.8)
    tread = trace((-96, GROUND - 4), (0, GROUND - 6, 96, GROUND - 6), (90, GROUND + 4), (-90, GROUND + 4))
    canvas.fill(
        tread,
        look.random.choice((look.accent, BLACK_SOLE, shade(look.colour, 0.2))),
        within=sole,
        volume=0,
        contour=0.4,
    )
    for x in np.arange(-84, -30, 8):
        canvas.line(np.array([(x, GROUND - thick + 2), (x + 4, GROUND - 7)]), seam_colour(foam), 1, within=sole)
