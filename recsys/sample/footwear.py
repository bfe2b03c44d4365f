"""Shoes in profile, toe to the right, the inside of the opening in sight."""

from __future__ import annotations

import numpy as np

from recsys.sample.canvas import Canvas
from recsys.sample.curves import SAMPLES, Points, along, box, ellipse, ribbon, trace
from recsys.sample.look import Look
from recsys.sample.palette import BRASS, INK, RGB, WHITE, luminance, mix, seam, shade, tint

RUBBER: RGB = (238, 237, 232)
GUM: RGB = (176, 132, 88)
LEATHER: RGB = (198, 162, 124)
BLACK_SOLE: RGB = (48, 46, 48)
GROUND = 44


def _vamp(rise: float, toe: float, throat: float) -> Points:
    """The front of a shoe, from the throat of the opening over the instep to the toe."""
    return trace((throat + 10, -rise + 8), (throat + 42 - 0.42 * rise, 8 - 0.3 * rise, 30, -4, 60, toe))


def _upper(rise: float, toe: float, throat: float = -16) -> Points:
    """A closed upper, from the back of the heel over the opening and the toe. `rise` is how high the collar stands."""
    back = trace(
        (-86, 32),
        (-92, 0, -85 + 0.05 * rise, -rise),
        (-80, -rise - 5, -74, -rise),
        (-60, -rise + 12, throat - 12, -rise + 6),
        (throat + 2, -rise + 2, throat + 10, -rise + 8),
    )
    return np.concatenate([back, _vamp(rise, toe, throat), trace((60, toe), (92, toe + 4, 92, 34))])


def _draw_lining(canvas: Canvas, rise: float, colour: RGB, throat: float = -16) -> None:
    """The far side of the opening and what is inside."""
    opening = trace(
        (-84, -rise),
        (-76, -rise - 10, -52, -rise - 7),
        (throat - 14, -rise - 6, throat + 10, -rise + 8),
        (throat - 20, -rise + 26, -60, -rise + 20),
        (-80, -rise + 14, -84, -rise),
    )
    canvas.fill(opening, colour, volume=0.6)


def _draw_sole(canvas: Canvas, colour: RGB, thickness: float, *, heel: float = 0, toe: float = 94) -> Points:
    """A sole on the ground, thicker by `heel` at the back."""
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


def _draw_laces(canvas: Canvas, vamp: Points, colour: RGB, count: int, width: float = 17) -> None:
    """Rows of lace across the vamp, its line given from the throat to the toe, and a bow on top."""
    for x, y in along(vamp, count):
        lace = trace((x - width * 0.5, y + width * 0.5), (x - 2, y - 3, x + 5, y - 4))
        canvas.line(lace + (0.6, 1.8), INK, 3.6)
        canvas.line(lace, colour, 3)
    x, y = vamp[0]
    for dx, dy in ((-13, 12), (7, 15)):
        loop = trace((x - 2, y + 1), (x + dx * 1.4, y + dy * 0.2, x + dx, y + dy), (x + dx * 0.2, y + dy, x - 2, y + 1))
        canvas.line(loop, colour, 1.8)


def _draw_tongue(canvas: Canvas, rise: float, colour: RGB, throat: float = -16) -> None:
    tongue = trace(
        (throat - 20, -rise + 16),
        (throat - 22, -rise - 22, throat - 6, -rise - 22),
        (throat + 4, -rise - 20, throat + 12, -rise + 16),
        (throat - 20, -rise + 16),
    )
    canvas.fill(tongue, colour, volume=0.7)


def _draw_heel_tab(canvas: Canvas, upper: Points, rise: float, colour: RGB) -> None:
    tab = trace((-100, -rise + 2), (-72, -rise + 6), (-68, 0, -64, 36), (-100, 36))
    canvas.fill(tab, colour, within=upper, volume=0.4, contour=0.7)


def _sole_colour(look: Look) -> RGB:
    choices = [RUBBER, RUBBER, GUM, look.accent]
    if luminance(look.colour) > 205:
        choices = [RUBBER, GUM, look.accent]
    return look.random.choice(choices)


