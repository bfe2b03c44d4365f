"""Bags, wallets and belts, seen from the front and standing on the ground."""

from __future__ import annotations

import numpy as np

from recsys.sample.canvas import Canvas
from recsys.sample.curves import Points, along, box, ellipse, ribbon, symmetric, trace
from recsys.sample.look import Look
from recsys.sample.palette import BRASS, INK, RGB, STEEL, mix, seam, shade, tint


def _metal(look: Look) -> RGB:
    return look.random.choice((BRASS, BRASS, STEEL))


def _draw_handles(canvas: Canvas, spread: float, top: float, height: float, colour: RGB, width: float = 7) -> None:
    """The far handle, then the near one in front of it."""
    for lift, ink in ((5, shade(colour, 0.35)), (0, colour)):
        y = top - height - lift
        arch = trace(
            (-spread, top + 8), (-spread, y, -spread * 0.5, y, 0, y), (spread * 0.5, y, spread, y, spread, top + 8)
        )
        canvas.fill(ribbon(arch, width), ink, volume=0.8)


def _draw_tab(canvas: Canvas, x: float, y: float, colour: RGB, metal: RGB) -> None:
    canvas.fill(box(x, y, 10, 22, 3), colour, volume=0.5, contour=0.7)
    canvas.fill(ellipse(x, y - 8, 4.4, 4.4), metal, volume=0.6, contour=0.6)
    canvas.fill(ellipse(x, y - 8, 2.2, 2.2), shade(colour, 0.3), volume=0, contour=0)


def handbag(canvas: Canvas, look: Look) -> None:
    draw = {
        "Tote": _draw_tote,
        "Satchel": _draw_satchel,
        "Hobo": _draw_hobo,
        "Sling": _draw_sling,
        "Bucket": _draw_bucket,
    }
    draw[look.cut](canvas, look)


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
    trim, metal = _trim(look), _metal(look)
    canvas.ground(0, low, wide * 0.9)
    spread = wide * 0.45
    _draw_handles(canvas, spread, top, look.jitter(66, 0.15), trim)
    half = trace(
        (0, top + 3),
        (wide * 0.6, top + 3, wide, top),
        (wide * 0.97, 20, wide * look.jitter(0.86, 0.06), low - 6),
        (wide * 0.8, low, wide * 0.7, low),
        (0, low + 2),
    )
    body = symmetric(half)
    canvas.fill(body, look.paint)
    canvas.line(trace((-wide, top + 14), (0, top + 19, wide, top + 14)), seam(look.colour), 1, within=body)
    for side in (1, -1):
        gusset = trace((side * wide, top + 18), (side * wide * 0.72, 40, side * wide * 0.74, low))
        canvas.veil(ribbon(gusset, (0.5, 3.4, 2)), INK, 0.22, within=body)
        _draw_tab(canvas, side * spread, top + 14, trim, metal)
    if look.random.random() < 0.5:
        canvas.fill(box(0, low - 8, 2 * wide, 30), trim, within=body, volume=0, contour=0.7)


def _draw_satchel(canvas: Canvas, look: Look) -> None:
    wide, top, low = look.jitter(80, 0.05), -14, 88
    trim, metal = _trim(look), _metal(look)
    canvas.ground(0, low, wide)
    _draw_handles(canvas, wide * 0.4, top, look.jitter(40, 0.2), trim, 8)
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
        canvas.veil(flap + (0, 4), INK, 0.25, blur=2.5, within=body)
        canvas.fill(flap, look.paint, within=body, volume=0.6)
        canvas.fill(box(0, top + 56, 20, 17, 4), metal, volume=0.7, contour=0.7)
        canvas.fill(box(0, top + 57, 9, 5, 2), shade(metal, 0.35), volume=0, contour=0.4)
    else:
        zipper = trace((-wide * 0.9, top + 16), (0, top + 20, wide * 0.9, top + 16))
        canvas.line(zipper, shade(look.colour, 0.4), 3.4, within=body)
        canvas.stitches(zipper, metal, 1.4, 1.5)
        pocket = box(0, 48, wide * 1.1, 52, 7)
        canvas.fill(pocket, look.paint, within=body, volume=0.4, contour=0.7)
        canvas.stitches(box(0, 48, wide * 1.1 - 7, 45, 5), seam(look.colour))
    for side in (1, -1):
        _draw_tab(canvas, side * wide * 0.4, top + 12, trim, metal)
        canvas.fill(ellipse(side * (wide - 9), low - 10, 2.4, 2.4), metal, volume=0.5, contour=0.4)


