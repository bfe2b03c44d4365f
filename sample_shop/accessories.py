"""Watches, sunglasses, caps, socks, ties and scarves."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, box, ellipse, ribbon, rotated, symmetric, trace
from sample_shop.look import Look
from sample_shop.palette import INK, RGB, WHITE, luminance, mix, seam_colour, shade, tint

GOLD: RGB = (214, 176, 94)


SILVER: RGB = (200, 204, 210)


IVORY: RGB = (246, 243, 234)


def watch(canvas: Canvas, look: Look) -> None:
    radius = look.jitter(50 if look.is_womens else 62, 0.07)
    metal_strap = look.cut == "Bracelet"
    metal = look.colour if metal_strap else look.random.choice((SILVER, SILVER, GOLD, shade(look.colour, 0.3)))
    strap_width = radius * (0.98 if not look.is_womens else 0.8)
    _draw_strap(canvas, look, radius, strap_width, metal_strap)
    square = look.cut == "Square"
    canvas.fill(box(radius + 5, 0, 9, 12, 2), metal, volume=0.7)
    case = box(0, 0, 2 * radius, 2.1 * radius, 12) if square else ellipse(0, 0, radius + 4, radius + 4)
    canvas.fill(case, metal, volume=1.3)
    dial_colour = look.random.choice((IVORY, (44, 46, 54), tint(look.colour, 0.2), (38, 56, 98)))
    inner = radius * 0.8
    dial = box(0, 0, 1.6 * radius, 1.7 * radius, 7) if square else ellipse(0, 0, inner, inner)
    canvas.fill(
        ellipse(0, 0, inner + 3, inner + 3) if not square else box(0, 0, 1.68 * radius, 1.78 * radius, 8),
        shade(metal, 0.35),
        volume=0,
    )
    canvas.fill(dial, dial_colour, volume=0.3, contour=0.6)
    ink = (50, 50, 58) if luminance(dial_colour) > 130 else (240, 240, 240)
    if look.cut == "Digital":
        _draw_digits(canvas, look, inner)
    else:
        _draw_dial(canvas, look, inner, ink, metal)
    gloss = trace(
        (-inner * 0.8, -inner * 0.1),
        (-inner * 0.5, -inner, inner * 0.2, -inner * 0.9),
        (-inner * 0.1, -inner * 0.4, -inner * 0.8, -inner * 0.1),
    )
    canvas.overlay(gloss, WHITE, 0.2, within=dial)


def _draw_strap(canvas: Canvas, look: Look, radius: float, width: float, metal: bool) -> None:
    for side in (1, -1):
        half = trace(
            (0, side * radius * 0.7),
            (width * 0.5, side * radius * 0.7),
            (width * 0.46, side * (radius + 28), width * 0.38, side * 117),
            (width * 0.3, side * 122, 0, side * 122),
        )
        strap = symmetric(half)
        canvas.fill(strap, look.paint, volume=1)
        if metal:
            for y in np.arange(radius + 8, 122, 9):
                canvas.line(
                    np.array([(-width / 2, side * y), (width / 2, side * y)]),
                    shade(look.colour, 0.4),
                    1.2,
                    within=strap,
                )
            for x in (-0.17, 0.17):
                canvas.line(
                    np.array([(x * width, side * radius), (x * width * 0.9, side * 122)]),
                    shade(look.colour, 0.3),
                    1,
                    within=strap,
                )
        elif look.cut in ("Leather", "Square"):
            canvas.stitches(
                trace((width * 0.42, side * radius), (width * 0.38, side * (radius + 28), width * 0.31, side * 117)),
                seam_colour(look.colour),
                1,
            )
            canvas.stitches(
                trace((-width * 0.42, side * radius), (-width * 0.38, side * (radius + 28), -width * 0.31, side * 117)),
                seam_colour(look.colour),
                1,
            )
    if not metal:
        for y in np.arange(radius + 20, 112, 11):
            canvas.fill(ellipse(0, y, 1.8, 1.8), shade(look.colour, 0.6), volume=0, contour=0)


def _draw_dial(canvas: Canvas, look: Look, radius: float, ink: RGB, metal: RGB) -> None:
    numbers = look.random.choice((12, 12, 4))
    for hour in range(12):
        long = hour % (12 // numbers) == 0
        angle = math.radians(hour * 30)
        direction = np.array([math.sin(angle), -math.cos(angle)])
        outer, inner = direction * radius * 0.9, direction * radius * (0.7 if long else 0.82)
        canvas.line(np.array([outer, inner]), ink, 3 if hour % 3 == 0 else 1.8)
    if look.cut == "Chronograph":
        for x, y in ((-0.4, 0), (0.4, 0), (0, 0.42)):
            sub = ellipse(x * radius, y * radius, radius * 0.2, radius * 0.2)
            canvas.fill(sub, tint(metal, 0.4), volume=0.3, contour=0.7)
            canvas.line(np.array([(x, y), (x + 0.08, y - 0.13)]) * radius, (60, 60, 66), 1.1)
    hour_hand = look.random.uniform(290, 330)
    for degrees, length, width, colour in (
        (hour_hand, 0.48, 3.4, ink),
        (look.random.uniform(40, 70), 0.74, 2.4, ink),
        (look.random.uniform(150, 210), 0.8, 1, (204, 60, 60)),
    ):
        angle = math.radians(degrees)
        tip = np.array([math.sin(angle), -math.cos(angle)]) * radius * length
        canvas.line(np.array([-tip * 0.16, tip]), colour, width)
    canvas.fill(ellipse(0, 0, 3, 3), metal, volume=0.4, contour=0.6)


SEGMENTS = {
    "0": "abcdef",
    "1": "bc",
    "2": "abged",
    "3": "abgcd",
    "4": "fgbc",
    "5": "afgcd",
    "6": "afgedc",
    "7": "abc",
    "8": "abcdefg",
    "9": "abcdfg",
}


SEGMENT_LINES = {
    "a": ((0, 0), (1, 0)),
    "b": ((1, 0), (1, 1)),
    "c": ((1, 1), (1, 2)),
    "d": ((0, 2), (1, 2)),
    "e": ((0, 1), (0, 2)),
    "f": ((0, 0), (0, 1)),
    "g": ((0, 1), (1, 1)),
}


def _draw_digits(canvas: Canvas, look: Look, radius: float) -> None:
    """A liquid crystal display that shows a time soon after ten."""
    screen = box(0, 0, radius * 1.56, radius * 0.86, 4)
    canvas.fill(screen, (186, 200, 178), volume=0.3)
    size = radius * 0.24
    for place, digit in zip(
        (-2.4, -1.1, 0.5, 1.8), f"10{look.random.randint(1, 5)}{look.random.randint(0, 9)}", strict=True
    ):
        for segment in SEGMENTS[digit]:
            line = np.array(SEGMENT_LINES[segment]) * (size, size) + (place * size * 1.12, -size)
            canvas.line(line, (42, 50, 46), 2.6)
    for y in (-0.35, 0.35):
        canvas.fill(ellipse(0, y * size, 1.5, 1.5), (42, 50, 46), volume=0, contour=0)
    canvas.line(np.array([(-radius * 0.5, radius * 0.62), (radius * 0.5, radius * 0.62)]), look.accent, 2.4)


def sunglasses(canvas: Canvas, look: Look) -> None:
    """Sunglasses in three-quarter view: the front is right and below, the temples run back to the left."""
    thin = look.cut in ("Aviator", "Round")
    frame = look.colour
    lens = look.random.choice(((64, 62, 70), (96, 74, 58), shade(mix(look.colour, (90, 90, 100), 0.5), 0.25)))
    width = 2.4 if thin else 4.6
    far = trace((84, 0), (66, -46, 2, -52), (-12, -54, -20, -40))
    near = trace((-52, -6), (-78, -20, -104, -24), (-114, -25, -117, -8))
    canvas.fill(ribbon(far, (width + 2, width, width + 1.5)), shade(frame, 0.25), volume=0.7)
    canvas.fill(ribbon(near, (width + 4, width + 1, width + 1.5)), frame, volume=0.8)
    rim = 1.08 if thin else look.jitter(1.2, 0.03)
    for centre, wide in (((-21, 10), -31), ((49, 16), 29)):
        middle = np.array(centre, dtype=np.float64)
        outline = _lens(look) * (wide, 25) + middle
        canvas.fill((outline - middle) * (rim, rim + 0.02) + middle, frame, volume=0.9)
        canvas.fill(outline, lens, volume=0.2, contour=0.5)
        canvas.overlay(outline + (0, 18), tint(lens, 0.75), 0.5, blur=10, within=outline)
        for shift, strip in ((-12, 9), (2, 3.5)):
            canvas.overlay(
                rotated(box(middle[0] + shift, middle[1], strip, 90), 28, *middle), WHITE, 0.18, within=outline
            )
    canvas.fill(ribbon(trace((8, 7), (15, -1, 22, 9)), 3 if thin else 7), frame, volume=0.7)
    if look.cut == "Aviator":
        canvas.fill(ribbon(trace((-8, -11), (16, -17, 36, -6)), 2.4), frame, volume=0.5)


def _lens(look: Look) -> Points:
    """The outline of the right lens, in coordinates from -1 to 1."""
    if look.cut == "Round":
        return ellipse(0, 0, 0.9, 1.08)
    if look.cut == "Aviator":
        return trace(
            (-0.95, -0.75),
            (0, -1.1, 0.95, -0.8),
            (1.2, 0.5, 0.45, 1.05),
            (-0.2, 1.35, -0.75, 0.5),
            (-1, 0, -0.95, -0.75),
        )
    if look.cut == "Sports":
        return trace(
            (-1, -0.5), (0, -0.75, 1.1, -0.5), (1.05, 0.4, 0.3, 0.62), (-0.6, 0.75, -0.9, 0.2), (-1.02, -0.1, -1, -0.5)
        )
    if look.cut == "Cat-Eye":
        return trace(
            (-0.95, -0.7),
            (0, -0.8, 1.08, -1.05),
            (1.2, 0.2, 0.5, 0.8),
            (-0.1, 1.2, -0.75, 0.6),
            (-1.05, 0.2, -0.95, -0.7),
        )
    if look.cut == "Oversized":
        return box(0, 0, 2, 2.3, 0.85)
    return trace(
        (-0.95, -0.78),
        (0, -0.88, 1, -0.8),
        (1.02, 0.2, 0.72, 0.62),
        (0.5, 0.88, 0, 0.86),
        (-0.6, 0.88, -0.78, 0.55),
        (-0.98, 0, -0.95, -0.78),
    )


def cap(canvas: Canvas, look: Look) -> None:
    canvas.ground_shadow(0, 62, 78)
    if look.cut == "Beanie":
        _draw_beanie(canvas, look)
        return
    brim_colour = look.accent if look.random.random() < 0.4 else shade(look.colour, 0.1)
    if look.cut == "Bucket Hat":
        _draw_bucket_hat(canvas, look)
        return
    crown = trace(
        (-78, 34), (-84, -26, -48, -62, 0, -64), (48, -62, 84, -26, 78, 34), (40, 18, 0, 18), (-40, 18, -78, 34)
    )
    canvas.fill(crown, look.paint)
    for side in (1, -1):
        canvas.line(trace((0, -64), (side * 34, -50, side * 44, 24)), seam_colour(look.colour), 1.1, within=crown)
        canvas.fill(ellipse(side * 46, -22, 2, 2.6), shade(look.colour, 0.5), volume=0, contour=0)
    canvas.line(np.array([(0, -64), (0, 20)]), seam_colour(look.colour), 1, within=crown)
    canvas.fill(ellipse(0, -64, 7, 4), look.colour, volume=0.6)
    _draw_badge(canvas, look)
    brim = trace(
        (-78, 32),
        (-50, 10, 0, 10),
        (50, 10, 78, 32),
        (84, 50, 70, 58),
        (40, 38, 0, 38),
        (-40, 38, -70, 58),
        (-84, 50, -78, 32),
    )
    canvas.overlay(brim - (0, 5), INK, 0.25, blur=3, within=crown)
    canvas.fill(brim, brim_colour, volume=1.1)
    for lift in (6, 12, 18):
        canvas.stitches(
            trace((-76, 54 - lift), (-42, 37 - lift, 0, 37 - lift), (42, 37 - lift, 76, 54 - lift)),
            seam_colour(brim_colour),
            0.8,
        )


def _draw_badge(canvas: Canvas, look: Look) -> None:
    style = look.random.choice(("disc", "bars", "none", "shield"))
    if style == "disc":
        canvas.fill(ellipse(0, -20, 17, 17), look.accent, volume=0.3, contour=0.6)
        canvas.fill(ellipse(0, -20, 8, 8), look.paint.third, volume=0, contour=0)
    elif style == "bars":
        for row in range(3):
            canvas.fill(box(0, -30 + row * 10, 44 - row * 12, 5, 2), look.accent, volume=0, contour=0)
    elif style == "shield":
        canvas.fill(
            trace((-14, -36), (14, -36), (16, -10, 0, -2), (-16, -10, -14, -36)), look.accent, volume=0.3, contour=0.6
        )
        canvas.fill(box(0, -22, 20, 4), look.paint.third, volume=0, contour=0)


def _draw_beanie(canvas: Canvas, look: Look) -> None:
    dome = trace((-66, 30), (-74, -70, -26, -84, 0, -84), (26, -84, 74, -70, 66, 30))
    canvas.fill(dome, look.paint)
    for x in np.linspace(-0.85, 0.85, 9):
        canvas.line(trace((x * 66, 34), (x * 70, -50, x * 14, -84)), seam_colour(look.colour), 0.9, within=dome)
    band_colour = shade(look.colour, 0.1)
    band = box(0, 38, 140, 38, 10)
    canvas.fill(band, band_colour)
    for x in np.arange(-64, 66, 7):
        canvas.line(np.array([(x, 22), (x, 55)]), seam_colour(band_colour), 0.9, within=band)
    if look.random.random() < 0.6:
        for x, y in ellipse(0, -92, 11, 11)[::4]:
            canvas.fill(ellipse(x, y, 8, 8), look.accent, volume=0.4, contour=0.4)
        canvas.fill(ellipse(0, -92, 14, 14), look.accent, volume=0.6, contour=0)


def _draw_bucket_hat(canvas: Canvas, look: Look) -> None:
    brim = trace((-62, 2), (-80, 30, -92, 50), (-40, 70, 0, 70), (40, 70, 92, 50), (80, 30, 62, 2))
    canvas.fill(brim, look.paint)
    for drop in (14, 26, 38):
        canvas.stitches(
            trace((-62 - drop * 0.55, 4 + drop), (0, 24 + drop, 62 + drop * 0.55, 4 + drop)),
            seam_colour(look.colour),
            0.9,
        )
    crown = trace((-64, 8), (-62, -50, -50, -58), (0, -72, 50, -58), (62, -50, 64, 8), (0, 24, -64, 8))
    canvas.fill(crown, look.paint)
    canvas.line(trace((-52, -52), (0, -40, 52, -52)), seam_colour(look.colour), 1, within=crown)
    canvas.fill(ribbon(trace((-65, 4), (0, 20, 65, 4)), 9), look.accent, within=crown, volume=0.3, contour=0.6)


def socks(canvas: Canvas, look: Look) -> None:
    """A pair of socks, one behind the other, with the toes at the lower right."""
    shaft = {"Ankle": -20, "Crew": -78}.get(look.cut, -112)
    trim = look.accent if look.random.random() < 0.6 else shade(look.colour, 0.2)
    for dx, dy, shadow in ((26, -6, 0.16), (-14, 4, 0)):
        foot = trace(
            (-34, shaft),
            (-36, 0, -34, 20),
            (-32, 52, 0, 70),
            (34, 92, 52, 100),
            (84, 108, 82, 80),
            (80, 62, 40, 40),
            (24, 26, 22, -4),
            (24, shaft),
        ) + (dx, dy)
        paint = look.paint if not shadow or look.paint.pattern != "Solid" else shade(look.colour, shadow)
        canvas.fill(foot, paint)
        toe = ellipse(80, 92, 30, 30) + (dx, dy)
        heel = ellipse(-26, 46, 25, 25) + (dx, dy)
        for patch in (toe, heel):
            canvas.fill(patch, shade(trim, shadow), within=foot, volume=0.5, contour=0.6)
        cuff = box(-5, shaft + 9, 70, 22) + (dx, dy)
        canvas.fill(
            cuff,
            shade(trim, shadow) if look.cut != "Ankle" else shade(look.colour, 0.12),
            within=foot,
            volume=0.3,
            contour=0.7,
        )
        for x in np.arange(-32, 24, 5):
            canvas.line(np.array([(x, shaft), (x, shaft + 19)]) + (dx, dy), seam_colour(trim), 0.6, within=foot)


def tie(canvas: Canvas, look: Look) -> None:
    wide = look.jitter(24 if look.cut != "Slim" else 16, 0.08)
    loop = trace((-8, -124), (-40, -142, -46, -128), (-44, -112, -4, -112))
    canvas.fill(ribbon(loop, (12, 13, 12)), shade(look.colour, 0.25), volume=0.7)
    blade = symmetric(trace((0, -112), (wide * 0.34, -112), (wide * 0.62, 0, wide, 112), (0, 140)))
    paint = replace(look.paint, angle=-38) if look.paint.pattern == "Striped" else look.paint
    canvas.fill(blade, paint)
    canvas.overlay(ribbon(trace((0, -106), (2, -60, 0, -30)), (5, 3, 0.3)), INK, 0.25, within=blade)
    knot = trace((-13, -130), (13, -130), (15, -122, 9, -106), (-9, -106), (-15, -122, -13, -130))
    canvas.fill(knot, replace(paint, angle=-paint.angle), volume=0.9)


def scarf(canvas: Canvas, look: Look) -> None:
    """A scarf in a loop, with both ends hanging down and fringes."""
    for tail, end in (
        (trace((6, -6), (34, 40, 50, 118)), (50, 118)),
        (trace((2, -6), (-24, 40, -40, 112)), (-40, 112)),
    ):
        cloth = ribbon(tail, (26, 40, 50))
        lean = math.degrees(math.atan2(end[0], 118))
        for x in np.linspace(-22, 22, 12):
            fringe = rotated(np.array([(x, -4), (x * 1.08, 18)]), -lean) + end
            canvas.line(fringe, shade(look.colour, 0.12), 1.7)
        canvas.fill(cloth, look.paint)
        for share in (-9, 4, 14):
            canvas.overlay(ribbon(tail + (share, 0), (1, 3.4, 1)), INK, 0.16, blur=1, within=cloth)
    loop = canvas.fill_between(ellipse(0, -62, 42, 58), ellipse(0, -74, 19, 30), look.paint)
    for grow in (0.62, 0.8):
        canvas.line(ellipse(0, -66, 42 * grow, 55 * grow, 20, 330), shade(look.colour, 0.26), 1.1, within=loop)
    knot = trace((-22, -22), (0, -34, 24, -20), (30, 6, 8, 18), (-18, 16, -22, -22))
    canvas.fill(knot, look.paint, volume=1.2)
