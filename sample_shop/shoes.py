"""Casual and formal shoes in profile, with the toe to the right."""

from __future__ import annotations

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import SAMPLES, Points, along, box, ellipse, ribbon, trace
from sample_shop.look import Look
from sample_shop.palette import BRASS, RGB, WHITE, luminance, mix, seam_colour, shade, tint
from sample_shop.shoemaking import (
    BLACK_SOLE,
    GROUND,
    GUM,
    LEATHER,
    RUBBER,
    draw_laces,
    draw_lining,
    draw_tongue,
    upper_outline,
    vamp_line,
)


def _draw_sole(canvas: Canvas, colour: RGB, thickness: float, *, heel: float = 0, toe: float = 94) -> Points:
    """The outline of a sole on the ground, thicker by `heel` pixels at the back."""
    top = GROUND - thickness
    sole = trace(
        (-88, top - heel),
        (-94, top + 4, -88, GROUND),
        (toe - 16, GROUND),
        (toe + 4, GROUND - 2, toe - 1, top - 4),
        (toe - 10, top + 3, 40, top + 1),
        (-20, top - heel * 0.4, -88, top - heel),
    )
    canvas.fill(sole, colour, volume=0.8)
    return sole


def _draw_heel_tab(canvas: Canvas, upper: Points, rise: float, colour: RGB) -> None:
    tab = trace((-100, -rise + 2), (-72, -rise + 6), (-68, 0, -64, 36), (-100, 36))
    canvas.fill(tab, colour, within=upper, volume=0.4, contour=0.7)


def _sole_colour(look: Look) -> RGB:
    choices = [RUBBER, RUBBER, GUM, look.accent]
    if luminance(look.colour) > 205:
        choices = [RUBBER, GUM, look.accent]
    return look.random.choice(choices)


def casual_shoe(canvas: Canvas, look: Look) -> None:
    canvas.ground_shadow(1, GROUND, 93)
    draw = {
        "High-Top": _draw_high_top,
        "Slip-On": _draw_slip_on,
        "Boat": _draw_boat_shoe,
        "Desert Boot": _draw_desert_boot,
    }
    draw.get(look.cut, _draw_sneaker)(canvas, look)


def _draw_sneaker(canvas: Canvas, look: Look) -> None:
    rise = look.jitter(26, 0.15)
    lining = tint(look.colour, 0.5)
    draw_lining(canvas, rise, lining)
    draw_tongue(canvas, rise, tint(look.colour, 0.12))
    upper = upper_outline(rise, look.jitter(10, 0.3))
    canvas.fill(upper, look.paint)
    _draw_heel_tab(canvas, upper, rise, look.accent if look.random.random() < 0.6 else shade(look.colour, 0.15))
    _draw_side_mark(canvas, look, upper)
    _draw_eyestay(canvas, look, upper, rise)
    if look.cut == "Canvas":
        cap = ellipse(92, 34, 34, 26)
        canvas.fill(cap, RUBBER, within=upper, volume=0.6, contour=0.8)
    else:
        toe_cap = trace((42, 40), (46, 10, 58, 4))
        canvas.line(toe_cap, seam_colour(look.colour), 1, within=upper)
    laces = RUBBER if luminance(look.colour) < 200 else mix(look.colour, (120, 124, 132), 0.35)
    draw_laces(canvas, vamp_line(rise, 10, -16)[1:10] - (2, 0), laces, 5)
    colour = _sole_colour(look)
    _draw_sole(canvas, colour, look.jitter(15, 0.15))
    canvas.line(trace((-88, 37), (0, 39, 90, 35)), look.accent if colour != look.accent else seam_colour(colour), 1.6)


def _draw_eyestay(canvas: Canvas, look: Look, upper: Points, rise: float) -> None:
    """Draw the reinforced edge with the eyelets."""
    edge = trace((-26, -rise + 2), (-18, -rise + 30), (4, 4, 34, 14), (44, 6, 46, -2), (20, -30, -26, -rise - 10))
    canvas.fill(edge, shade(look.colour, 0.1), within=upper, volume=0.3, contour=0.7)


def _draw_side_mark(canvas: Canvas, look: Look, upper: Points) -> None:
    """Draw the side of the shoe: two slanted bars, a panel of the second colour, or only seams."""
    style = look.random.choice(("bars", "panel", "seam"))
    if style == "bars":
        for x in (-40, -24):
            canvas.fill(ribbon(trace((x, -24), (x + 28, 36)), 7), look.accent, within=upper, volume=0, contour=0)
    elif style == "panel":
        panel = trace((-70, 40), (-60, 10, -34, 2), (-10, 8, 2, 40))
        canvas.fill(panel, look.accent, within=upper, volume=0.3, contour=0.5)
    else:
        canvas.stitches(trace((-62, -8), (-40, 14, 20, 16)), seam_colour(look.colour), 1)


