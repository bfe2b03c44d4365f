"""Garments for the lower body, seen from the front."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, box, ellipse, mirrored, ribbon, symmetric, trace
from sample_shop.look import Look
from sample_shop.palette import BRASS, INK, RGB, WHITE, mix, seam_colour, shade, tint


@dataclass(frozen=True, slots=True)
class Legs:
    """The measures of a pair of legs in pixels: half widths of waist and hip, widths of knee and hem, heights."""

    waist: float
    hip: float
    knee: float
    hem: float
    top: float
    crotch: float
    bottom: float
    stance: float


def _legs(look: Look, *, inseam: float, knee: float, hem: float) -> Legs:
    """The legs of a garment for the wearer of the look, centred vertically on the page."""
    jitter = look.jitter
    rise = 88.0
    if look.gender == "Women":
        waist, hip = jitter(36, 0.05), jitter(50, 0.04)
    elif look.is_childs:
        waist, hip, rise, inseam = jitter(43, 0.05), jitter(50, 0.04), 76, inseam * 0.8
    else:
        waist, hip = jitter(44, 0.04), jitter(52, 0.04)
    inseam = jitter(inseam, 0.03)
    top = -(rise + inseam) / 2
    return Legs(waist, hip, jitter(knee), jitter(hem), top, top + rise, top + rise + inseam, jitter(12, 0.3))


def _leg_outline(legs: Legs) -> Points:
    """Both legs and the seat as one outline."""
    length = legs.bottom - legs.crotch
    knee_y = legs.crotch + length * 0.42
    centre = legs.stance + legs.hem / 2
    side = centre + legs.hem / 2
    knee = legs.hip + 2 + (side - legs.hip - 2) * 0.42
    if length > 100:
        knee = max((legs.hip + side) / 2 - 3, legs.stance + legs.knee)
    half = trace(
        (0, legs.top + 3),
        (legs.waist * 0.6, legs.top + 3, legs.waist, legs.top),
        (legs.hip + 1, legs.top + 42, legs.hip + 2, legs.crotch - 10),
        ((knee + legs.hip + 6) / 2, knee_y - length * 0.2, knee, knee_y),
        ((knee + side) / 2, knee_y + length * 0.25, side, legs.bottom),
        (centre, legs.bottom + 4, centre - legs.hem / 2, legs.bottom + 1),
        (legs.stance - 2, knee_y + length * 0.1, 5, legs.crotch + 10),
        (0, legs.crotch + 2),
    )
    return symmetric(half)


def _draw_legs(canvas: Canvas, legs: Legs, look: Look) -> Points:
    outline = _leg_outline(legs)
    back = trace(
        (-legs.waist, legs.top), (0, legs.top - 7, legs.waist, legs.top), (0, legs.top + 8, -legs.waist, legs.top)
    )
    canvas.fill(back, shade(look.colour, 0.35), volume=0)
    canvas.fill(outline, look.paint)
    depth = legs.bottom - legs.crotch
    for side in (1, -1):
        inside = trace(
            (0, legs.crotch + 4),
            (side * (legs.stance + 10), legs.crotch + depth * 0.3, side * (legs.stance + 6), legs.bottom),
        )
        canvas.overlay(ribbon(inside, (10, 12, 6)), INK, 0.2, blur=4, within=outline)
        for dy, reach in ((-4, 34), (8, 24)):
            fold = trace(
                (side * 3, legs.crotch + dy),
                (side * reach * 0.6, legs.crotch + dy + 1, side * look.jitter(reach, 0.2), legs.crotch + dy - 12),
            )
            canvas.overlay(ribbon(fold, (2.8, 2.2, 0.2)), INK, 0.17, within=outline)
        if depth > 90:
            for share in (0.4, 0.46):
                x, y = side * (legs.stance + legs.knee * 0.3), legs.crotch + depth * share
                fold = trace((x, y), (x + side * 12, y + 4, x + side * 24, y - 1))
                canvas.overlay(ribbon(fold, (0.2, 2.4, 0.2)), INK, 0.13, within=outline)
    return outline


def _draw_waistband(canvas: Canvas, legs: Legs, outline: Points, look: Look, colour: RGB, *, loops: bool) -> None:
    band = ribbon(trace((-legs.waist - 4, legs.top + 6), (0, legs.top + 10, legs.waist + 4, legs.top + 6)), 13)
    canvas.fill(band, colour, within=outline, volume=0.3, contour=0.6)
    if loops:
        for x in (-0.62, -0.3, 0.3, 0.62):
            canvas.fill(box(x * legs.waist, legs.top + 7, 4, 15, 1), shade(look.colour, 0.08), volume=0.3, contour=0.5)


def _draw_fly(canvas: Canvas, legs: Legs, outline: Points, thread: RGB, colour: RGB) -> None:
    canvas.line(np.array([(0, legs.top + 14), (0, legs.crotch + 4)]), seam_colour(colour), 1, within=outline)
    fly = trace((9, legs.top + 15), (9, legs.crotch - 26), (8, legs.crotch - 16, 1, legs.crotch - 13))
    canvas.stitches(fly, thread)


def _draw_pockets(canvas: Canvas, legs: Legs, outline: Points, colour: RGB, thread: RGB, *, slanted: bool) -> None:
    top = legs.top + 14
    for side in (1, -1):
        if slanted:
            line = trace((side * legs.waist * 0.72, top), (side * (legs.hip - 1), top + 36))
        else:
            line = trace(
                (side * legs.waist * 0.42, top), (side * legs.waist * 0.5, top + 20, side * (legs.hip + 2), top + 22)
            )
        canvas.line(line, seam_colour(colour), 1.1, within=outline)
        canvas.stitches(line + (0, 2.6), thread, 0.8)


def jeans(canvas: Canvas, look: Look) -> None:
    knee, hem = {"Skinny": (33, 24), "Slim-Fit": (38, 31), "Bootcut": (37, 45)}.get(look.cut, (42, 40))
    legs = _legs(look, inseam=184, knee=knee, hem=hem)
    outline = _draw_legs(canvas, legs, look)
    _draw_wash(canvas, legs, outline, look)
    _draw_denim(canvas, legs, outline, look)
    _draw_hem(canvas, legs, outline, look)


def _draw_wash(canvas: Canvas, legs: Legs, outline: Points, look: Look) -> None:
    """Draw the faded areas of denim on the thighs."""
    strength = look.random.uniform(0.08, 0.34)
    height = legs.bottom - legs.crotch
    for side in (1, -1):
        fade = ellipse(side * (legs.hip * 0.56), legs.crotch + height * 0.16, legs.hip * 0.24, max(height * 0.36, 16))
        canvas.overlay(fade, WHITE, strength, blur=7, within=outline)


def _draw_denim(canvas: Canvas, legs: Legs, outline: Points, look: Look) -> None:
    thread = mix(tint(look.colour, 0.25), (214, 156, 84), 0.65)
    _draw_pockets(canvas, legs, outline, look.colour, thread, slanted=False)
    _draw_fly(canvas, legs, outline, thread, look.colour)
    _draw_waistband(canvas, legs, outline, look, look.colour, loops=True)
    canvas.fill(ellipse(0, legs.top + 9, 3, 3), BRASS, volume=0.6, contour=0.6)
    for side in (1, -1):
        canvas.fill(ellipse(side * legs.waist * 0.46, legs.top + 19, 1.3, 1.3), BRASS, volume=0, contour=0.3)


def _draw_hem(canvas: Canvas, legs: Legs, outline: Points, look: Look) -> None:
    turned_up = legs.bottom - legs.crotch > 60 and look.random.random() < 0.25
    for side in (1, -1):
        x = side * (legs.stance + legs.hem / 2)
        if turned_up:
            canvas.fill(box(x, legs.bottom - 4, legs.hem + 5, 13, 1), tint(look.colour, 0.35), volume=0.5, contour=0.7)
        else:
            canvas.line(
                np.array([(x - legs.hem / 2 - 6, legs.bottom - 5), (x + legs.hem / 2 + 6, legs.bottom - 5)]),
                seam_colour(look.colour),
                0.9,
                within=outline,
            )


def trousers(canvas: Canvas, look: Look) -> None:
    if look.paint.pattern == "Striped":
        look = replace(look, paint=replace(look.paint, angle=90))
    knee, hem = {"Slim-Fit": (37, 29), "Pleated": (45, 38), "Cargo": (47, 42), "Wide-Leg": (46, 52)}.get(
        look.cut, (42, 36)
    )
    legs = _legs(look, inseam=184, knee=knee, hem=hem)
    outline = _draw_legs(canvas, legs, look)
    thread = seam_colour(look.colour)
    _draw_pockets(canvas, legs, outline, look.colour, thread, slanted=True)
    _draw_fly(canvas, legs, outline, thread, look.colour)
    if look.cut == "Cargo":
        _draw_cargo_pockets(canvas, legs, look)
    else:
        _draw_creases(canvas, legs, outline, look)
    _draw_waistband(canvas, legs, outline, look, look.colour, loops=True)
    canvas.fill(ellipse(0, legs.top + 9, 2.2, 2.2), shade(look.colour, 0.4), volume=0.3, contour=0.4)
    _draw_hem(canvas, legs, outline, look)


def _draw_creases(canvas: Canvas, legs: Legs, outline: Points, look: Look) -> None:
    """Draw the pressed crease down the middle of each leg."""
    for side in (1, -1):
        x = side * (legs.stance + legs.hem / 2)
        crease = trace(
            (side * legs.hip * 0.5, legs.top + 26), (side * legs.hip * 0.56, legs.crotch + 30, x, legs.bottom + 2)
        )
        canvas.overlay(ribbon(crease + (2.5, 0), (0.5, 5, 4)), INK, 0.14, blur=1.5, within=outline)
        canvas.line(crease, mix(look.colour, seam_colour(look.colour), 0.7), 0.9, within=outline)
        if look.cut == "Pleated":
            pleat = trace((side * legs.waist * 0.5, legs.top + 14), (side * legs.waist * 0.52, legs.top + 50))
            canvas.line(pleat, seam_colour(look.colour), 1.1, within=outline)


def _draw_cargo_pockets(canvas: Canvas, legs: Legs, look: Look) -> None:
    height = legs.bottom - legs.crotch
    for side in (1, -1):
        x, y = side * (legs.hip * 0.84), legs.crotch + height * 0.2
        canvas.fill(box(x, y, 25, min(height * 0.4, 36), 2), look.colour, volume=0.5, contour=0.7)
        canvas.fill(box(x, y - min(height * 0.18, 15), 28, 10, 2), look.colour, volume=0.5, contour=0.7)


def shorts(canvas: Canvas, look: Look) -> None:
    inseam = look.random.uniform(16, 34) if look.is_womens else look.random.uniform(56, 78)
    wide = 46 if look.is_womens else 50
    legs = _legs(look, inseam=inseam, knee=wide, hem=wide)
    outline = _draw_legs(canvas, legs, look)
    thread = seam_colour(look.colour)
    if look.cut == "Denim":
        _draw_wash(canvas, legs, outline, look)
        _draw_denim(canvas, legs, outline, look)
    elif look.cut == "Sports":
        _draw_side_stripes(canvas, outline, legs, look)
        _draw_drawstring(canvas, legs, outline, look)
    else:
        _draw_pockets(canvas, legs, outline, look.colour, thread, slanted=True)
        _draw_fly(canvas, legs, outline, thread, look.colour)
        if look.cut == "Cargo":
            _draw_cargo_pockets(canvas, legs, look)
        _draw_waistband(canvas, legs, outline, look, look.colour, loops=True)
        canvas.fill(ellipse(0, legs.top + 9, 2.2, 2.2), shade(look.colour, 0.4), volume=0.3, contour=0.4)
    _draw_hem(canvas, legs, outline, look)


def _side(legs: Legs, inset: float) -> Points:
    """The line `inset` pixels inside the right side seam."""
    right = _leg_outline(legs)[12:49]
    return right - (inset, 0)


def _draw_side_stripes(canvas: Canvas, outline: Points, legs: Legs, look: Look) -> None:
    count = look.random.choice((1, 2))
    for stripe in range(count):
        line = _side(legs, 5 + 5.5 * stripe)
        for points in (line, mirrored(line)):
            canvas.line(points, look.accent, 6 if count == 1 else 3, within=outline)


def _draw_drawstring(canvas: Canvas, legs: Legs, outline: Points, look: Look) -> None:
    _draw_waistband(canvas, legs, outline, look, shade(look.colour, 0.1), loops=False)
    for x in np.arange(-legs.waist, legs.waist, 5):
        canvas.line(np.array([(x, legs.top + 2), (x, legs.top + 14)]), seam_colour(look.colour), 0.6, within=outline)
    cord = tint(look.colour, 0.8)
    for side in (1, -1):
        canvas.line(
            trace((side * 2, legs.top + 9), (side * 9, legs.top + 18, side * 5, legs.top + look.jitter(34, 0.2))),
            cord,
            1.8,
        )


def track_pants(canvas: Canvas, look: Look) -> None:
    knee, hem = {"Joggers": (42, 26), "Slim-Fit": (38, 30)}.get(look.cut, (44, 42))
    legs = _legs(look, inseam=178, knee=knee, hem=hem)
    outline = _draw_legs(canvas, legs, look)
    _draw_pockets(canvas, legs, outline, look.colour, seam_colour(look.colour), slanted=True)
    if look.cut != "Joggers" or look.random.random() < 0.4:
        _draw_side_stripes(canvas, outline, legs, look)
    _draw_drawstring(canvas, legs, outline, look)
    if look.cut == "Joggers":
        for side in (1, -1):
            x = side * (legs.stance + legs.hem / 2)
            canvas.fill(box(x, legs.bottom - 4, legs.hem + 2, 16, 3), shade(look.colour, 0.12), volume=0.6, contour=0.7)
    else:
        _draw_hem(canvas, legs, outline, look)


def capris(canvas: Canvas, look: Look) -> None:
    legs = _legs(look, inseam=118, knee=36, hem=32)
    outline = _draw_legs(canvas, legs, look)
    if look.cut == "Denim":
        _draw_wash(canvas, legs, outline, look)
        _draw_denim(canvas, legs, outline, look)
    else:
        _draw_drawstring(canvas, legs, outline, look)
    for side in (1, -1):
        x = side * (legs.stance + legs.hem / 2)
        canvas.fill(box(x, legs.bottom - 4, legs.hem + 3, 12, 2), shade(look.colour, 0.1), volume=0.5, contour=0.7)


def leggings(canvas: Canvas, look: Look) -> None:
    ankle = look.cut == "Ankle-Length"
    legs = _legs(look, inseam=166 if ankle else 186, knee=30, hem=19)
    outline = _draw_legs(canvas, legs, look)
    canvas.line(np.array([(0, legs.top + 14), (0, legs.crotch + 4)]), seam_colour(look.colour), 0.9, within=outline)
    _draw_waistband(canvas, legs, outline, look, shade(look.colour, 0.08), loops=False)
    for side in (1, -1):
        x = side * (legs.stance + legs.hem / 2)
        for step in range(0 if ankle else 4):
            y = legs.bottom - 4 - step * 7
            fold = trace((x - 12, y - 2), (x, y + 3, x + 12, y - 1))
            canvas.overlay(ribbon(fold, (0.4, 2.6, 0.4)), INK, 0.24, within=outline)


def skirt(canvas: Canvas, look: Look) -> None:
    length, flare = {"Pencil": (62, 0.96), "Maxi": (142, 1.6), "Denim Mini": (22, 1.25), "Pleated": (34, 1.75)}.get(
        look.cut, (50, 1.6)
    )
    waist, hip = look.jitter(38, 0.05), look.jitter(55, 0.04)
    lift = (140 - length) * 0.45
    top, bottom = -134 + lift, look.jitter(length, 0.06) + lift
    if look.is_childs:
        top, bottom = top * 0.8, bottom * 0.8
    hem = hip * flare
    half = trace(
        (0, top + 3),
        (waist * 0.6, top + 3, waist, top),
        (hip * (0.92 if flare > 1.4 else 1.02), top + 36, hip * (1 + (flare - 1) * 0.4), top + (bottom - top) * 0.5),
        (hip * (1 + (flare - 1) * 0.75), top + (bottom - top) * 0.75, hem, bottom),
        (hem * 0.5, bottom + 9, 0, bottom + 9),
    )
    outline = symmetric(half)
    back = trace((-waist, top), (0, top - 7, waist, top), (0, top + 8, -waist, top))
    canvas.fill(back, shade(look.colour, 0.35), volume=0)
    canvas.fill(outline, look.paint)
    _draw_skirt_folds(canvas, look, outline, (waist, hem, top, bottom))
    legs = Legs(waist, hip, 0, 0, top, top + 62, bottom, 0)
    if look.cut == "Denim Mini":
        _draw_denim(canvas, legs, outline, look)
    else:
        band = look.accent if look.random.random() < 0.25 else shade(look.colour, 0.1)
        _draw_waistband(canvas, legs, outline, look, band, loops=False)
    hem_line = trace((-hem, bottom - 6), (0, bottom + 4, hem, bottom - 6))
    canvas.line(hem_line, seam_colour(look.colour), 0.9, within=outline)


def _draw_skirt_folds(canvas: Canvas, look: Look, outline: Points, measures: tuple[float, float, float, float]) -> None:
    waist, hem, top, bottom = measures
    count = {"Pleated": 13, "Pencil": 0, "Denim Mini": 0, "Maxi": 9}.get(look.cut, 6)
    for share in np.linspace(-0.85, 0.85, count):
        end = hem * share * (1 if look.cut == "Pleated" else look.jitter(1, 0.1))
        fold = trace((waist * share, top + 14), (waist * share * 1.15, top + (bottom - top) * 0.5, end, bottom + 10))
        canvas.overlay(ribbon(fold + (2, 0), (0.6, 4, 6)), INK, 0.16, within=outline)
        if look.cut == "Pleated":
            canvas.line(fold, seam_colour(look.colour), 0.9, within=outline)
    if look.cut == "Pencil":
        slit = np.array([(hem * 0.3, bottom + 12), (hem * 0.3, bottom - 36)])
        canvas.line(slit, seam_colour(look.colour), 1.2, within=outline)
        for side in (1, -1):
            dart = np.array([(side * waist * 0.5, top + 14), (side * waist * 0.55, top + 42)])
            canvas.line(dart, seam_colour(look.colour), 0.9, within=outline)
