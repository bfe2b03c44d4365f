"""Flats, flip flops and sandals, with the toe to the right."""

from __future__ import annotations

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, along, box, ellipse, ribbon, trace
from sample_shop.look import Look
from sample_shop.palette import INK, RGB, mix, seam_colour, shade
from sample_shop.shoemaking import BLACK_SOLE, GROUND, LEATHER, RUBBER


def flats(canvas: Canvas, look: Look) -> None:
    canvas.ground_shadow(2, GROUND, 88)
    if look.cut in ("Thong", "T-Strap"):
        _draw_flat_sandal(canvas, look)
        return
    opening = trace((-80, -12), (-60, -22, -20, -14), (20, -8, 46, 6), (20, 24), (-60, 22))
    canvas.fill(opening, LEATHER, volume=0.6)
    upper = trace(
        (-82, 36),
        (-88, 8, -80, -13),
        (-74, -16, -68, -8),
        (-50, 14, -4, 16),
        (30, 18, 44, 4),
        (60, 0, 74, 10),
        (94, 22, 90, 38),
    )
    canvas.fill(upper, look.paint)
    canvas.line(trace((-78, -8), (-56, 20, -4, 20), (34, 22, 46, 8)), seam_colour(look.colour), 1.2, within=upper)
    if look.cut == "Pointed":
        canvas.fill(
            trace((62, 4), (50, 22, 54, 40), (100, 40), (94, 10)), look.accent, within=upper, volume=0.4, contour=0.6
        )
    else:
        for dx in (-1, 1):
            bow = trace((52, 8), (52 + dx * 18, -4, 52 + dx * 17, 10), (52 + dx * 14, 18, 52, 8))
            canvas.fill(bow, look.accent if look.random.random() < 0.5 else shade(look.colour, 0.15), volume=0.6)
        canvas.fill(ellipse(52, 8, 3.5, 4), shade(look.colour, 0.25), volume=0.4)
    canvas.fill(
        trace((-84, 34), (0, 38), (92, 35), (92, 42, 80, GROUND), (-78, GROUND), (-88, 42, -84, 34)),
        shade(look.colour, 0.45),
        volume=0.4,
    )


def _draw_flat_sandal(canvas: Canvas, look: Look) -> None:
    bed = look.random.choice((shade(look.colour, 0.12), mix(look.colour, LEATHER, 0.4)))
    _draw_slab(canvas, bed, shade(bed, 0.4), 7)
    strap = look.paint
    canvas.fill(ribbon(trace((56, 6), (20, -26, -22, -20)), 6), shade(look.colour, 0.2), volume=0.6)
    canvas.fill(ribbon(trace((56, 6), (34, -4, -4, 28)), (7, 9)), strap, volume=0.8)
    if look.cut == "T-Strap":
        canvas.fill(ribbon(trace((54, 4), (10, -34, -40, -34)), 8), strap, volume=0.8)
    rear = trace((-24, 24), (-40, -30, -76, -34), (-86, -30, -82, -8))
    canvas.fill(ribbon(rear, 7), strap, volume=0.8)
    for x, y in along(trace((54, 4), (34, -4, 4, 20)), 4):
        canvas.fill(ellipse(x, y, 3.4, 3.4), look.accent, volume=0.6, contour=0.5)


def _slab_outline() -> Points:
    """A footbed, seen obliquely from above."""
    return trace(
        (-86, 4),
        (-84, -22, -48, -20),
        (-10, -16, 20, -20, 48, -18),
        (88, -14, 90, 10),
        (90, 34, 52, 34),
        (20, 34, -10, 24, -46, 28),
        (-84, 30, -86, 4),
    )


def _draw_slab(canvas: Canvas, bed: RGB, side: RGB, thickness: float) -> Points:
    outline = _slab_outline()
    for step in np.linspace(thickness, 0, max(int(thickness), 2)):
        canvas.fill(outline + (0, float(step)), side, volume=0, contour=0.6 if step == thickness else 0)
    canvas.fill(outline, bed, volume=0.5)
    middle = outline.mean(axis=0)
    canvas.stitches((outline - middle) * (0.94, 0.86) + middle, seam_colour(bed), 0.9)
    return outline