def casual_shoe(canvas: Canvas, look: Look) -> None:
    canvas.ground(1, GROUND, 93)
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
    _draw_lining(canvas, rise, lining)
    _draw_tongue(canvas, rise, tint(look.colour, 0.12))
    upper = _upper(rise, look.jitter(10, 0.3))
    canvas.fill(upper, look.paint)
    _draw_heel_tab(canvas, upper, rise, look.accent if look.random.random() < 0.6 else shade(look.colour, 0.15))
    _draw_side_mark(canvas, look, upper)
    _draw_eyestay(canvas, look, upper, rise)
    if look.cut == "Canvas":
        cap = ellipse(92, 34, 34, 26)
        canvas.fill(cap, RUBBER, within=upper, volume=0.6, contour=0.8)
    else:
        toe_cap = trace((42, 40), (46, 10, 58, 4))
        canvas.line(toe_cap, seam(look.colour), 1, within=upper)
    laces = RUBBER if luminance(look.colour) < 200 else mix(look.colour, (120, 124, 132), 0.35)
    _draw_laces(canvas, _vamp(rise, 10, -16)[1:10] - (2, 0), laces, 5)
    colour = _sole_colour(look)
    _draw_sole(canvas, colour, look.jitter(15, 0.15))
    canvas.line(trace((-88, 37), (0, 39, 90, 35)), look.accent if colour != look.accent else seam(colour), 1.6)


def _draw_eyestay(canvas: Canvas, look: Look, upper: Points, rise: float) -> None:
    """The reinforced edge that carries the eyelets."""
    edge = trace((-26, -rise + 2), (-18, -rise + 30), (4, 4, 34, 14), (44, 6, 46, -2), (20, -30, -26, -rise - 10))
    canvas.fill(edge, shade(look.colour, 0.1), within=upper, volume=0.3, contour=0.7)


def _draw_side_mark(canvas: Canvas, look: Look, upper: Points) -> None:
    """The quarter: two slanted bars, a panel of the second colour, or only seams."""
    style = look.random.choice(("bars", "panel", "seam"))
    if style == "bars":
        for x in (-40, -24):
            canvas.fill(ribbon(trace((x, -24), (x + 28, 36)), 7), look.accent, within=upper, volume=0, contour=0)
    elif style == "panel":
        panel = trace((-70, 40), (-60, 10, -34, 2), (-10, 8, 2, 40))
        canvas.fill(panel, look.accent, within=upper, volume=0.3, contour=0.5)
    else:
        canvas.stitches(trace((-62, -8), (-40, 14, 20, 16)), seam(look.colour), 1)


def _draw_high_top(canvas: Canvas, look: Look) -> None:
    rise = look.jitter(70, 0.08)
    _draw_lining(canvas, rise, tint(look.colour, 0.45), throat=-26)
    _draw_tongue(canvas, rise, tint(look.colour, 0.1), throat=-28)
    upper = _upper(rise, 10, throat=-26)
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
    _draw_laces(canvas, _vamp(rise, 10, -26)[:11] - (3, 0), laces, 7)
    _draw_sole(canvas, RUBBER, 16)
    canvas.line(trace((-88, 37), (0, 39, 90, 35)), look.accent, 2)


def _draw_slip_on(canvas: Canvas, look: Look) -> None:
    _draw_lining(canvas, 20, tint(look.colour, 0.55), throat=0)
    upper = _upper(20, 6, throat=4)
    canvas.fill(upper, look.paint)
    gore = trace((-28, -20), (-16, 10), (2, 8), (0, -22))
    canvas.fill(gore, shade(look.colour, 0.3), within=upper, volume=0.2, contour=0.6)
    canvas.line(trace((8, -20), (22, 10, 14, 40)), seam(look.colour), 1, within=upper)
    canvas.stitches(trace((12, -18), (26, 10, 18, 40)), seam(look.colour))
    _draw_sole(canvas, _sole_colour(look), 16)


def _draw_boat_shoe(canvas: Canvas, look: Look) -> None:
    _draw_lining(canvas, 16, LEATHER, throat=-2)
    upper = _upper(16, 6, throat=0)
    canvas.fill(upper, look.paint)
    apron = trace((10, -12), (44, -4, 74, 12), (70, 26, 40, 20), (16, 12, 6, -2))
    canvas.fill(apron, tint(look.colour, 0.1), within=upper, volume=0.5, contour=0.8)
    canvas.stitches(trace((8, 2), (20, 16, 42, 24), (66, 28, 76, 16)), tint(look.colour, 0.5), 1.4)
    canvas.line(trace((-84, 2), (-50, 8, 6, -4)), tint(look.colour, 0.55), 2.2)
    _draw_laces(canvas, trace((4, -10), (12, -6, 20, -2)), tint(look.colour, 0.6), 2)
    _draw_sole(canvas, _sole_colour(look), 12)


