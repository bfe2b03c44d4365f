"""Handbags and clutches, seen from the front."""

from __future__ import annotations

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import along, box, ellipse, ribbon, symmetric, trace
from sample_shop.fittings import draw_handles, metal_colour
from sample_shop.look import Look
from sample_shop.palette import BRASS, INK, RGB, seam_colour, shade


def handbag(canvas: Canvas, look: Look) -> None:
    draw = {
        "Tote": _draw_tote,
        "Satchel": _draw_satchel,
        "Hobo": _draw_hobo,
        "Sling": _draw_sling,
        "Bucket": _draw_bucket,
    }
    draw[look.cut](canvas, look)


def _draw_tab(canvas: Canvas, x: float, y: float, colour: RGB, metal: RGB) -> None:
    canvas.fill(box(x, y, 10, 22, 3), colour, volume=0.5, contour=0.7)
    canvas.fill(ellipse(x, y - 8, 4.4, 4.4), metal, volume=0.6, contour=0.6)
    canvas.fill(ellipse(x, y - 8, 2.2, 2.2), shade(colour, 0.3), volume=0, contour=0)


def _trim(look: Look) -> RGB:
    return look.random.choice(
        (
            shade(look.colour, 0.3),
            shade(look.colour, 0.18),
            (150, 104, 66) if look.paint.pattern != "Solid" else look.colour,
        )
    )


def _draw_tote(canvas: Canvas, look: Look) -> None:
    wide, top, low = look.jitter(72), look.jitter(-22, 0.3), 92
    trim, metal = _trim(look), metal_colour(look)
    canvas.ground_shadow(0, low, wide * 0.9)
    spread = wide * 0.45
    draw_handles(canvas, spread, top, look.jitter(66, 0.15), trim)
    half = trace(
        (0, top + 3),
        (wide * 0.6, top + 3, wide, top),
        (wide * 0.97, 20, wide * look.jitter(0.86, 0.06), low - 6),
        (wide * 0.8, low, wide * 0.7, low),
        (0, low + 2),
    )
    body = symmetric(half)
    canvas.fill(body, look.paint)
    canvas.line(trace((-wide, top + 14), (0, top + 19, wide, top + 14)), seam_colour(look.colour), 1, within=body)
    for side in (1, -1):
        gusset = trace((side * wide, top + 18), (side * wide * 0.72, 40, side * wide * 0.74, low))
        canvas.overlay(ribbon(gusset, (0.5, 3.4, 2)), INK, 0.22, within=body)
        _draw_tab(canvas, side * spread, top + 14, trim, metal)
    if look.random.random() < 0.5:
        canvas.fill(box(0, low - 8, 2 * wide, 30), trim, within=body, volume=0, contour=0.7)


def _draw_satchel(canvas: Canvas, look: Look) -> None:
    wide, top, low = look.jitter(80, 0.05), -14, 88
    trim, metal = _trim(look), metal_colour(look)
    canvas.ground_shadow(0, low, wide)
    draw_handles(canvas, wide * 0.4, top, look.jitter(40, 0.2), trim, 8)
    half = trace(
        (0, top),
        (wide * 0.62, top),
        (wide * 0.92, top, wide * 0.95, top + 22),
        (wide + 2, low - 14),
        (wide, low, wide - 14, low),
        (0, low + 2),
    )
    body = symmetric(half)
    canvas.fill(body, look.paint)
    if look.random.random() < 0.6:
        flap = symmetric(
            trace(
                (0, top),
                (wide * 0.66, top),
                (wide * 0.93, top + 2, wide * 0.96, top + 24),
                (wide * 0.9, top + 50, wide * 0.5, top + 54),
                (0, top + 58),
            )
        )
        canvas.overlay(flap + (0, 4), INK, 0.25, blur=2.5, within=body)
        canvas.fill(flap, look.paint, within=body, volume=0.6)
        canvas.fill(box(0, top + 56, 20, 17, 4), metal, volume=0.7, contour=0.7)
        canvas.fill(box(0, top + 57, 9, 5, 2), shade(metal, 0.35), volume=0, contour=0.4)
    else:
        zipper = trace((-wide * 0.9, top + 16), (0, top + 20, wide * 0.9, top + 16))
        canvas.line(zipper, shade(look.colour, 0.4), 3.4, within=body)
        canvas.stitches(zipper, metal, 1.4, 1.5)
        pocket = box(0, 48, wide * 1.1, 52, 7)
        canvas.fill(pocket, look.paint, within=body, volume=0.4, contour=0.7)
        canvas.stitches(box(0, 48, wide * 1.1 - 7, 45, 5), seam_colour(look.colour))
    for side in (1, -1):
        _draw_tab(canvas, side * wide * 0.4, top + 12, trim, metal)
        canvas.fill(ellipse(side * (wide - 9), low - 10, 2.4, 2.4), metal, volume=0.5, contour=0.4)