def _draw_high_top(canvas: Canvas, look: Look) -> None:
    rise = look.jitter(70, 0.08)
    draw_lining(canvas, rise, tint(look.colour, 0.45), throat=-26)
    draw_tongue(canvas, rise, tint(look.colour, 0.1), throat=-28)
    upper = upper_outline(rise, 10, throat=-26)
    canvas.fill(upper, look.paint)
    _draw_heel_tab(canvas, upper, 10, look.accent)
    canvas.fill(
        ribbon(trace((-100, -rise + 16), (-60, -rise + 30, 4, -rise + 20)), 7),
        look.accent,
        within=upper,
        volume=0.2,
        contour=0.5,
    )
    canvas.fill(
        ellipse(92, 34, 36, 26),
        RUBBER if look.random.random() < 0.6 else shade(look.colour, 0.15),
        within=upper,
        volume=0.6,
        contour=0.8,
    )
    laces = RUBBER if luminance(look.colour) < 200 else (150, 154, 160)
    draw_laces(canvas, vamp_line(rise, 10, -26)[:11] - (3, 0), laces, 7)
    _draw_sole(canvas, RUBBER, 16)
    canvas.line(trace((-88, 37), (0, 39, 90, 35)), look.accent, 2)


def _draw_slip_on(canvas: Canvas, look: Look) -> None:
    draw_lining(canvas, 20, tint(look.colour, 0.55), throat=0)
    upper = upper_outline(20, 6, throat=4)
    canvas.fill(upper, look.paint)
    gore = trace((-28, -20), (-16, 10), (2, 8), (0, -22))
    canvas.fill(gore, shade(look.colour, 0.3), within=upper, volume=0.2, contour=0.6)
    canvas.line(trace((8, -20), (22, 10, 14, 40)), seam_colour(look.colour), 1, within=upper)
    canvas.stitches(trace((12, -18), (26, 10, 18, 40)), seam_colour(look.colour))
    _draw_sole(canvas, _sole_colour(look), 16)


def _draw_boat_shoe(canvas: Canvas, look: Look) -> None:
    draw_lining(canvas, 16, LEATHER, throat=-2)
    upper = upper_outline(16, 6, throat=0)
    canvas.fill(upper, look.paint)
    apron = trace((10, -12), (44, -4, 74, 12), (70, 26, 40, 20), (16, 12, 6, -2))
    canvas.fill(apron, tint(look.colour, 0.1), within=upper, volume=0.5, contour=0.8)
    canvas.stitches(trace((8, 2), (20, 16, 42, 24), (66, 28, 76, 16)), tint(look.colour, 0.5), 1.4)
    canvas.line(trace((-84, 2), (-50, 8, 6, -4)), tint(look.colour, 0.55), 2.2)
    draw_laces(canvas, trace((4, -10), (12, -6, 20, -2)), tint(look.colour, 0.6), 2)
    _draw_sole(canvas, _sole_colour(look), 12)


def _draw_desert_boot(canvas: Canvas, look: Look) -> None:
    rise = 58
    draw_lining(canvas, rise, LEATHER, throat=-24)
    upper = upper_outline(rise, 10, throat=-24)
    canvas.fill(upper, look.paint)
    canvas.line(trace((-18, 40), (-10, -4, 6, -22)), seam_colour(look.colour), 1.1, within=upper)
    canvas.stitches(trace((-22, 40), (-14, -6, 2, -26)), seam_colour(look.colour))
    draw_laces(canvas, vamp_line(rise, 10, -24)[:6] - (3, 0), shade(look.colour, 0.3), 3)
    _draw_sole(canvas, look.random.choice((GUM, BLACK_SOLE)), 12, heel=2)


def formal_shoe(canvas: Canvas, look: Look) -> None:
    canvas.ground_shadow(4, GROUND, 94)
    boot = look.cut == "Chelsea Boot"
    rise = 70 if boot else look.jitter(17, 0.12)
    throat = -32 if boot else -6
    draw_lining(canvas, rise, LEATHER if look.random.random() < 0.6 else shade(look.colour, 0.45), throat)
    upper = upper_outline(rise, 17, throat)
    upper = np.concatenate([upper[:-SAMPLES], trace((60, 17), (100, 22, 100, 38))[1:]])
    canvas.fill(upper, look.paint, volume=1.2)
    gloss = trace((28, 8), (60, 8, 84, 24), (60, 20, 28, 14))
    canvas.overlay(gloss, WHITE, 0.5, blur=2.4, within=upper)
    canvas.overlay(ellipse(-66, 4, 7, 20), WHITE, 0.22, blur=4, within=upper)
    draw = {
        "Oxford": _draw_oxford,
        "Brogue": _draw_oxford,
        "Loafer": _draw_loafer,
        "Monk-Strap": _draw_monk,
        "Chelsea Boot": _draw_chelsea,
    }
    draw.get(look.cut, _draw_derby)(canvas, look, upper, rise)
    _draw_leather_sole(canvas, look)