def _draw_desert_boot(canvas: Canvas, look: Look) -> None:
    rise = 58
    _draw_lining(canvas, rise, LEATHER, throat=-24)
    upper = _upper(rise, 10, throat=-24)
    canvas.fill(upper, look.paint)
    canvas.line(trace((-18, 40), (-10, -4, 6, -22)), seam(look.colour), 1.1, within=upper)
    canvas.stitches(trace((-22, 40), (-14, -6, 2, -26)), seam(look.colour))
    _draw_laces(canvas, _vamp(rise, 10, -24)[:6] - (3, 0), shade(look.colour, 0.3), 3)
    _draw_sole(canvas, look.random.choice((GUM, BLACK_SOLE)), 12, heel=2)


def sports_shoe(canvas: Canvas, look: Look) -> None:
    canvas.ground(1, GROUND, 95)
    high = look.cut == "Basketball"
    rise = look.jitter(64 if high else 28, 0.1)
    throat = -26 if high else -18
    _draw_lining(canvas, rise, shade(look.accent, 0.1), throat)
    _draw_tongue(canvas, rise, look.accent, throat)
    upper = _upper(rise, look.jitter(4, 0.8), throat)
    canvas.fill(upper, look.paint)
    _draw_overlays(canvas, look, upper, rise)
    laces = look.random.choice((RUBBER, look.accent, look.paint.third))
    _draw_laces(canvas, _vamp(rise, 4, throat)[:10] - (2, 0), laces, 7 if high else 6)
    _draw_running_sole(canvas, look)


def _draw_overlays(canvas: Canvas, look: Look, upper: Points, rise: float) -> None:
    """The supports of a sports shoe: toe, heel counter, and a moving line on the side."""
    support = look.accent if look.random.random() < 0.3 else shade(look.colour, 0.16)
    toe = trace((96, 0), (66, 2, 58, 14), (40, 26, 18, 40), (96, 40))
    canvas.fill(toe, support, within=upper, volume=0.4, contour=0.6)
    counter = trace((-100, -rise * 0.6), (-72, -rise * 0.5, -64, 4), (-58, 26, -34, 40), (-100, 40))
    canvas.fill(counter, support, within=upper, volume=0.4, contour=0.6)
    style = look.random.choice(("lines", "panel", "chevrons"))
    if style == "lines":
        for shift in (0, 12):
            line = trace((-62 + shift, 30), (-20 + shift, 24, -8 + shift, 0), (-2 + shift, -12, 4 + shift, -14))
            canvas.fill(ribbon(line, (3, 6, 3)), look.accent, within=upper, volume=0, contour=0.3)
    elif style == "panel":
        panel = trace((-56, 40), (-44, 8, -6, -6), (8, 2, 20, 40))
        canvas.fill(panel, tint(look.accent, 0.15), within=upper, volume=0.3, contour=0.6)
        canvas.line(trace((-38, 40), (-28, 16, -4, 6)), look.colour, 2.4, within=upper)
    else:
        for x in (-34, -14):
            canvas.line(trace((x - 8, -16), (x + 6, 8), (x - 10, 32)), look.accent, 5.5, within=upper)
    for x in range(20, 60, 6):
        for y in range(-10, 22, 6):
            canvas.veil(ellipse(x, y + (x % 12) / 2, 1.2, 1.2)[::6], INK, 0.3, within=upper)


def _draw_running_sole(canvas: Canvas, look: Look) -> None:
    foam = RUBBER if luminance(look.colour) < 215 or look.random.random() < 0.6 else look.accent
    thick = look.jitter(19, 0.15)
    sole = trace(
        (-90, GROUND - thick - 8),
        (-100, GROUND - 6, -88, GROUND),
        (-40, GROUND - 2),
        (0, GROUND - 5, 30, GROUND),
        (82, GROUND - 2),
        (100, GROUND - 8, 94, GROUND - thick - 4),
        (70, GROUND - thick + 6, 20, GROUND - thick + 4),
        (-30, GROUND - thick + 2, -90, GROUND - thick - 8),
    )
    canvas.fill(sole, foam, volume=0.8)
    tread = trace((-96, GROUND - 4), (0, GROUND - 6, 96, GROUND - 6), (90, GROUND + 4), (-90, GROUND + 4))
    canvas.fill(
        tread,
        look.random.choice((look.accent, BLACK_SOLE, shade(look.colour, 0.2))),
        within=sole,
        volume=0,
        contour=0.4,
    )
    for x in np.arange(-84, -30, 8):
        canvas.line(np.array([(x, GROUND - thick + 2), (x + 4, GROUND - 7)]), seam(foam), 1, within=sole)