def _draw_hobo(canvas: Canvas, look: Look) -> None:
    wide, low = look.jitter(76, 0.06), 92
    metal = _metal(look)
    canvas.ground(0, low, wide * 0.8)
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
            canvas.veil(ribbon(fold, (4, 3, 0.3)), INK, 0.18, within=body)
        canvas.fill(ellipse(side * wide * 0.69, -10, 6, 7), metal, volume=0.6, contour=0.8)
    canvas.line(trace((-wide * 0.6, 10), (0, 40, wide * 0.6, 10)), shade(look.colour, 0.35), 2, within=body)
    if look.random.random() < 0.5:
        tassel = trace((wide * 0.1, 26), (wide * 0.1, 58))
        canvas.line(tassel, shade(look.colour, 0.3), 1.4)
        canvas.fill(ribbon(trace((wide * 0.1, 44), (wide * 0.12, 74)), (4, 9)), shade(look.colour, 0.12), volume=0.6)


def _draw_sling(canvas: Canvas, look: Look) -> None:
    wide, top, low = look.jitter(58, 0.08), 6, 86
    metal = _metal(look)
    canvas.ground(0, low, wide)
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
    canvas.veil(flap + (0, 4), INK, 0.25, blur=2.5, within=body)
    canvas.fill(flap, look.paint, within=body, volume=0.6)
    canvas.stitches(flap[14:-14] * (0.94, 1) - (0, 4), seam(look.colour))
    canvas.fill(ellipse(0, top + 48, 7, 7), metal, volume=0.7, contour=0.7)
    for side in (1, -1):
        canvas.fill(box(side * wide * 0.92, top + 8, 8, 14, 3), metal, volume=0.5, contour=0.6)


def _draw_bucket(canvas: Canvas, look: Look) -> None:
    wide, top, low = look.jitter(54, 0.08), -16, 92
    trim = _trim(look)
    canvas.ground(0, low, wide)
    _draw_handles(canvas, wide * 0.8, top, 84, trim, 5)
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
        canvas.veil(ribbon(fold, (3, 3, 0.3)), INK, 0.16, within=body)
    for dx in (-5, 6):
        canvas.line(trace((0, top + 30), (dx, top + 44, dx * 1.3, top + 62)), trim, 2.2)
    canvas.fill(box(0, low, 3 * wide, 30), trim, within=body, volume=0, contour=0.7)


def clutch(canvas: Canvas, look: Look) -> None:
    wide, high = look.jitter(88, 0.05), look.jitter(44 if look.cut != "Envelope" else 52, 0.1)
    top, low = 52 - high, 52 + high * 0.55
    metal = _metal(look)
    canvas.ground(0, low, wide)
    if look.cut == "Chain":
        chain = trace((-wide * 0.8, top + 4), (-wide * 0.4, top - 66, wide * 0.4, top - 66, wide * 0.8, top + 4))
        for x, y in along(chain, 44):
            canvas.fill(ellipse(x, y, 2.8, 2.2), metal, volume=0.3, contour=0.6)
    body = box(0, (top + low) / 2, 2 * wide, low - top, 6 if look.cut != "Box" else 14)
    canvas.fill(body, look.paint)
    if look.cut == "Envelope":
        flap = trace((-wide, top), (wide, top), (wide, top + 8), (0, top + high * 1.0), (-wide, top + 8))
        canvas.veil(flap + (0, 3), INK, 0.25, blur=2.5, within=body)
        canvas.fill(flap, look.paint, within=body, volume=0.6)
        canvas.fill(ellipse(0, top + high * 0.86, 5, 5), metal, volume=0.7, contour=0.7)
    elif look.cut == "Box":
        canvas.fill(box(0, top + 4, 2 * wide, 9, 4), metal, within=body, volume=0.6, contour=0.7)
        for dx in (-5, 5):
            canvas.fill(ellipse(dx, top - 3, 5, 5), metal, volume=0.7, contour=0.6)
    else:
        flap = box(0, top + high * 0.4, 2 * wide, high * 0.9, 6)
        canvas.veil(flap + (0, 3), INK, 0.25, blur=2.5, within=body)
        canvas.fill(flap, look.paint, within=body, volume=0.6)
        canvas.fill(box(0, top + high * 0.82, 26, 10, 3), metal, volume=0.7, contour=0.7)


