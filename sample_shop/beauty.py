"""Cosmetics: perfume, deodorant, lipstick, lip gloss and nail polish."""

from __future__ import annotations

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, box, ellipse, ribbon, symmetric, trace
from sample_shop.look import Look
from sample_shop.palette import INK, RGB, WHITE, luminance, mix, shade, tint

GOLD: RGB = (214, 176, 94)
SILVER: RGB = (196, 200, 208)
JET: RGB = (44, 44, 50)


def _draw_gloss(canvas: Canvas, outline: Points, strength: float = 0.5) -> None:
    """Draw the reflection of a window along the left of a round body, and shade along its right."""
    left, right = float(outline[:, 0].min()), float(outline[:, 0].max())
    middle, width = float(outline[:, 1].mean()), right - left
    canvas.overlay(
        box(left + width * 0.2, middle, width * 0.12, 400), WHITE, strength, blur=width * 0.04, within=outline
    )
    canvas.overlay(box(right - width * 0.05, middle, width * 0.2, 400), INK, 0.3, blur=width * 0.06, within=outline)


def _draw_label(canvas: Canvas, look: Look, x: float, y: float, width: float, ink: RGB) -> None:
    """Draw lines that look like lettering from afar."""
    for row, share in enumerate((0.8, 0.5, 0.62)[: look.random.choice((2, 3))]):
        canvas.fill(box(x, y + row * 8, width * share, 4.4 if row == 0 else 2.2, 1), ink, volume=0, contour=0)


def _ink_on(colour: RGB) -> RGB:
    return shade(colour, 0.6) if luminance(colour) > 140 else tint(colour, 0.75)


def perfume(canvas: Canvas, look: Look) -> None:
    wide, low = look.jitter(48, 0.1), 96
    high = look.jitter(112 if look.cut != "Slender" else 165, 0.08)
    top = low - high
    cap = look.random.choice((GOLD, SILVER, JET, shade(look.colour, 0.35)))
    canvas.ground_shadow(0, low, wide)
    if look.cut == "Slender":
        wide *= 0.62
    shape = _flacon(look, wide, top, low)
    neck = box(0, top - 6, wide * 0.5, 18, 2)
    canvas.fill(neck, tint(cap, 0.25), volume=0.8)
    lid_width = wide * (0.7 if look.cut != "Slender" else 1.25)
    lid = box(0, top - 28, lid_width, look.jitter(34, 0.2), 4 if look.random.random() < 0.6 else 14)
    canvas.fill(lid, cap, volume=1)
    _draw_gloss(canvas, lid, 0.35)
    canvas.fill(shape, tint(look.colour, 0.12), volume=1.1)
    middle = np.array([0, (top + low) / 2])
    liquid = (shape - middle) * 0.84 + middle + (0, 2)
    canvas.fill(liquid, look.colour, volume=0.7, contour=0.4)
    _draw_gloss(canvas, shape, 0.42)
    if look.random.random() < 0.55:
        canvas.fill(
            box(0, low - high * 0.42, wide * 0.95, high * 0.28, 3), tint(look.colour, 0.82), volume=0.2, contour=0.5
        )
        _draw_label(canvas, look, 0, low - high * 0.47, wide * 0.7, shade(look.colour, 0.5))
    else:
        _draw_label(canvas, look, 0, low - high * 0.5, wide * 0.9, _ink_on(look.colour))


def _flacon(look: Look, wide: float, top: float, low: float) -> Points:
    middle = (top + low) / 2
    if look.cut == "Round":
        return ellipse(0, middle, wide * 1.12, (low - top) / 2)
    if look.cut == "Curved":
        return symmetric(
            trace(
                (0, top),
                (wide * 0.5, top),
                (wide * 1.5, middle - 8, wide * 0.7, middle + 14),
                (wide * 0.62, middle + 26, wide * 0.95, low - 4),
                (wide * 0.8, low, 0, low),
            )
        )
    return box(0, middle, 2 * wide, low - top, 7 if look.cut == "Square" else 15)