def flip_flops(canvas: Canvas, look: Look) -> None:
    canvas.ground_shadow(2, GROUND + 4, 86)
    side = look.random.choice((look.accent, RUBBER, shade(look.colour, 0.3)))
    outline = _draw_slab(canvas, look.colour, side, look.jitter(12, 0.2))
    if look.paint.pattern != "Solid":
        canvas.fill(outline, look.paint, volume=0.5)
    strap = look.accent if look.random.random() < 0.6 else shade(look.colour, 0.25)
    post = (50, 4)
    far = trace(post, (26, -40, -26, -18))
    near = trace(post, (36, -20, -18, 29))
    thin = look.cut == "Slim-Strap"
    for line in (far, near):
        canvas.overlay(ribbon(line + (2, 9), 10), INK, 0.22, blur=3, within=outline)
    canvas.fill(ribbon(far, (6, 9) if thin else (8, 15)), shade(strap, 0.12), volume=0.9)
    canvas.fill(ribbon(near, (6, 10) if thin else (8, 19)), strap, volume=0.9)
    canvas.fill(ellipse(post[0], post[1], 6, 5), strap, volume=0.8)
    if look.random.random() < 0.5:
        canvas.fill(ellipse(16, 3, 3.4, 3), look.paint.third, volume=0.4, contour=0.5)


def sandals(canvas: Canvas, look: Look) -> None:
    canvas.ground_shadow(2, GROUND + 6, 90)
    bed = look.random.choice((shade(look.colour, 0.12), shade(look.colour, 0.3), mix(look.colour, LEATHER, 0.5)))
    side = look.random.choice((BLACK_SOLE, shade(look.colour, 0.5)))
    _draw_slab(canvas, bed, side, look.jitter(14, 0.2))
    if look.cut == "Sports":
        _draw_heel_strap(canvas, look)
    if look.cut == "Cross-Strap":
        for start, end in (((-14, 37), (60, -14)), ((52, 36), (-2, -26))):
            arch = trace(start, (start[0] * 0.7 + end[0] * 0.3, -26, *end))
            canvas.overlay(ribbon(arch + (2, 8), 18), INK, 0.2, blur=3)
            canvas.fill(ribbon(arch, (25, 22, 17)), look.paint)
            canvas.stitches(ribbon(arch, (19, 17, 12))[2:11], seam_colour(look.colour), 1)
        return
    layout = {"Slide": ((20, 60, 30),), "Two-Strap": ((-12, 29, 34), (40, 27, 25))}
    for x, width, height in layout.get(look.cut, ((0, 22, 33), (46, 20, 22))):
        _draw_strap(canvas, look, x, width, height)


def _draw_strap(canvas: Canvas, look: Look, x: float, width: float, height: float) -> None:
    """Draw a strap over the foot: its near edge is on the sole, and its lining shows at the back."""
    left, right = x - width / 2, x + width / 2
    band = trace(
        (left, 37),
        (left - 5, -2, left + 4, -height, left + 22, -height),
        (right + 8, -height, right + 12, -height + 7),
        (right + 4, -height + 12, right - 2, 6, right, 38),
    )
    canvas.overlay(band + (5, 3), INK, 0.22, blur=3)
    lining = trace((left + 2, 26), (left - 16, -4, left - 4, -height + 4, left + 22, -height), (left + 22, 0))
    canvas.fill(lining, shade(look.colour, 0.5), volume=0.3)
    canvas.fill(band, look.paint)
    for edge in (
        trace((left + 4, 36), (left, -2, left + 8, -height + 4, left + 22, -height + 5)),
        trace((right - 4, 36), (right - 6, 6, right, -height + 14, right + 14, -height + 7)),
    ):
        canvas.stitches(edge, seam_colour(look.colour), 1)
    if look.cut == "Sports":
        canvas.fill(box(x + 2, 4, width * 0.62, 13, 2), look.accent, within=band, volume=0.4, contour=0.5)


def _draw_heel_strap(canvas: Canvas, look: Look) -> None:
    far = trace((-2, -26), (-40, -38, -74, -30), (-84, -24, -80, -8))
    canvas.fill(ribbon(far, 9), shade(look.colour, 0.4), volume=0.6)
    near = trace((-6, 26), (-40, 4, -64, -22), (-82, -40, -90, -22), (-92, -8, -82, 2))
    canvas.overlay(ribbon(near + (4, 6), 10), INK, 0.2, blur=3)
    canvas.fill(ribbon(near, (16, 13, 13)), look.paint, volume=0.9)
    canvas.fill(box(-34, 6, 13, 12, 2), look.accent, volume=0.5, contour=0.6)
