"""Earrings, necklaces, pendants and rings."""

from __future__ import annotations

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, along, ellipse, mirrored, ribbon, rotated, trace
from sample_shop.look import Look
from sample_shop.palette import RGB, WHITE, shade, tint


def earrings(canvas: Canvas, look: Look) -> None:
    draw = {"Hoop": _draw_hoop, "Jhumka": _draw_jhumka, "Stud": _draw_stud}.get(look.cut, _draw_drop)
    metal = look.colour
    stone = look.accent
    size = look.jitter(1.0, 0.12)
    for side in (1, -1):
        centre = np.array([side * 42.0, 0.0 + side * 4])
        draw(canvas, centre, size, metal, stone, look)


def _draw_hook(canvas: Canvas, centre: Points, top: float, metal: RGB) -> None:
    x, y = centre
    canvas.line(
        trace((x, y + top), (x, y + top - 24, x - 9, y + top - 24), (x - 16, y + top - 22, x - 15, y + top - 6)),
        shade(metal, 0.25),
        2,
    )


def _draw_drop(canvas: Canvas, centre: Points, size: float, metal: RGB, stone: RGB, look: Look) -> None:
    _draw_hook(canvas, centre, -26, metal)
    canvas.fill(ellipse(0, -18, 10 * size, 10 * size) + centre, metal, volume=1.2)
    canvas.fill(ellipse(0, -18, 5 * size, 5 * size) + centre, stone, volume=0.8, contour=0.6)
    drop = trace((0, -10), (20, 20, 15, 38, 0, 40), (-15, 38, -20, 20, 0, -10)) * size + centre
    canvas.fill(drop, metal, volume=1.4)
    canvas.fill((drop - centre - (0, 24)) * 0.58 + centre + (0, 25), stone, volume=0.9, contour=0.6)


def _draw_hoop(canvas: Canvas, centre: Points, size: float, metal: RGB, stone: RGB, look: Look) -> None:
    outer, inner = (ellipse(0, y, rx, ry) * size + centre for y, rx, ry in ((0, 31, 37), (1, 24, 30)))
    canvas.fill_between(outer, inner, metal, volume=1.2)
    for x, y in (ellipse(0, 2, 27.5, 33, 30, 150)[::6]) * size + centre:
        canvas.fill(ellipse(x, y, 3, 3), tint(metal, 0.55), volume=0.6, contour=0.6)


def _draw_jhumka(canvas: Canvas, centre: Points, size: float, metal: RGB, stone: RGB, look: Look) -> None:
    x, y = centre
    canvas.fill(ellipse(x, y - 34, 15, 15), metal, volume=1.2)
    canvas.fill(ellipse(x, y - 34, 7, 7), stone, volume=0.8)
    bell = trace((-6, -16), (6, -16), (28, -8, 29, 22), (0, 30, -29, 22), (-28, -8, -6, -16)) * size + centre
    canvas.fill(bell, metal, volume=1.3)
    canvas.line(trace((-27, 10), (0, 19, 27, 10)) * size + centre, shade(metal, 0.4), 1.6, within=bell)
    for px, py in along(trace((-27, 27), (0, 35, 27, 27)) * size + centre, 7):
        canvas.fill(ellipse(px, py, 4, 4), stone, volume=0.9, contour=0.7)


def _draw_stud(canvas: Canvas, centre: Points, size: float, metal: RGB, stone: RGB, look: Look) -> None:
    x, y = centre
    for turn in range(0, 360, 45):
        petal = rotated(ellipse(0, -17, 7, 10), turn) * size + centre
        canvas.fill(petal, metal, volume=1)
    canvas.fill(ellipse(x, y, 11 * size, 11 * size), stone, volume=1)
    canvas.overlay(ellipse(x - 3, y - 4, 3, 2.4), WHITE, 0.8)


def necklace(canvas: Canvas, look: Look) -> None:
    rows = {"Layered": 3, "Beaded": 1}.get(look.cut, 1)
    for row in range(rows):
        wide, low = 70 - row * 9, 62 - row * 26
        half = trace((0, low), (wide * 0.8, low - 4, wide + 10, -50, wide * 0.46, -112))
        line = np.concatenate([mirrored(half)[::-1], half[1:]])
        if look.cut == "Chain":
            _draw_chain(canvas, line, look.colour)
        else:
            _draw_beads(canvas, line, look, 30 - row * 4, look.jitter(6.2 if rows == 1 else 4.6, 0.1))
    canvas.line(trace((-32, -112), (-14, -128, 0, -124), (14, -128, 32, -112)), shade(look.colour, 0.25), 2)
    if look.cut == "Chain":
        _draw_charm(canvas, look, 70)


def _draw_chain(canvas: Canvas, line: Points, metal: RGB) -> None:
    for i, (x, y) in enumerate(along(line, 84)):
        canvas.fill(ellipse(x, y, 3.4, 2.4) if i % 2 else ellipse(x, y, 2.2, 3), metal, volume=0.6, contour=0.7)