def _draw_hobo(canvas: Canvas, look: Look) -> None:
    wide, low = look.jitter(76, 0.06), 92
    metal = metal_colour(look)
    canvas.ground_shadow(0, low, wide * 0.8)
    arch = trace(
        (-wide * 0.66, -2), (-wide * 0.5, -104, 0, -100, 0, -100), (0, -100, wide * 0.5, -104, wide * 0.66, -2)
    )
    canvas.fill(ribbon(arch, (16, 8, 8, 16)), _trim(look), volume=0.8)
    half = trace(
        (0, 16),
        (wide * 0.4, 14, wide * 0.72, -20),
        (wide * 1.1, 20, wide, 62),
        (wide * 0.9, low, wide * 0.4, low),
        (0, low + 1),
    )
    body = symmetric(half)
    canvas.fill(body, look.paint)
    for side in (1, -1):
        for reach, fall in ((0.5, 46), (0.3, 66), (0.75, 30)):
            fold = trace(
                (side * wide * 0.68, -4), (side * wide * 0.62, fall * 0.5, side * wide * reach * 0.8, fall + 10)
            )
            canvas.overlay(ribbon(fold, (4, 3, 0.3)), INK, 0.18, within=body)
        canvas.fill(ellipse(side * wide * 0.69, -10, 6, 7), metal, volume=0.6, contour=0.8)
    canvas.line(trace((-wide * 0.6, 10), (0, 40, wide * 0.6, 10)), shade(look.colour, 0.35), 2, within=body)
    if look.random.random() < 0.5:
        tassel = trace((wide * 0.1, 26), (wide * 0.1, 58))
        canvas.line(tassel, shade(look.colour, 0.3), 1.4)
        canvas.fill(ribbon(trace((wide * 0.1, 44), (wide * 0.12, 74)), (4, 9)), shade(look.colour, 0.12), volume=0.6)


def _draw_sling(canvas: Canvas, look: Look) -> None:
    wide, top, low = look.jitter(58, 0.08), 6, 86
    metal = metal_colour(look)
    canvas.ground_shadow(0, low, wide)
    strap = trace(
        (-wide * 0.92, top + 8),
        (-wide * 1.0, -80, -wide * 0.3, -124, 0, -122),
        (wide * 0.4, -120, wide * 0.98, -60, wide * 0.92, top + 8),
    )
    canvas.fill(ribbon(strap, 5), shade(look.colour, 0.14), volume=0.8)
    body = box(0, (top + low) / 2, 2 * wide, low - top, look.random.choice((6, 16)))
    canvas.fill(body, look.paint)
    flap = symmetric(
        trace(
            (0, top), (wide, top), (wide * 1.02, top + 20, wide * 0.98, top + 30), (wide * 0.8, top + 50, 0, top + 54)
        )
    )
    canvas.overlay(flap + (0, 4), INK, 0.25, blur=2.5, within=body)
    canvas.fill(flap, look.paint, within=body, volume=0.6)
    canvas.stitches(flap[14:-14] * (0.94, 1) - (0, 4), seam_colour(look.colour))
    canvas.fill(ellipse(0, top + 48, 7, 7), metal, volume=0.7, contour=0.7)
    for side in (1, -1):
        canvas.fill(box(side * wide * 0.92, top + 8, 8, 14, 3), metal, volume=0.5, contour=0.6)