def deodorant(canvas: Canvas, look: Look) -> None:
    wide, top, low = look.jitter(28, 0.08), look.jitter(-62, 0.12), 106
    canvas.ground_shadow(0, low, wide)
    lid_colour = look.random.choice((JET, SILVER, look.accent, shade(look.colour, 0.3)))
    if look.cut == "Roll-On":
        top += 50
        lid = symmetric(
            trace((0, top - 62), (wide * 0.8, top - 62, wide * 0.94, top - 40), (wide * 1.0, top), (0, top + 2))
        )
    else:
        lid = symmetric(
            trace((0, top - 50), (wide * 0.72, top - 50, wide * 0.8, top - 36), (wide * 0.86, top + 2), (0, top + 4))
        )
    canvas.fill(lid, lid_colour)
    _draw_gloss(canvas, lid, 0.35)
    body = symmetric(
        trace(
            (0, top),
            (wide * 0.86, top),
            (wide, top + 2, wide, top + 16),
            (wide, low - 5),
            (wide * 0.96, low, wide * 0.8, low),
            (0, low + 2),
        )
    )
    canvas.fill(body, look.colour)
    height = low - top
    style = look.random.choice(("band", "sweep", "plain"))
    if style == "band":
        canvas.fill(box(0, top + height * 0.62, 3 * wide, height * 0.2), look.accent, within=body, volume=0, contour=0)
    elif style == "sweep":
        sweep = trace((-wide, top + height * 0.8), (0, top + height * 0.7, wide, top + height * 0.36))
        canvas.fill(ribbon(sweep, (4, 24)), look.accent, within=body, volume=0, contour=0)
    _draw_label(canvas, look, 0, top + height * 0.3, wide * 1.3, _ink_on(look.colour))
    _draw_gloss(canvas, body)


def lipstick(canvas: Canvas, look: Look) -> None:
    """A lipstick without its cap, which stands beside it."""
    case = look.random.choice((JET, GOLD, SILVER, mix(look.colour, GOLD, 0.4)))
    low = 92
    with_cap = look.cut == "Bullet"
    x = -22 if with_cap else 0
    canvas.ground_shadow(0, low, 56 if with_cap else 30)
    stick = trace((x - 17, 4), (x - 17, -58), (x - 8, -84, x + 12, -84), (x + 20, -82, x + 17, -58), (x + 17, 4))
    canvas.fill(stick, look.colour, volume=1.1)
    canvas.fill(
        trace((x - 15, -56), (x - 6, -82, x + 12, -82), (x + 18, -78, x + 13, -64), (x, -48, x - 15, -56)),
        tint(look.colour, 0.16),
        volume=0.3,
        contour=0.4,
    )
    canvas.overlay(box(x - 9, -24, 5, 60), WHITE, 0.4, blur=1.5, within=stick)
    sleeve = box(x, 16, 40, 34, 2)
    canvas.fill(sleeve, tint(GOLD, 0.15) if case != SILVER else tint(SILVER, 0.2))
    _draw_gloss(canvas, sleeve)
    base = box(x, 60, 50, 64, 4)
    canvas.fill(base, case)
    _draw_gloss(canvas, base)
    canvas.fill(box(x, 33, 50, 5), shade(case, 0.3), volume=0, contour=0)
    if with_cap:
        lid = box(42, 44, 48, 96, 5)
        canvas.fill(lid, case)
        _draw_gloss(canvas, lid)
        canvas.fill(box(42, 84, 48, 6), tint(GOLD, 0.1), within=lid, volume=0, contour=0.5)


def lip_gloss(canvas: Canvas, look: Look) -> None:
    """A transparent tube that shows its colour."""
    lid_colour = look.random.choice((JET, GOLD, SILVER))
    canvas.ground_shadow(0, 112, 24)
    lid = box(0, -66, 36, 92, 5)
    canvas.fill(lid, lid_colour)
    _draw_gloss(canvas, lid)
    canvas.fill(box(0, -17, 32, 8, 2), tint(lid_colour, 0.3), volume=0.5)
    tube = box(0, 50, 40, 124, 9 if look.cut == "Tube" else 3)
    canvas.fill(tube, look.colour)
    _draw_gloss(canvas, tube, 0.6)
    _draw_label(canvas, look, 0, 50, 26, _ink_on(look.colour))


def nail_polish(canvas: Canvas, look: Look) -> None:
    wide, low = look.jitter(34, 0.1), 96
    lid_colour = look.random.choice((JET, JET, SILVER, GOLD, tint(look.colour, 0.1)))
    canvas.ground_shadow(0, low, wide)
    lid = symmetric(
        trace((0, -106), (wide * 0.42, -106), (wide * 0.5, -104, wide * 0.52, -92), (wide * 0.6, 6), (0, 8))
    )
    canvas.fill(lid, lid_colour)
    _draw_gloss(canvas, lid, 0.4)
    canvas.fill(box(0, 8, wide * 0.9, 12, 2), shade(lid_colour, 0.2), volume=0.6)
    bottle = (
        ellipse(0, 54, wide * 1.1, 44)
        if look.cut == "Round"
        else box(0, 54, 2 * wide, 86, 8 if look.cut == "Square" else 20)
    )
    canvas.fill(bottle, tint(look.colour, 0.15), volume=1)
    middle = bottle.mean(axis=0)
    canvas.fill((bottle - middle) * (0.88, 0.9) + middle, look.colour, volume=0.8, contour=0.3)
    _draw_gloss(canvas, bottle, 0.6)
    _draw_label(canvas, look, 0, 54, wide * 1.1, _ink_on(look.colour))