def formal_shoe(canvas: Canvas, look: Look) -> None:
    canvas.ground(4, GROUND, 94)
    boot = look.cut == "Chelsea Boot"
    rise = 70 if boot else look.jitter(17, 0.12)
    throat = -32 if boot else -6
    _draw_lining(canvas, rise, LEATHER if look.random.random() < 0.6 else shade(look.colour, 0.45), throat)
    upper = _upper(rise, 17, throat)
    upper = np.concatenate([upper[:-SAMPLES], trace((60, 17), (100, 22, 100, 38))[1:]])
    canvas.fill(upper, look.paint, volume=1.2)
    gloss = trace((28, 8), (60, 8, 84, 24), (60, 20, 28, 14))
    canvas.veil(gloss, WHITE, 0.5, blur=2.4, within=upper)
    canvas.veil(ellipse(-66, 4, 7, 20), WHITE, 0.22, blur=4, within=upper)
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
    canvas.line(trace((58, 40), (56, 18, 66, 8)), seam(look.colour), 1, within=upper)
    _draw_laces(canvas, trace((-2, -rise + 8), (10, -2, 18, 4)), shade(look.colour, 0.35), 3, 13)


def _draw_oxford(canvas: Canvas, look: Look, upper: Points, rise: float) -> None:
    cap = trace((54, 44), (50, 22, 60, 6))
    quarter = trace((-6, 44), (10, 16, 32, 4))
    for line in (cap, quarter):
        canvas.line(line, seam(look.colour), 1.2, within=upper)
        if look.cut == "Brogue":
            for x, y in along(line, 9, 0.05, 0.95) + (4, 0):
                canvas.fill(ellipse(x, y, 1.3, 1.3), shade(look.colour, 0.5), within=upper, volume=0, contour=0)
    _draw_laces(canvas, trace((-2, -rise + 8), (8, -2, 16, 3)), shade(look.colour, 0.35), 4, 12)


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
    canvas.line(trace((54, 44), (50, 22, 60, 8)), seam(look.colour), 1, within=upper)


def _draw_chelsea(canvas: Canvas, look: Look, upper: Points, rise: float) -> None:
    gore = trace((-58, -rise - 2), (-52, -20, -46, -4), (-36, -4), (-30, -20, -28, -rise + 4))
    canvas.fill(gore, shade(look.colour, 0.45), within=upper, volume=0.2, contour=0.7)
    for x in (-50, -44, -38):
        canvas.line(np.array([(x - 2, -rise), (x + 1, -6)]), seam(shade(look.colour, 0.45)), 0.6, within=gore)
    canvas.line(trace((-18, 42), (-14, 0, 10, -14)), seam(look.colour), 1, within=upper)


def heels(canvas: Canvas, look: Look) -> None:
    height = look.jitter({"Block-Heel": 54, "Wedge": 50, "Kitten-Heel": 34}.get(look.cut, 76), 0.1)
    canvas.ground(8, GROUND + 2, 80)
    foot = trace(
        (-74, GROUND - height),
        (-20, GROUND - height + 2, 10, GROUND - 6, 42, GROUND - 4),
        (70, GROUND - 3, 90, GROUND - 3),
    )
    closed = look.cut in ("Pumps", "Kitten-Heel", "Peep-Toe")
    if not closed:
        _draw_footbed(canvas, foot)
    _draw_heel(canvas, look, height, foot)
    if closed:
        _draw_pump(canvas, look, height, foot)
    else:
        _draw_dress_straps(canvas, look, height)


def _draw_footbed(canvas: Canvas, foot: Points) -> None:
    bed = np.concatenate([foot, trace((90, GROUND - 3), (98, GROUND - 8, 88, GROUND - 12)), (foot + (-2, -9))[::-1]])
    canvas.fill(bed, LEATHER, volume=0.6)