def backpack(canvas: Canvas, look: Look) -> None:
    wide, top, low = look.jitter(66, 0.06), -100, look.jitter(104, 0.04)
    trim = look.accent if look.random.random() < 0.45 else shade(look.colour, 0.25)
    canvas.ground(0, low, wide)
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
    canvas.veil(lid + (0, 5), INK, 0.28, blur=3, within=body)
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
    canvas.veil(pocket + (0, 2), INK, 0.2, blur=2.5, within=body)
    canvas.fill(pocket, look.paint if look.cut != "Daypack" else mix(look.colour, trim, 0.85), within=body, volume=0.7)
    zipper = trace((-wide * 0.6, low - high + 26), (0, low - high + 16, wide * 0.6, low - high + 26))
    canvas.line(zipper, shade(look.colour, 0.4), 3, within=body)
    canvas.line(zipper, STEEL, 0.9, within=body)
    canvas.fill(box(wide * 0.46, low - high + 28, 3, 12, 1), trim, volume=0.3, contour=0.4)
    canvas.fill(box(0, low - high * 0.45, 20, 12, 3), tint(trim, 0.25), volume=0.3, contour=0.6)


def duffel(canvas: Canvas, look: Look) -> None:
    wide, top, low = look.jitter(98, 0.03), 2, 92
    trim = look.accent if look.random.random() < 0.5 else shade(look.colour, 0.35)
    canvas.ground(0, low, wide)
    _draw_handles(canvas, 36, top + 10, look.jitter(48, 0.15), trim, 7)
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


def wallet(canvas: Canvas, look: Look) -> None:
    draw = {"Bifold": _draw_bifold, "Zip-Around": _draw_zip_wallet}
    draw.get(look.cut, _draw_long_wallet)(canvas, look)


def _draw_bifold(canvas: Canvas, look: Look) -> None:
    wide, high = look.jitter(62, 0.05), look.jitter(50, 0.05)
    canvas.ground(0, high + 24, wide)
    back = box(3, 22, 2 * wide, 2 * high, 6)
    canvas.fill(back, shade(look.colour, 0.35), volume=0.4)
    front = box(0, 24, 2 * wide - 2, 2 * high - 2, 6)
    canvas.fill(front, look.paint)
    canvas.stitches(box(0, 24, 2 * wide - 10, 2 * high - 10, 4), seam(look.colour))
    canvas.veil(ribbon(trace((-wide + 6, 24 - high), (-wide + 6, 24 + high)), 5), INK, 0.25, blur=1.5, within=front)
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
    canvas.ground(0, high + 24, wide)
    body = box(0, 24, 2 * wide, 2 * high, 6)
    canvas.fill(body, look.paint)
    flap = box(0, 24 - high * 0.3, 2 * wide, high * 1.4, 6)
    canvas.veil(flap + (0, 3), INK, 0.25, blur=2, within=body)
    canvas.fill(flap, look.paint, within=body, volume=0.6)
    canvas.stitches(box(0, 24 - high * 0.3, 2 * wide - 9, high * 1.4 - 9, 4), seam(look.colour))
    canvas.fill(box(0, 24 + high * 0.36, 30, 15, 5), _metal(look), volume=0.7, contour=0.7)


def _draw_zip_wallet(canvas: Canvas, look: Look) -> None:
    wide, high = look.jitter(86, 0.04), look.jitter(42, 0.08)
    metal = _metal(look)
    canvas.ground(0, high + 24, wide)
    canvas.fill(box(0, 24, 2 * wide, 2 * high, 15), shade(look.colour, 0.3), volume=0.7)
    canvas.stitches(box(0, 24, 2 * wide - 4, 2 * high - 4, 13), metal, 2, 1.4)
    canvas.fill(box(0, 26, 2 * wide - 11, 2 * high - 12, 10), look.paint, volume=0.8)
    canvas.fill(box(wide - 12, 24 - high + 14, 4, 22, 2), metal, volume=0.6, contour=0.6)
    if look.random.random() < 0.5:
        canvas.fill(box(0, 26, 34, 11, 3), tint(look.colour, 0.25), volume=0.3, contour=0.6)


def belt(canvas: Canvas, look: Look) -> None:
    """A coiled belt: the far half inside, the near half with the buckle in front."""
    width = look.jitter(24 if not look.womens else 16, 0.25)
    reach, depth = 98, look.jitter(15, 0.3)
    metal = _metal(look) if look.cut != "Canvas" else STEEL
    canvas.veil(ellipse(0, width / 2 + depth + 4, reach, 6), INK, 0.22, blur=5)
    rear = ellipse(0, -4, reach, depth, 180, 360)
    canvas.fill(_band(rear, width), shade(look.colour, 0.42), volume=0.5)
    front = ellipse(0, -4, reach, depth + 5, 180, 0)
    near = _band(front, width)
    canvas.fill(near, look.paint, volume=0.9)
    for share in (-0.4, 0.4):
        canvas.stitches(front[2:-2] + (0, width * share), seam(look.colour), 1)
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