def _draw_leather_sole(canvas: Canvas, look: Look) -> None:
    colour = shade(look.colour, 0.5)
    canvas.fill(
        trace(
            (-88, 32),
            (-20, 38),
            (104, 34),
            (106, 40, 94, GROUND),
            (20, GROUND),
            (-10, GROUND - 6, -34, GROUND - 4),
            (-36, GROUND + 7),
            (-86, GROUND + 7),
            (-92, 40, -88, 32),
        ),
        colour,
        volume=0.5,
    )
    canvas.line(trace((-86, 34), (-20, 40), (100, 37)), tint(colour, 0.3), 0.9)


def _draw_derby(canvas: Canvas, look: Look, upper: Points, rise: float) -> None:
    facing = trace((-22, -rise - 4), (-10, 16), (12, 20, 24, 12), (22, -4), (4, -rise - 4))
    canvas.fill(facing, shade(look.colour, 0.08), within=upper, volume=0.4, contour=0.8)
    canvas.line(trace((58, 40), (56, 18, 66, 8)), seam_colour(look.colour), 1, within=upper)
    draw_laces(canvas, trace((-2, -rise + 8), (10, -2, 18, 4)), shade(look.colour, 0.35), 3, 13)


def _draw_oxford(canvas: Canvas, look: Look, upper: Points, rise: float) -> None:
    cap = trace((54, 44), (50, 22, 60, 6))
    quarter = trace((-6, 44), (10, 16, 32, 4))
    for line in (cap, quarter):
        canvas.line(line, seam_colour(look.colour), 1.2, within=upper)
        if look.cut == "Brogue":
            for x, y in along(line, 9, 0.05, 0.95) + (4, 0):
                canvas.fill(ellipse(x, y, 1.3, 1.3), shade(look.colour, 0.5), within=upper, volume=0, contour=0)
    draw_laces(canvas, trace((-2, -rise + 8), (8, -2, 16, 3)), shade(look.colour, 0.35), 4, 12)


def _draw_loafer(canvas: Canvas, look: Look, upper: Points, rise: float) -> None:
    apron = trace((0, -rise + 2), (44, 2, 78, 20), (72, 28, 50, 24), (14, 16, -4, 0))
    canvas.fill(apron, tint(look.colour, 0.06), within=upper, volume=0.5, contour=0.9)
    saddle = trace((0, -10), (18, 4, 14, 34), (28, 36), (34, 14, 22, -4))
    canvas.fill(saddle, shade(look.colour, 0.12), within=upper, volume=0.4, contour=0.8)
    if look.random.random() < 0.5:
        canvas.fill(box(22, 10, 10, 3.4, 1.5), BRASS, volume=0.5, contour=0.5)


def _draw_monk(canvas: Canvas, look: Look, upper: Points, rise: float) -> None:
    strap = trace((-40, 22), (-16, -6, 20, -12), (30, 0), (0, 4, -26, 34))
    canvas.fill(strap, shade(look.colour, 0.1), within=upper, volume=0.5, contour=0.9)
    canvas.fill(box(-14, 9, 11, 13, 2), BRASS, volume=0.6, contour=0.6)
    canvas.fill(box(-14, 9, 5.5, 7.5, 1), shade(look.colour, 0.2), volume=0, contour=0.4)
    canvas.line(trace((54, 44), (50, 22, 60, 8)), seam_colour(look.colour), 1, within=upper)


def _draw_chelsea(canvas: Canvas, look: Look, upper: Points, rise: float) -> None:
    gore = trace((-58, -rise - 2), (-52, -20, -46, -4), (-36, -4), (-30, -20, -28, -rise + 4))
    canvas.fill(gore, shade(look.colour, 0.45), within=upper, volume=0.2, contour=0.7)
    for x in (-50, -44, -38):
        canvas.line(np.array([(x - 2, -rise), (x + 1, -6)]), seam_colour(shade(look.colour, 0.45)), 0.6, within=gore)
    canvas.line(trace((-18, 42), (-14, 0, 10, -14)), seam_colour(look.colour), 1, within=upper)
