"""Shoes with heels in profile, with the toe to the right: pumps, wedges and strapped sandals."""

from __future__ import annotations

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, box, ellipse, ribbon, trace
from sample_shop.look import Look
from sample_shop.palette import BRASS, WHITE, shade
from sample_shop.shoemaking import GROUND, GUM, LEATHER


def heels(canvas: Canvas, look: Look) -> None:
    height = look.jitter({"Block-Heel": 54, "Wedge": 50, "Kitten-Heel": 34}.get(look.cut, 76), 0.1)
    canvas.ground_shadow(8, GROUND + 2, 80)
    foot = trace(
        (-74, GROUND - height),
        (-20, GROUND - height + 2, 10, GROUND - 6, 42, GROUND - 4),
        (70, GROUND - 3, 90, GROUND - 3),
    )
    closed = look.cut in ("Pumps", "Kitten-Heel", "Peep-Toe")
    if not closed:
        _draw_footbed(canvas, foot)
    _draw_heel(canvas, look, height, foot)
    if closed:
        _draw_pump(canvas, look, height, foot)
    else:
        _draw_dress_straps(canvas, look, height)


def _draw_footbed(canvas: Canvas, foot: Points) -> None:
    bed = np.concatenate([foot, trace((90, GROUND - 3), (98, GROUND - 8, 88, GROUND - 12)), (foot + (-2, -9))[::-1]])
    canvas.fill(bed, LEATHER, volume=0.6)


def _draw_heel(canvas: Canvas, look: Look, height: float, foot: Points) -> None:
    colour = look.random.choice((look.colour, look.colour, shade(look.colour, 0.2)))
    base = GROUND - height
    if look.cut == "Wedge":
        wedge = np.concatenate(
            [foot, trace((88, GROUND + 2), (-66, GROUND + 2), (-78, GROUND - height * 0.5, -74, base))]
        )
        canvas.fill(wedge, GUM if look.random.random() < 0.5 else colour)
        if look.random.random() < 0.6:
            for share in (0.35, 0.55, 0.75, 0.9):
                y = base + height * share
                canvas.line(np.array([(-90, y), (90, y)]), shade(GUM, 0.3), 1, within=wedge)
        return
    width = 11 if look.cut == "Block-Heel" else 2.6
    heel = trace(
        (-76, base + 2),
        (-78, base + height * 0.4, -66 - width, GROUND + 2),
        (-66 + width, GROUND + 2),
        (-64 + width * 1.4, base + height * 0.3, -50 + width * 1.6, base + 9),
        (-50, base + 2),
    )
    canvas.fill(heel, colour)
    sole = np.concatenate([foot, trace((90, GROUND - 3), (96, GROUND, 88, GROUND + 2)), (foot + (0, 5))[::-1]])
    canvas.fill(sole, shade(colour, 0.3), volume=0.4)


def _draw_pump(canvas: Canvas, look: Look, height: float, foot: Points) -> None:
    base = GROUND - height
    rim = trace((-71, base - 25), (-40, base + 6, 8, GROUND - 22, 46, GROUND - 32))
    far = np.concatenate([rim, foot[::-1]])
    canvas.fill(far, LEATHER, volume=0.6)
    upper = np.concatenate(
        [
            foot,
            trace(
                (90, GROUND - 4),
                (88, GROUND - 20, 62, GROUND - 30),
                (50, GROUND - 34, 42, GROUND - 30),
                (6, GROUND - 12, -44, base + 14, -70, base - 28),
                (-76, base - 30, -78, base - 22),
                (-82, base - 6, -74, base),
            ),
        ]
    )
    canvas.fill(upper, look.paint, volume=1.2)
    canvas.overlay(
        trace((52, GROUND - 24), (74, GROUND - 22, 82, GROUND - 10), (66, GROUND - 16, 52, GROUND - 20)),
        WHITE,
        0.45,
        blur=1.6,
        within=upper,
    )
    if look.cut == "Peep-Toe":
        canvas.fill(ellipse(86, GROUND - 7, 11, 6), shade(LEATHER, 0.25), within=upper, volume=0.3)
        canvas.fill(ellipse(48, GROUND - 24, 8, 5), look.accent, volume=0.5)
        canvas.fill(ellipse(40, GROUND - 26, 7, 5), look.accent, volume=0.5)


def _draw_dress_straps(canvas: Canvas, look: Look, height: float) -> None:
    base = GROUND - height
    rise = base - 34
    far = trace((-70, base - 6), (-72, rise, -50, rise - 4), (-28, rise - 2, -22, base + 6))
    canvas.line(far + (4, 2), shade(look.colour, 0.3), 4)
    counter = trace(
        (-76, base),
        (-82, base - 20, -76, base - 34),
        (-66, base - 32),
        (-66, base - 14, -48, base + 4),
        (-60, base + 6),
    )
    canvas.fill(counter, look.paint)
    canvas.fill(ribbon(trace((-76, base - 28), (-48, rise + 16, -22, rise + 18)), 8), look.paint, volume=0.8)
    canvas.fill(box(-34, rise + 17, 7, 9, 1.5), BRASS, volume=0.5, contour=0.5)
    count = look.random.choice((1, 2, 3))
    if count == 1:
        toe = trace((48, 41), (46, 18, 62, 11), (80, 8, 84, 24), (76, 28, 74, 42))
        canvas.fill(toe, look.paint)
    for strap in range(count if count > 1 else 0):
        x, y = 62 - strap * 21, GROUND - 6 - strap * 3
        band = trace((x - 12, y + 4), (x - 4, y - 28 - strap * 5, x + 14, y - 17))
        canvas.fill(ribbon(band, (11, 11, 8)), look.paint, volume=0.9)
    if count > 1:
        canvas.fill(
            ribbon(trace((22, GROUND - 30), (0, GROUND - height * 0.8, -30, base - 6)), 6), look.paint, volume=0.7
        )