def _draw_beads(canvas: Canvas, line: Points, look: Look, count: int, size: float) -> None:
    canvas.line(line, shade(look.colour, 0.3), 1.4)
    for i, (x, y) in enumerate(along(line, count)):
        middle = 1 - abs(i / (count - 1) - 0.5) * 0.9
        radius = size * middle * (1.25 if i % 4 == 2 else 1)
        colour = look.accent if i % 4 == 2 else look.colour
        canvas.fill(ellipse(x, y, radius, radius), colour, volume=1.1, contour=0.7)
        canvas.overlay(ellipse(x - radius * 0.3, y - radius * 0.35, radius * 0.25, radius * 0.2), WHITE, 0.8)


def _draw_charm(canvas: Canvas, look: Look, y: float) -> None:
    shapes = (
        ellipse(0, y + 15, 14, 17),
        trace((0, y + 36), (-34, y + 8, -12, y - 10, 0, y + 6), (12, y - 10, 34, y + 8, 0, y + 36)),
        trace((0, y - 2), (24, y + 26, 14, y + 40, 0, y + 40), (-14, y + 40, -24, y + 26, 0, y - 2)),
    )
    shape = look.random.choice(shapes)
    canvas.fill(shape, look.colour, volume=1.4)
    middle = shape.mean(axis=0)
    canvas.fill((shape - middle) * 0.55 + middle, look.accent, volume=1, contour=0.6)
    canvas.overlay(ellipse(middle[0] - 3, middle[1] - 5, 2.6, 2), WHITE, 0.8)


def pendant(canvas: Canvas, look: Look) -> None:
    for side in (1, -1):
        canvas.line(trace((side * 3, -20), (side * 26, -70, side * 40, -128)), shade(look.colour, 0.2), 2.2)
        canvas.line(trace((side * 3, -20), (side * 26, -70, side * 40, -128)), tint(look.colour, 0.3), 0.9)
    canvas.fill(ellipse(0, -16, 5, 8), look.colour, volume=0.8)
    if look.cut == "Heart":
        shape = trace((0, 64), (-84, 10, -34, -34, 0, 6), (34, -34, 84, 10, 0, 64))
    elif look.cut == "Round":
        shape = ellipse(0, 32, 40, 40)
    else:
        shape = trace((0, -10), (48, 34, 34, 74, 0, 76), (-34, 74, -48, 34, 0, -10))
    canvas.fill(shape, look.colour, volume=1.5)
    middle = np.array([0, 34])
    inner = (shape - middle) * 0.66 + middle
    canvas.fill(inner, shade(look.colour, 0.16), volume=0.5)
    for x, y in along((shape - middle) * 0.83 + middle, 20):
        canvas.fill(ellipse(x, y, 2.6, 2.6), tint(look.colour, 0.65), volume=0.4, contour=0.5)
    _draw_gem(canvas, middle, look.jitter(15, 0.15), look.accent)


def _draw_gem(canvas: Canvas, centre: Points, size: float, colour: RGB) -> None:
    angles = np.radians(np.arange(22.5, 382, 45))
    rim = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    canvas.fill(rim * size + centre, colour, volume=0.5)
    for i in range(8):
        facet = np.array([rim[i], rim[(i + 1) % 8], rim[(i + 1) % 8] * 0.5, rim[i] * 0.5]) * size + centre
        canvas.fill(
            facet,
            tint(colour, 0.5) if i in (4, 5) else shade(colour, 0.25) if i in (0, 1) else tint(colour, 0.15),
            volume=0,
            contour=0.2,
        )
    canvas.fill(rim * size * 0.5 + centre, tint(colour, 0.35), volume=0.3, contour=0.2)


def ring(canvas: Canvas, look: Look) -> None:
    canvas.ground_shadow(0, 66, 50)
    width = look.jitter(11 if look.cut != "Band" else 22, 0.15)
    hole = (54 - width, 54 - width * 0.8)
    canvas.fill_between(
        ellipse(width * 0.7, 14, 52, 53), ellipse(width * 0.7, 14, *hole), shade(look.colour, 0.3), volume=0.8
    )
    canvas.fill_between(ellipse(0, 14, 54, 54), ellipse(width * 0.2, 14, *hole), look.colour, volume=1.4)
    if look.cut == "Solitaire":
        for side in (1, -1):
            canvas.fill(ribbon(trace((side * 8, -40), (side * 18, -58)), 4), look.colour, volume=0.5)
        _draw_gem(canvas, np.array([0, -58]), 24, tint(look.accent, 0.3))
    elif look.cut == "Cocktail":
        for turn in range(0, 360, 40):
            canvas.fill(rotated(ellipse(0, -21, 8, 10), turn) + (0, -46), look.colour, volume=0.9, contour=0.8)
        _draw_gem(canvas, np.array([0, -46]), 18, look.accent)
    else:
        for x, y in ellipse(0, 14, 54 - width / 2.2, 54 - width / 2.4, 205, 335)[::4]:
            canvas.fill(ellipse(x, y, 5, 5), tint(look.colour, 0.6), volume=0.7, contour=0.6)