def _draw_heel(canvas: Canvas, look: Look, height: float, foot: Points) -> None:
    colour = look.random.choice((look.colour, look.colour, shade(look.colour, 0.2)))
    base = GROUND - height
    if look.cut == "Wedge":
        wedge = np.concatenate(
            [foot, trace((88, GROUND + 2), (-66, GROUND + 2), (-78, GROUND - height * 0.5, -74, base))]
        )
        canvas.fill(wedge, GUM if look.random.random() < 0.5 else colour)
        if look.random.random() < 0.6:
            for share in (0.35, 0.55, 0.75, 0.9):
                y = base + height * share
                canvas.line(np.array([(-90, y), (90, y)]), shade(GUM, 0.3), 1, within=wedge)
        return
    width = 11 if look.cut == "Block-Heel" else 2.6
    heel = trace(
        (-76, base + 2),
        (-78, base + height * 0.4, -66 - width, GROUND + 2),
        (-66 + width, GROUND + 2),
        (-64 + width * 1.4, base + height * 0.3, -50 + width * 1.6, base + 9),
        (-50, base + 2),
    )
    canvas.fill(heel, colour)
    sole = np.concatenate([foot, trace((90, GROUND - 3), (96, GROUND, 88, GROUND + 2)), (foot + (0, 5))[::-1]])
    canvas.fill(sole, shade(colour, 0.3), volume=0.4)


def _draw_pump(canvas: Canvas, look: Look, height: float, foot: Points) -> None:
    base = GROUND - height
    rim = trace((-71, base - 25), (-40, base + 6, 8, GROUND - 22, 46, GROUND - 32))
    far = np.concatenate([rim, foot[::-1]])
    canvas.fill(far, LEATHER, volume=0.6)
    upper = np.concatenate(
        [
            foot,
            trace(
                (90, GROUND - 4),
                (88, GROUND - 20, 62, GROUND - 30),
                (50, GROUND - 34, 42, GROUND - 30),
                (6, GROUND - 12, -44, base + 14, -70, base - 28),
                (-76, base - 30, -78, base - 22),
                (-82, base - 6, -74, base),
            ),
        ]
    )
    canvas.fill(upper, look.paint, volume=1.2)
    canvas.veil(
        trace((52, GROUND - 24), (74, GROUND - 22, 82, GROUND - 10), (66, GROUND - 16, 52, GROUND - 20)),
        WHITE,
        0.45,
        blur=1.6,
        within=upper,
    )
    if look.cut == "Peep-Toe":
        canvas.fill(ellipse(86, GROUND - 7, 11, 6), shade(LEATHER, 0.25), within=upper, volume=0.3)
        canvas.fill(ellipse(48, GROUND - 24, 8, 5), look.accent, volume=0.5)
        canvas.fill(ellipse(40, GROUND - 26, 7, 5), look.accent, volume=0.5)


def _draw_dress_straps(canvas: Canvas, look: Look, height: float) -> None:
    base = GROUND - height
    rise = base - 34
    far = trace((-70, base - 6), (-72, rise, -50, rise - 4), (-28, rise - 2, -22, base + 6))
    canvas.line(far + (4, 2), shade(look.colour, 0.3), 4)
    counter = trace(
        (-76, base),
        (-82, base - 20, -76, base - 34),
        (-66, base - 32),
        (-66, base - 14, -48, base + 4),
        (-60, base + 6),
    )
    canvas.fill(counter, look.paint)
    canvas.fill(ribbon(trace((-76, base - 28), (-48, rise + 16, -22, rise + 18)), 8), look.paint, volume=0.8)
    canvas.fill(box(-34, rise + 17, 7, 9, 1.5), BRASS, volume=0.5, contour=0.5)
    count = look.random.choice((1, 2, 3))
    if count == 1:
        toe = trace((48, 41), (46, 18, 62, 11), (80, 8, 84, 24), (76, 28, 74, 42))
        canvas.fill(toe, look.paint)
    for strap in range(count if count > 1 else 0):
        x, y = 62 - strap * 21, GROUND - 6 - strap * 3
        band = trace((x - 12, y + 4), (x - 4, y - 28 - strap * 5, x + 14, y - 17))
        canvas.fill(ribbon(band, (11, 11, 8)), look.paint, volume=0.9)
    if count > 1:
        canvas.fill(
            ribbon(trace((22, GROUND - 30), (0, GROUND - height * 0.8, -30, base - 6)), 6), look.paint, volume=0.7
        )


