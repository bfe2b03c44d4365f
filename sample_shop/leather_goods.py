"""Wallets and belts, seen from the front."""

from __future__ import annotations

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, box, ellipse, ribbon, trace
from sample_shop.fittings import metal_colour
from sample_shop.look import Look
from sample_shop.palette import INK, RGB, STEEL, seam_colour, shade, tint


def wallet(canvas: Canvas, look: Look) -> None:
    draw = {"Bifold": _draw_bifold, "Zip-Around": _draw_zip_wallet}
    draw.get(look.cut, _draw_long_wallet)(canvas, look)


def _draw_bifold(canvas: Canvas, look: Look) -> None:
    wide, high = look.jitter(62, 0.05), look.jitter(50, 0.05)
    canvas.ground_shadow(0, high + 24, wide)
    back = box(3, 22, 2 * wide, 2 * high, 6)
    canvas.fill(back, shade(look.colour, 0.35), volume=0.4)
    front = box(0, 24, 2 * wide - 2, 2 * high - 2, 6)
    canvas.fill(front, look.paint)
    canvas.stitches(box(0, 24, 2 * wide - 10, 2 * high - 10, 4), seam_colour(look.colour))
    canvas.overlay(ribbon(trace((-wide + 6, 24 - high), (-wide + 6, 24 + high)), 5), INK, 0.25, blur=1.5, within=front)
    style = look.random.choice(("band", "emboss", "tab"))
    if style == "band":
        canvas.fill(
            box(0, 40, 2 * wide, look.jitter(15, 0.2)),
            look.accent if look.random.random() < 0.4 else shade(look.colour, 0.25),
            within=front,
            volume=0.2,
            contour=0.6,
        )
    elif style == "tab":
        canvas.fill(box(wide - 6, 24, 44, 22, 8), look.paint, volume=0.5, contour=0.8)
        canvas.fill(ellipse(wide - 18, 24, 4, 4), STEEL, volume=0.6, contour=0.6)
    else:
        canvas.fill(box(wide * 0.5, 24 + high * 0.62, 26, 8, 2), shade(look.colour, 0.2), volume=0.3, contour=0.5)


def _draw_long_wallet(canvas: Canvas, look: Look) -> None:
    wide, high = look.jitter(88, 0.04), look.jitter(42, 0.08)
    canvas.ground_shadow(0, high + 24, wide)
    body = box(0, 24, 2 * wide, 2 * high, 6)
    canvas.fill(body, look.paint)
    flap = box(0, 24 - high * 0.3, 2 * wide, high * 1.4, 6)
    canvas.overlay(flap + (0, 3), INK, 0.25, blur=2, within=body)
    canvas.fill(flap, look.paint, within=body, volume=0.6)
    canvas.stitches(box(0, 24 - high * 0.3, 2 * wide - 9, high * 1.4 - 9, 4), seam_colour(look.colour))
    canvas.fill(box(0, 24 + high * 0.36, 30, 15, 5), metal_colour(look), volume=0.7, contour=0.7)


def _draw_zip_wallet(canvas: Canvas, look: Look) -> None:
    wide, high = look.jitter(86, 0.04), look.jitter(42, 0.08)
    metal = metal_colour(look)
    canvas.ground_shadow(0, high + 24, wide)
    canvas.fill(box(0, 24, 2 * wide, 2 * high, 15), shade(look.colour, 0.3), volume=0.7)
    canvas.stitches(box(0, 24, 2 * wide - 4, 2 * high - 4, 13), metal, 2, 1.4)
    canvas.fill(box(0, 26, 2 * wide - 11, 2 * high - 12, 10), look.paint, volume=0.8)
    canvas.fill(box(wide - 12, 24 - high + 14, 4, 22, 2), metal, volume=0.6, contour=0.6)
    if look.random.random() < 0.5:
        canvas.fill(box(0, 26, 34, 11, 3), tint(look.colour, 0.25), volume=0.3, contour=0.6)


def belt(canvas: Canvas, look: Look) -> None:
    """A coiled belt, with the buckle at the front."""
    width = look.jitter(24 if not look.is_womens else 16, 0.25)
    reach, depth = 98, look.jitter(15, 0.3)
    metal = metal_colour(look)
    canvas.overlay(ellipse(0, width / 2 + depth + 4, reach, 6), INK, 0.22, blur=5)
    rear = ellipse(0, -4, reach, depth, 180, 360)
    canvas.fill(_band(rear, width), shade(look.colour, 0.42), volume=0.5)
    front = ellipse(0, -4, reach, depth + 5, 180, 0)
    near = _band(front, width)
    canvas.fill(near, look.paint, volume=0.9)
    for share in (-0.4, 0.4):
        canvas.stitches(front[2:-2] + (0, width * share), seam_colour(look.colour), 1)
    _draw_buckle(canvas, look, (4, depth + 1), width, metal)


def _band(line: Points, width: float) -> Points:
    return np.concatenate([line - (0, width / 2), (line + (0, width / 2))[::-1]])


def _draw_buckle(canvas: Canvas, look: Look, centre: tuple[float, float], width: float, metal: RGB) -> None:
    x, y = centre
    canvas.fill(box(x - 26, y - 0.6, 9, width + 5, 2), shade(look.colour, 0.12), volume=0.5, contour=0.7)
    if look.cut == "Plate":
        canvas.fill(box(x, y, 38, width + 10, 4), metal, volume=1.1)
        canvas.fill(box(x, y, 28, width, 3), shade(metal, 0.12), volume=0.6, contour=0.5)
    else:
        outer = ellipse(x, y, 18, width / 2 + 7) if look.cut == "Round-Buckle" else box(x, y, 34, width + 12, 6)
        inner = ellipse(x, y, 12, width / 2 + 2) if look.cut == "Round-Buckle" else box(x, y, 24, width + 2, 3)
        canvas.fill(outer, metal, volume=1)
        canvas.fill(inner, shade(look.colour, 0.1), volume=0.3, contour=0.6)
        canvas.fill(ribbon(trace((x - 15, y), (x + 14, y)), (4, 3)), metal, volume=0.5, contour=0.6)
    for step in range(4):
        canvas.fill(
            ellipse(x + 34 + step * 11, y - 1 - step * step * 0.45, 1.8, 1.8),
            shade(look.colour, 0.6),
            volume=0,
            contour=0,
        )