def _draw_bucket(canvas: Canvas, look: Look) -> None:
    wide, top, low = look.jitter(54, 0.08), -16, 92
    trim = _trim(look)
    canvas.ground_shadow(0, low, wide)
    draw_handles(canvas, wide * 0.8, top, 84, trim, 5)
    opening = ellipse(0, top, wide, 9)
    canvas.fill(opening, shade(look.colour, 0.5))
    body = symmetric(
        trace(
            (0, top + 9),
            (wide * 0.7, top + 9, wide, top),
            (wide * 1.1, 40, wide * 1.05, low - 8),
            (wide, low, wide * 0.6, low + 3),
            (0, low + 4),
        )
    )
    canvas.fill(body, look.paint)
    cord = trace((-wide, top + 22), (0, top + 34, wide, top + 22))
    canvas.line(cord, trim, 3, within=body)
    for x in np.linspace(-0.8, 0.8, 6):
        canvas.fill(ellipse(x * wide, top + 29 - 4 * x * x, 2.8, 2.8), BRASS, volume=0.4, contour=0.5)
        fold = trace((x * wide, top + 8), (x * wide * 0.96, top + 30, x * wide * 0.9, top + 54))
        canvas.overlay(ribbon(fold, (3, 3, 0.3)), INK, 0.16, within=body)
    for dx in (-5, 6):
        canvas.line(trace((0, top + 30), (dx, top + 44, dx * 1.3, top + 62)), trim, 2.2)
    canvas.fill(box(0, low, 3 * wide, 30), trim, within=body, volume=0, contour=0.7)


def clutch(canvas: Canvas, look: Look) -> None:
    wide, high = look.jitter(88, 0.05), look.jitter(44 if look.cut != "Envelope" else 52, 0.1)
    top, low = 52 - high, 52 + high * 0.55
    metal = metal_colour(look)
    canvas.ground_shadow(0, low, wide)
    if look.cut == "Chain":
        chain = trace((-wide * 0.8, top + 4), (-wide * 0.4, top - 66, wide * 0.4, top - 66, wide * 0.8, top + 4))
        for x, y in along(chain, 44):
            canvas.fill(ellipse(x, y, 2.8, 2.2), metal, volume=0.3, contour=0.6)
    body = box(0, (top + low) / 2, 2 * wide, low - top, 6 if look.cut != "Box" else 14)
    canvas.fill(body, look.paint)
    if look.cut == "Envelope":
        flap = trace((-wide, top), (wide, top), (wide, top + 8), (0, top + high * 1.0), (-wide, top + 8))
        canvas.overlay(flap + (0, 3), INK, 0.25, blur=2.5, within=body)
        canvas.fill(flap, look.paint, within=body, volume=0.6)
        canvas.fill(ellipse(0, top + high * 0.86, 5, 5), metal, volume=0.7, contour=0.7)
    elif look.cut == "Box":
        canvas.fill(box(0, top + 4, 2 * wide, 9, 4), metal, within=body, volume=0.6, contour=0.7)
        for dx in (-5, 5):
            canvas.fill(ellipse(dx, top - 3, 5, 5), metal, volume=0.7, contour=0.6)
    else:
        flap = box(0, top + high * 0.4, 2 * wide, high * 0.9, 6)
        canvas.overlay(flap + (0, 3), INK, 0.25, blur=2.5, within=body)
        canvas.fill(flap, look.paint, within=body, volume=0.6)
        canvas.fill(box(0, top + high * 0.82, 26, 10, 3), metal, volume=0.7, contour=0.7)