def flats(canvas: Canvas, look: Look) -> None:
    canvas.ground(2, GROUND, 88)
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
    canvas.line(trace((-78, -8), (-56, 20, -4, 20), (34, 22, 46, 8)), seam(look.colour), 1.2, within=upper)
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
    """A footbed seen from above at a slant."""
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
    canvas.stitches((outline - middle) * (0.94, 0.86) + middle, seam(bed), 0.9)
    return outline


def flip_flops(canvas: Canvas, look: Look) -> None:
    canvas.ground(2, GROUND + 4, 86)
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
        canvas.veil(ribbon(line + (2, 9), 10), INK, 0.22, blur=3, within=outline)
    canvas.fill(ribbon(far, (6, 9) if thin else (8, 15)), shade(strap, 0.12), volume=0.9)
    canvas.fill(ribbon(near, (6, 10) if thin else (8, 19)), strap, volume=0.9)
    canvas.fill(ellipse(post[0], post[1], 6, 5), strap, volume=0.8)
    if look.random.random() < 0.5:
        canvas.fill(ellipse(16, 3, 3.4, 3), look.paint.third, volume=0.4, contour=0.5)


def sandals(canvas: Canvas, look: Look) -> None:
    canvas.ground(2, GROUND + 6, 90)
    bed = look.random.choice((shade(look.colour, 0.12), shade(look.colour, 0.3), mix(look.colour, LEATHER, 0.5)))
    side = look.random.choice((BLACK_SOLE, shade(look.colour, 0.5)))
    _draw_slab(canvas, bed, side, look.jitter(14, 0.2))
    if look.cut in ("Sports", "Strappy"):
        _draw_heel_strap(canvas, look)
    if look.cut == "Cross-Strap":
        for start, end in (((-14, 37), (60, -14)), ((52, 36), (-2, -26))):
            arch = trace(start, (start[0] * 0.7 + end[0] * 0.3, -26, *end))
            canvas.veil(ribbon(arch + (2, 8), 18), INK, 0.2, blur=3)
            canvas.fill(ribbon(arch, (25, 22, 17)), look.paint)
            canvas.stitches(ribbon(arch, (19, 17, 12))[2:11], seam(look.colour), 1)
        return
    layout = {"Slide": ((20, 60, 30),), "Two-Strap": ((-12, 29, 34), (40, 27, 25))}
    for x, width, height in layout.get(look.cut, ((0, 22, 33), (46, 20, 22))):
        _draw_strap(canvas, look, x, width, height)


def _draw_strap(canvas: Canvas, look: Look, x: float, width: float, height: float) -> None:
    """A band over the foot, its near edge on the sole, with the lining in sight at the back."""
    left, right = x - width / 2, x + width / 2
    band = trace(
        (left, 37),
        (left - 5, -2, left + 4, -height, left + 22, -height),
        (right + 8, -height, right + 12, -height + 7),
        (right + 4, -height + 12, right - 2, 6, right, 38),
    )
    canvas.veil(band + (5, 3), INK, 0.22, blur=3)
    lining = trace((left + 2, 26), (left - 16, -4, left - 4, -height + 4, left + 22, -height), (left + 22, 0))
    canvas.fill(lining, shade(look.colour, 0.5), volume=0.3)
    canvas.fill(band, look.paint)
    for edge in (
        trace((left + 4, 36), (left, -2, left + 8, -height + 4, left + 22, -height + 5)),
        trace((right - 4, 36), (right - 6, 6, right, -height + 14, right + 14, -height + 7)),
    ):
        canvas.stitches(edge, seam(look.colour), 1)
    if look.cut == "Sports":
        canvas.fill(box(x + 2, 4, width * 0.62, 13, 2), look.accent, within=band, volume=0.4, contour=0.5)


def _draw_heel_strap(canvas: Canvas, look: Look) -> None:
    far = trace((-2, -26), (-40, -38, -74, -30), (-84, -24, -80, -8))
    canvas.fill(ribbon(far, 9), shade(look.colour, 0.4), volume=0.6)
    near = trace((-6, 26), (-40, 4, -64, -22), (-82, -40, -90, -22), (-92, -8, -82, 2))
    canvas.veil(ribbon(near + (4, 6), 10), INK, 0.2, blur=3)
    canvas.fill(ribbon(near, (16, 13, 13)), look.paint, volume=0.9)
    canvas.fill(box(-34, 6, 13, 12, 2), look.accent, volume=0.5, contour=0.6)
