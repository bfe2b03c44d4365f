"""The parts of garments for the upper body, all drawn from a block of measures."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, box, ellipse, mirrored, ribbon, symmetric, trace
from sample_shop.look import Look
from sample_shop.palette import INK, RGB, STEEL, luminance, seam_colour, shade, tint
from sample_shop.patterns import Paint


@dataclass(frozen=True, slots=True)
class Block:
    """The measures of a garment in pixels: half widths from its middle, heights (y), and the length of the sleeves."""

    neck: float
    drop: float
    shoulder: float
    chest: float
    waist: float
    hem: float
    top: float
    slope: float
    armpit: float
    bottom: float
    sleeve: float
    cuff: float
    lean: float
    neckline: str = "round"

    @property
    def waistline(self) -> float:
        return self.armpit + 0.5 * (min(self.bottom, 110) - self.armpit)


def block_for(look: Look, *, sleeve: float, bottom: float, neckline: str = "round", ease: float = 0) -> Block:
    """The measures for the wearer of the look. `ease` widens them, for example for a sweater worn over a shirt."""
    jitter = look.jitter
    if look.gender == "Women":
        base = Block(25, 17, 54, 50, jitter(45, 0.05), jitter(53, 0.05), -116, 15, -54, bottom, sleeve, 12, 14)
    elif look.is_childs:
        base = Block(24, 15, 54, 53, 54, jitter(57, 0.05), -92, 13, -40, bottom * 0.78, sleeve * 0.72, 15, 19)
    else:
        base = Block(25, 15, 67, 60, jitter(58, 0.03), jitter(60, 0.03), -116, 19, -46, bottom, sleeve, 16, 13)
    drop = base.drop * {"v": 2.3, "scoop": 2.1, "square": 1.8, "deep": 1.5}.get(neckline, 1)
    neck = base.neck * {"boat": 1.45, "scoop": 1.2, "square": 1.15, "strap": 1.15}.get(neckline, 1)
    lean = 36 if sleeve and sleeve < 70 else base.lean
    return replace(
        base,
        neck=neck,
        drop=jitter(drop, 0.1),
        neckline=neckline,
        shoulder=base.shoulder + ease,
        chest=base.chest + ease,
        waist=base.waist + ease,
        hem=base.hem + ease,
        bottom=jitter(base.bottom, 0.04),
        sleeve=jitter(base.sleeve, 0.05),
        cuff=(base.cuff * 1.45 if sleeve and sleeve < 70 else base.cuff) + ease * 0.4,
        lean=jitter(lean, 0.12),
    )


def neck_steps(block: Block) -> tuple[tuple[float, ...], ...]:
    neck, top, low = block.neck, block.top, block.top + block.drop
    if block.neckline == "v":
        return ((neck * 0.45, low - block.drop * 0.42, neck, top),)
    if block.neckline == "square":
        return ((neck * 0.88, low), (neck, top))
    return ((neck * 0.72, low, neck * 0.98, top + block.drop * 0.5, neck, top),)


def shoulder_height(block: Block) -> float:
    return block.top + block.slope * min((block.shoulder - block.neck) / 34, 1)


def body_outline(block: Block) -> Points:
    """The outline of the front, from neckline to hem."""
    top, shoulder, tip = block.top, block.shoulder, shoulder_height(block)
    inset = shoulder - (8 if block.sleeve else 4)
    half = trace(
        (0, top + block.drop),
        *neck_steps(block),
        (shoulder, tip),
        (inset, tip + 18, inset + 2, block.armpit - 8, block.chest, block.armpit),
        (block.waist, block.waistline - 40, block.waist, block.waistline),
        (block.waist + 1, block.waistline + 36, block.hem, block.bottom),
        (block.hem * 0.5, block.bottom + 6, 0, block.bottom + 6),
    )
    return symmetric(half)


def sleeve_outline(block: Block) -> tuple[Points, Points]:
    """The outline of the right sleeve, and the line across its cuff."""
    angle = math.radians(block.lean)
    down, across = np.array([math.sin(angle), math.cos(angle)]), np.array([math.cos(angle), -math.sin(angle)])
    tip = np.array([block.shoulder, shoulder_height(block)])
    end = tip + (-2, 6) + down * block.sleeve
    outer, inner = end + across * block.cuff, end - across * block.cuff
    armpit = np.array([block.chest - 4, block.armpit + 4])
    start = np.array([block.neck + 8, block.top + 8])
    cap = tip + (tip - (block.neck, block.top)) * 0.28 + (0, 2)
    elbow = (tip + outer) / 2 + across * (9 if block.sleeve > 90 else 5)
    outline = trace(
        (float(start[0]), float(start[1])),
        (*tip,),
        (*cap, *elbow, *outer),
        (*(end + down * 2.5), *inner),
        (*((inner + armpit) / 2 - across * 2), *armpit),
    )
    return outline, np.array([outer + down * 0.5, inner + down * 0.5])


def draw_back(canvas: Canvas, block: Block, colour: RGB) -> None:
    """Draw the inside of the back, as seen through the neckline."""
    top, neck = block.top, block.neck
    half = trace(
        (0, top + 5),
        (neck * 0.6, top + 4, neck + 1, top - 1),
        (neck * 0.9, top + block.drop + 4),
        (0, top + block.drop + 8),
    )
    canvas.fill(symmetric(half), shade(colour, 0.34), volume=0.4)
    canvas.line(trace((-neck, top + 3), (0, top + 10, neck, top + 3)), shade(colour, 0.48), 0.9)
    canvas.fill(box(0, top + 11, 9, 5, 1), tint(colour, 0.55), volume=0, contour=0.4)


def draw_sleeves(
    canvas: Canvas, block: Block, paint: Paint, *, band: Paint | RGB | None = None, width: float = 9
) -> None:
    """Draw both sleeves, with a band around each cuff if its colour is given."""
    if not block.sleeve:
        return
    outline, cuff = sleeve_outline(block)
    follows_arm = paint.pattern in ("Striped", "Checked")
    for side in (1, -1):
        shape, edge = (outline, cuff) if side == 1 else (mirrored(outline), mirrored(cuff))
        cloth = replace(paint, angle=paint.angle - side * block.lean) if follows_arm else paint
        canvas.fill(shape, cloth)
        if block.sleeve > 90:
            _draw_elbow_folds(canvas, shape, edge)
        inward = -np.array([side * math.sin(math.radians(block.lean)), math.cos(math.radians(block.lean))])
        if band is not None:
            canvas.fill(ribbon(edge * 1.0 + inward * width / 2, width + 2), band, within=shape, volume=0.7)
        else:
            canvas.line(edge + inward * 4, seam_colour(paint.colour), 0.8, within=shape)


def _draw_elbow_folds(canvas: Canvas, shape: Points, edge: Points) -> None:
    middle = (shape.mean(axis=0) + edge.mean(axis=0)) / 2
    for dy in (-22, -10):
        fold = trace(
            (middle[0] - 8, middle[1] + dy - 4), (middle[0], middle[1] + dy + 2, middle[0] + 8, middle[1] + dy)
        )
        canvas.overlay(ribbon(fold, (0.3, 2.6, 0.3)), INK, 0.16, within=shape)


def draw_body(canvas: Canvas, block: Block, paint: Paint, look: Look) -> Points:
    """Draw the front with its folds. Returns its outline, to clip what is drawn on top."""
    outline = body_outline(block)
    canvas.fill(outline, paint)
    for side in (1, -1):
        x, y = side * block.chest, block.armpit
        for reach, fall in ((0.5, 16), (0.34, 32)):
            tip = (x * (1 - look.jitter(reach, 0.3)), y + look.jitter(fall, 0.4))
            fold = trace((x * 0.97, y + fall * 0.25), (x * 0.86, y + fall * 0.4, *tip))
            canvas.overlay(ribbon(fold, (3.4, 2, 0.2)), INK, 0.15, within=outline)
        x, y = side * block.waist, block.waistline
        fold = trace((x, y + look.jitter(6, 1)), (x * 0.8, y + 10, x * look.jitter(0.5, 0.3), y + look.jitter(15, 0.4)))
        canvas.overlay(ribbon(fold, (3, 2.4, 0.2)), INK, 0.12, within=outline)
    return outline


def draw_rib(canvas: Canvas, block: Block, colour: RGB) -> None:
    """Draw a knitted band around the neckline."""
    half = trace((0, block.top + block.drop), *neck_steps(block))
    line = np.concatenate([mirrored(half)[::-1], half[1:]])
    canvas.fill(ribbon(line + (0, 1.5), 6.5), colour, volume=0.3, contour=0.7)


def draw_hem_band(canvas: Canvas, block: Block, outline: Points, colour: RGB, height: float, *, ribbed: bool) -> None:
    """Draw a band along the hem."""
    top = block.bottom + 3 - height
    canvas.fill(box(0, top + height, 2 * block.hem + 20, 2 * height), colour, within=outline, volume=0)
    canvas.line(
        np.array([(-block.hem, top - 1), (0, top + 1), (block.hem, top - 1)]), seam_colour(colour), 0.9, within=outline
    )
    if ribbed:
        for x in np.arange(-block.hem, block.hem, 4.5):
            canvas.line(np.array([(x, top + 1), (x, block.bottom + 8)]), seam_colour(colour), 0.6, within=outline)


def draw_hem_seam(canvas: Canvas, block: Block, outline: Points, colour: RGB) -> None:
    line = trace((-block.hem, block.bottom - 5), (0, block.bottom + 4, block.hem, block.bottom - 5))
    canvas.line(line, seam_colour(colour), 0.8, within=outline)


def draw_buttons(
    canvas: Canvas, x: float, top: float, bottom: float, count: int, colour: RGB, radius: float = 2.2
) -> None:
    for y in np.linspace(top, bottom, count):
        canvas.fill(ellipse(x, float(y), radius, radius), colour, volume=0.5, contour=0.5)


def button_colour(colour: RGB) -> RGB:
    return tint(colour, 0.75) if luminance(colour) < 150 else shade(colour, 0.35)


def draw_placket(
    canvas: Canvas, outline: Points, paint: Paint, top: float, bottom: float, buttons: int, width: float = 9
) -> None:
    """Draw a strip of fabric with buttons down the middle."""
    height = bottom - top
    canvas.fill(box(0, top + height / 2, width, height), paint, within=outline, volume=0, contour=0.45)
    draw_buttons(canvas, 0, top + height * 0.12 + 3, bottom - height * 0.06 - 5, buttons, button_colour(paint.colour))


def draw_shirt_collar(canvas: Canvas, block: Block, paint: Paint, *, spread: float = 12, fall: float = 24) -> None:
    """Draw the two halves of a shirt collar, and the collar stand behind them."""
    top, neck = block.top, block.neck
    stand = trace(
        (-neck - 1, top + 4),
        (-neck * 0.7, top - 9),
        (0, top - 6, neck * 0.7, top - 9),
        (neck + 1, top + 4),
        (0, top + 13, -neck - 1, top + 4),
    )
    canvas.fill(stand, shade(paint.colour, 0.22), volume=0.4)
    leaf = trace(
        (1, top + block.drop),
        (neck * 0.5, top + 8, neck * 0.72, top - 9),
        (neck + 3, top - 4, neck + 6, top + 5),
        (spread + 6, top + block.drop + fall * 0.75),
        (1, top + block.drop),
    )
    cloth = replace(paint, angle=paint.angle + 35) if paint.pattern in ("Striped", "Checked") else paint
    for shape, angle in ((leaf, 1), (mirrored(leaf), -1)):
        canvas.overlay(shape + (0.5, 2.5), INK, 0.25, blur=1.2)
        canvas.fill(shape, replace(cloth, angle=angle * cloth.angle), volume=0.6, contour=0.8)


def draw_pocket(canvas: Canvas, outline: Points, paint: Paint, x: float, y: float, width: float, height: float) -> None:
    """Draw a patch pocket with a pointed lower edge."""
    shape = trace(
        (x - width / 2, y),
        (x + width / 2, y),
        (x + width / 2, y + height * 0.8),
        (x, y + height),
        (x - width / 2, y + height * 0.8),
        (x - width / 2, y),
    )
    canvas.fill(shape, paint, within=outline, volume=0.25, contour=0.5)
    canvas.line(np.array([(x - width / 2, y + 4), (x + width / 2, y + 4)]), seam_colour(paint.colour), 0.7)


def draw_zip(canvas: Canvas, top: float, bottom: float, colour: RGB, x: float = 0) -> None:
    canvas.fill(box(x, (top + bottom) / 2, 4.5, bottom - top), shade(colour, 0.3), volume=0, contour=0.4)
    canvas.stitches(np.array([(x, top + 1), (x, bottom - 1)]), STEEL, 1.8, 1.2)
    canvas.fill(box(x, top + 7, 3.6, 9, 1.5), STEEL, volume=0.5, contour=0.5)


def draw_flare_folds(canvas: Canvas, block: Block, outline: Points, look: Look, count: int) -> None:
    """Draw folds that fan out from the waist to the hem."""
    for share in np.linspace(-0.75, 0.75, count):
        end = block.hem * share * look.jitter(1, 0.12)
        fold = trace(
            (block.waist * share * 0.9, block.waistline + 8),
            (block.waist * share, block.waistline + 30, end, block.bottom + 6),
        )
        canvas.overlay(ribbon(fold, (0.3, 3.2, 5)), INK, 0.13, within=outline)


def draw_hood(canvas: Canvas, block: Block, look: Look) -> None:
    top, wide = block.top, block.neck + 15
    hood = trace(
        (-wide, top + 18),
        (-wide - 6, top - 32, -wide * 0.3, top - 36, 0, top - 36),
        (wide * 0.3, top - 36, wide + 6, top - 32, wide, top + 18),
    )
    canvas.fill(hood, look.colour)
    inner = trace(
        (-wide + 12, top + 20),
        (-wide + 6, top - 22, 0, top - 26, 0, top - 26),
        (0, top - 26, wide - 6, top - 22, wide - 12, top + 20),
    )
    canvas.fill(inner, shade(look.colour, 0.4), volume=0.5)


def draw_hood_front(canvas: Canvas, block: Block, look: Look) -> None:
    """Draw the front edges of the hood, which cross under the throat, and its cords."""
    top, wide = block.top, block.neck + 15
    edge = trace(
        (wide, top + 2),
        (wide - 2, top + 30, 0, top + block.drop + 18),
        (0, top + block.drop + 2),
        (wide - 14, top + 16, wide - 13, top - 4),
        (wide, top + 2),
    )
    for flap in (edge, mirrored(edge)):
        canvas.fill(flap, look.colour, volume=0.6)
    cord = tint(look.colour, 0.75) if luminance(look.colour) < 170 else shade(look.colour, 0.45)
    for side in (-1, 1):
        length = look.jitter(44, 0.15)
        hang = trace(
            (side * 8, top + block.drop + 8),
            (side * 13, top + block.drop + 30, side * 10, top + block.drop + 8 + length),
        )
        canvas.line(hang, cord, 2)


def draw_stand_collar(canvas: Canvas, block: Block, colour: RGB) -> None:
    top, neck = block.top, block.neck
    half = trace(
        (1, top + block.drop + 6),
        (1, top + 2),
        (neck * 0.7, top - 4, neck * 0.9, top - 13),
        (neck + 4, top - 10, neck + 6, top + 4),
        (neck * 0.7, top + block.drop, 1, top + block.drop + 6),
    )
    for side in (half, mirrored(half)):
        canvas.fill(side, colour, volume=0.6)
