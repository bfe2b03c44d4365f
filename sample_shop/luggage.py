"""Backpacks and duffel bags, seen from the front."""

from __future__ import annotations

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, box, ribbon, symmetric, trace
from sample_shop.fittings import draw_handles
from sample_shop.look import Look
from sample_shop.palette import INK, RGB, STEEL, mix, shade, tint


def backpack(canvas: Canvas, look: Look) -> None:
    wide, top, low = look.jitter(66, 0.06), -100, look.jitter(104, 0.04)
    trim = look.accent if look.random.random() < 0.45 else shade(look.colour, 0.25)
    canvas.ground_shadow(0, low, wide)
    loop = trace((-13, top + 8), (-13, top - 18, 0, top - 18), (13, top - 18, 13, top + 8))
    canvas.fill(ribbon(loop, 6), shade(look.colour, 0.35), volume=0.6)
    for side in (1, -1):
        strap = trace((side * wide * 0.8, top + 40), (side * (wide + 16), top + 80, side * (wide + 4), low - 30))
        canvas.fill(ribbon(strap, (10, 9, 5)), shade(look.colour, 0.4), volume=0.6)
    half = trace(
        (0, top),
        (wide * 0.86, top, wide * 0.94, top + 62),
        (wide * 1.06, 20, wide, low - 16),
        (wide * 0.98, low, wide - 18, low),
        (0, low + 2),
    )
    body = symmetric(half)
    canvas.fill(body, look.paint)
    if look.cut == "Rucksack":
        _draw_lid(canvas, look, body, wide, top, trim)
    else:
        arch = trace(
            (-wide * 0.84, 20),
            (-wide * 0.9, top + 20, 0, top + 16, 0, top + 16),
            (0, top + 16, wide * 0.9, top + 20, wide * 0.84, 20),
        )
        canvas.line(arch, shade(look.colour, 0.4), 3.2, within=body)
        canvas.line(arch + (0, 0.5), STEEL, 0.9, within=body)
    _draw_front_pocket(canvas, look, body, wide, low, trim)
    if look.cut == "Sports":
        for side in (1, -1):
            panel = trace(
                (side * wide * 1.1, top),
                (side * wide * 0.52, -20, side * wide * 0.78, low + 4),
                (side * wide * 1.1, low),
            )
            canvas.fill(panel, trim, within=body, volume=0.4, contour=0.8)


def _draw_lid(canvas: Canvas, look: Look, body: Points, wide: float, top: float, trim: RGB) -> None:
    lid = symmetric(
        trace((0, top - 2), (wide * 0.88, top - 2, wide * 0.98, top + 56), (wide * 0.9, top + 72, 0, top + 74))
    )
    canvas.overlay(lid + (0, 5), INK, 0.28, blur=3, within=body)
    canvas.fill(lid, look.paint)
    for side in (1, -1):
        canvas.fill(box(side * wide * 0.42, top + 78, 9, 66, 2), trim, volume=0.4, contour=0.7)
        canvas.fill(box(side * wide * 0.42, top + 96, 14, 11, 2), STEEL, volume=0.6, contour=0.6)


def _draw_front_pocket(canvas: Canvas, look: Look, body: Points, wide: float, low: float, trim: RGB) -> None:
    high = look.jitter(78, 0.1)
    pocket = symmetric(
        trace(
            (0, low - high),
            (wide * 0.62, low - high, wide * 0.72, low - high + 26),
            (wide * 0.76, low - 14),
            (wide * 0.74, low - 6, wide * 0.6, low - 6),
            (0, low - 4),
        )
    )
    canvas.overlay(pocket + (0, 2), INK, 0.2, blur=2.5, within=body)
    canvas.fill(pocket, look.paint if look.cut != "Daypack" else mix(look.colour, trim, 0.85), within=body, volume=0.7)
    zipper = trace((-wide * 0.6, low - high + 26), (0, low - high + 16, wide * 0.6, low - high + 26))
    canvas.line(zipper, shade(look.colour, 0.4), 3, within=body)
    canvas.line(zipper, STEEL, 0.9, within=body)
    canvas.fill(box(wide * 0.46, low - high + 28, 3, 12, 1), trim, volume=0.3, contour=0.4)
    canvas.fill(box(0, low - high * 0.45, 20, 12, 3), tint(trim, 0.25), volume=0.3, contour=0.6)


def duffel(canvas: Canvas, look: Look) -> None:
    wide, top, low = look.jitter(98, 0.03), 2, 92
    trim = look.accent if look.random.random() < 0.5 else shade(look.colour, 0.35)
    canvas.ground_shadow(0, low, wide)
    draw_handles(canvas, 36, top + 10, look.jitter(48, 0.15), trim, 7)
    half = trace(
        (0, top), (wide * 0.8, top), (wide, top + 8, wide, top + 44), (wide, low, wide * 0.8, low), (0, low + 1)
    )
    body = symmetric(half)
    canvas.fill(body, look.paint)
    canvas.line(
        trace((-wide * 0.84, top + 13), (0, top + 15, wide * 0.84, top + 13)),
        shade(look.colour, 0.45),
        3.4,
        within=body,
    )
    canvas.line(trace((-wide * 0.84, top + 13), (0, top + 15, wide * 0.84, top + 13)), STEEL, 0.9, within=body)
    for side in (1, -1):
        canvas.fill(box(side * 36, 50, 9, 100), trim, within=body, volume=0.3, contour=0.6)
        end = box(side * wide, (top + low) / 2, wide * 0.42, 2 * (low - top), 0)
        canvas.fill(end, trim if look.cut == "Sports" else shade(look.colour, 0.1), within=body, volume=0, contour=0.7)
    canvas.fill(box(0, 56, 52, 40, 5), look.paint, within=body, volume=0.4, contour=0.7)
