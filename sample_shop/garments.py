"""Garments for the upper body, seen from the front, with the shape of an invisible wearer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, along, box, ellipse, mirrored, ribbon, symmetric, trace
from sample_shop.look import Look
from sample_shop.palette import BRASS, INK, WHITE, mix, seam_colour, shade, tint
from sample_shop.patterns import Paint
from sample_shop.prints import base_paint, draw_emblem
from sample_shop.tailoring import (
    Block,
    block_for,
    draw_back,
    draw_body,
    draw_flare_folds,
    draw_hem_band,
    draw_hem_seam,
    draw_hood,
    draw_hood_front,
    draw_placket,
    draw_pocket,
    draw_rib,
    draw_shirt_collar,
    draw_sleeves,
    draw_stand_collar,
    draw_zip,
    neck_steps,
    shoulder_height,
)


def tshirt(canvas: Canvas, look: Look) -> None:
    polo = look.cut == "Polo"
    long = look.cut == "Long-Sleeved"
    neckline = "v" if look.cut == "V-Neck" else "round"
    block = block_for(look, sleeve=168 if long else look.random.uniform(44, 54), bottom=88, neckline=neckline)
    paint = base_paint(look)
    trim = look.accent if look.random.random() < 0.35 else look.colour
    draw_back(canvas, block, look.colour)
    draw_sleeves(canvas, block, paint, band=trim if polo or trim != look.colour else None, width=5)
    outline = draw_body(canvas, block, paint, look)
    draw_hem_seam(canvas, block, outline, look.colour)
    if polo:
        draw_placket(canvas, outline, Paint(trim), block.top + block.drop, block.top + 58, 2, 11)
        draw_shirt_collar(canvas, block, Paint(trim), fall=20)
    else:
        if look.cut == "Henley":
            draw_placket(canvas, outline, Paint(tint(look.colour, 0.1)), block.top + block.drop, block.top + 62, 3)
        draw_rib(canvas, block, trim)
    if look.paint.pattern == "Printed":
        draw_emblem(canvas, look, block.armpit + (18 if not polo else 34), look.random.uniform(24, 31), outline)
    elif look.cut == "Crew-Neck" and look.paint.pattern == "Solid" and look.random.random() < 0.3:
        draw_pocket(canvas, outline, replace(paint, pattern="Solid"), block.chest * 0.5, block.armpit - 2, 26, 30)


def shirt(canvas: Canvas, look: Look) -> None:
    short = look.cut == "Short-Sleeved"
    if look.paint.pattern == "Striped" and look.random.random() < 0.75:
        look = replace(look, paint=replace(look.paint, angle=90))
    block = block_for(look, sleeve=56 if short else 172, bottom=94)
    band = None if short else look.paint
    draw_back(canvas, block, look.colour)
    draw_sleeves(canvas, block, look.paint, band=band, width=14)
    outline = draw_body(canvas, block, look.paint, look)
    draw_hem_seam(canvas, block, outline, look.colour)
    buttons = 6 if not look.is_childs else 5
    draw_placket(canvas, outline, look.paint, block.top + block.drop, block.bottom + 8, buttons, 10)
    draw_shirt_collar(canvas, block, look.paint)
    pockets = look.random.choice((0, 1, 1, 2)) if look.cut != "Slim-Fit" else 0
    for x in (block.chest * 0.5, -block.chest * 0.5)[:pockets]:
        draw_pocket(canvas, outline, look.paint, x, block.armpit - 4, 27, 31)


def top(canvas: Canvas, look: Look) -> None:
    necklines = {"V-Neck": "v", "Scoop-Neck": "scoop", "Boat-Neck": "boat", "Square-Neck": "square"}
    neckline = necklines.get(look.cut, "strap" if look.cut == "Camisole" else "scoop")
    sleeve = {"Camisole": 0, "Sleeveless": 0, "Peplum": 30, "Bell-Sleeved": 92}.get(
        look.cut, look.random.choice((26, 44, 96))
    )
    block = block_for(look, sleeve=sleeve, bottom=look.random.uniform(58, 86), neckline=neckline)
    if not sleeve:
        block = replace(block, shoulder=block.neck + (8 if look.cut == "Camisole" else 15), drop=block.drop * 1.1)
    if look.cut == "Bell-Sleeved":
        block = replace(block, cuff=25, lean=24)
    if look.cut == "Peplum":
        block = replace(block, waist=block.waist * 0.9, hem=block.hem * 1.3)
    draw_back(canvas, block, look.colour)
    draw_sleeves(canvas, block, look.paint)
    outline = draw_body(canvas, block, look.paint, look)
    draw_rib(canvas, block, look.colour)
    draw_hem_seam(canvas, block, outline, look.colour)
    if look.cut == "Peplum":
        _draw_waist(canvas, block, outline, look)
        draw_flare_folds(canvas, block, outline, look, 5)


def _draw_waist(canvas: Canvas, block: Block, outline: Points, look: Look) -> None:
    line = trace(
        (-block.waist - 4, block.waistline - 2), (0, block.waistline + 6, block.waist + 4, block.waistline - 2)
    )
    canvas.fill(
        ribbon(line, 8),
        look.accent if look.random.random() < 0.5 else shade(look.colour, 0.2),
        within=outline,
        volume=0.4,
        contour=0.5,
    )


def sweater(canvas: Canvas, look: Look) -> None:
    cardigan = look.cut == "Cardigan"
    block = block_for(
        look, sleeve=170, bottom=86, neckline="v" if look.cut in ("V-Neck", "Cardigan") else "round", ease=3
    )
    band = look.accent if look.random.random() < 0.25 else shade(look.colour, 0.12)
    draw_back(canvas, block, look.colour)
    draw_sleeves(canvas, block, look.paint, band=band, width=16)
    outline = draw_body(canvas, block, look.paint, look)
    draw_hem_band(canvas, block, outline, band, 16, ribbed=True)
    if look.paint.pattern == "Solid":
        _draw_knit(canvas, block, outline, look)
    if cardigan:
        draw_placket(canvas, outline, Paint(band), block.top + block.drop - 4, block.bottom + 8, 5, 12)
    draw_rib(canvas, block, band)
    if look.cut == "Turtleneck":
        collar = box(0, block.top - 2, 2 * block.neck + 4, 30, 7)
        canvas.fill(collar, band, volume=0.9)
        for x in np.arange(-block.neck + 2, block.neck, 5):
            canvas.line(np.array([(x, block.top - 14), (x, block.top + 10)]), seam_colour(band), 0.6)


def _draw_knit(canvas: Canvas, block: Block, outline: Points, look: Look) -> None:
    """Draw a cable knit or a fine knit."""
    columns = look.random.choice(((-26, 0, 26), (-32, -16, 16, 32), ()))
    for x in columns:
        for y in np.arange(block.armpit - 20, block.bottom - 22, 11):
            for side in (1, -1):
                stitch = trace((x - side * 4, y), (x + side * 5, y + 3, x + side * 3, y + 11))
                canvas.line(stitch, seam_colour(look.colour), 1, within=outline)


def sweatshirt(canvas: Canvas, look: Look) -> None:
    block = block_for(look, sleeve=168, bottom=82, ease=5)
    trim = look.accent if look.random.random() < 0.3 else shade(look.colour, 0.1)
    paint = base_paint(look)
    hooded = look.cut in ("Hooded", "Zip-Up")
    if hooded:
        draw_hood(canvas, block, look)
    draw_back(canvas, block, look.colour)
    draw_sleeves(canvas, block, paint, band=trim, width=15)
    outline = draw_body(canvas, block, paint, look)
    draw_hem_band(canvas, block, outline, trim, 15, ribbed=True)
    if hooded:
        _draw_kangaroo(canvas, block, outline, look)
    if look.cut == "Zip-Up":
        draw_zip(canvas, block.top + block.drop, block.bottom + 5, look.colour)
    if hooded:
        draw_hood_front(canvas, block, look)
    else:
        draw_rib(canvas, block, trim)
    if look.paint.pattern == "Printed" and look.cut != "Zip-Up":
        draw_emblem(canvas, look, block.armpit + 12, 26, outline)


def _draw_kangaroo(canvas: Canvas, block: Block, outline: Points, look: Look) -> None:
    low, wide = block.bottom - 12, block.hem * 0.66
    pocket = trace(
        (-wide * 0.62, low - 40),
        (wide * 0.62, low - 40),
        (wide * 0.7, low - 18, wide, low - 12),
        (wide, low),
        (-wide, low),
        (-wide, low - 12),
        (-wide * 0.7, low - 18, -wide * 0.62, low - 40),
    )
    canvas.fill(pocket, base_paint(look), within=outline, volume=0.35, contour=0.7)


def jacket(canvas: Canvas, look: Look) -> None:
    block = block_for(look, sleeve=170, bottom=86, ease=6)
    trim = look.accent if look.cut == "Varsity" else shade(look.colour, 0.18)
    paint = look.paint
    if look.cut == "Hooded":
        draw_hood(canvas, block, look)
    draw_back(canvas, block, look.colour)
    sleeves = Paint(look.accent) if look.cut == "Varsity" else paint
    draw_sleeves(canvas, block, sleeves, band=trim, width=13)
    outline = draw_body(canvas, block, paint, look)
    if look.cut == "Quilted":
        for y in np.arange(block.top + 30, block.bottom, 15):
            quilt = trace((-70, y - 3), (0, y + 5, 70, y - 3))
            canvas.line(quilt, seam_colour(look.colour), 1.2, within=outline)
            canvas.overlay(ribbon(quilt + (0, 4), 4), WHITE, 0.12, blur=1.5, within=outline)
    if look.cut == "Denim":
        _draw_denim_yoke(canvas, block, outline, look)
        draw_placket(canvas, outline, paint, block.top + block.drop, block.bottom + 8, 6, 11)
        draw_hem_band(canvas, block, outline, look.colour, 13, ribbed=False)
        draw_shirt_collar(canvas, block, paint, fall=26)
        return
    if look.cut in ("Bomber", "Varsity"):
        draw_hem_band(canvas, block, outline, trim, 14, ribbed=True)
    draw_zip(canvas, block.top + block.drop - 6, block.bottom + 5, look.colour)
    for side in (1, -1):
        slit = np.array([(side * 22, block.bottom - 26), (side * 36, block.bottom - 54)])
        canvas.fill(ribbon(slit, 5), shade(look.colour, 0.3), within=outline, volume=0, contour=0.5)
    if look.cut == "Hooded":
        draw_hood_front(canvas, block, look)
    else:
        draw_stand_collar(canvas, block, trim)


def _draw_denim_yoke(canvas: Canvas, block: Block, outline: Points, look: Look) -> None:
    thread = mix(seam_colour(look.colour), (214, 160, 90), 0.6)
    yoke = block.armpit - 12
    canvas.line(
        np.array([(-70, yoke), (-6, yoke + 4), (6, yoke + 4), (70, yoke)]),
        seam_colour(look.colour),
        1.1,
        within=outline,
    )
    for side in (1, -1):
        canvas.stitches(np.array([(side * 14, yoke + 6), (side * 20, block.bottom - 12)]), thread)
        flap = box(side * 29, yoke + 8, 26, 11, 2)
        canvas.fill(flap, look.colour, volume=0.3, contour=0.6)
        canvas.fill(ellipse(side * 29, yoke + 10, 1.8, 1.8), BRASS, volume=0, contour=0.4)


def kurta(canvas: Canvas, look: Look) -> None:
    """A kurta, kurti or tunic: long, with side slits and decorated borders."""
    sleeve = {"Sleeveless": 0, "Short-Sleeved": 40, "Three-Quarter Sleeved": 112, "Long-Sleeved": 165}.get(
        look.cut, look.random.choice((40, 112))
    )
    neckline = "v" if look.cut == "V-Neck" else "deep"
    block = block_for(look, sleeve=sleeve, bottom=138, neckline=neckline)
    hem = block.hem * (1.22 if look.is_womens else 1.08)
    block = replace(block, hem=hem, top=block.top - 16, armpit=block.armpit - 16)
    if not sleeve:
        block = replace(block, shoulder=block.neck + 17)
    trim = look.accent
    draw_back(canvas, block, look.colour)
    draw_sleeves(
        canvas, block, look.paint, band=trim if look.is_womens and look.random.random() < 0.7 else None, width=8
    )
    outline = draw_body(canvas, block, look.paint, look)
    draw_flare_folds(canvas, block, outline, look, 4)
    _draw_border(canvas, block, outline, look)
    _draw_slits(canvas, block, outline, look)
    if look.cut == "Mandarin-Collar" or not look.is_womens:
        draw_placket(canvas, outline, Paint(tint(look.colour, 0.06)), block.top + block.drop, block.top + 88, 4)
        draw_stand_collar(canvas, block, look.colour)
    else:
        _draw_yoke(canvas, block, outline, look)


def _draw_border(canvas: Canvas, block: Block, outline: Points, look: Look) -> None:
    if not look.is_womens or look.random.random() < 0.3:
        draw_hem_seam(canvas, block, outline, look.colour)
        return
    height = look.random.uniform(9, 17)
    draw_hem_band(canvas, block, outline, look.accent, height, ribbed=False)
    for x in np.arange(-block.hem, block.hem, height * 0.9):
        canvas.fill(
            ellipse(float(x), block.bottom + 4 - height / 2, height * 0.24, height * 0.24),
            look.paint.third,
            within=outline,
            volume=0,
            contour=0,
        )


def _draw_slits(canvas: Canvas, block: Block, outline: Points, look: Look) -> None:
    for side in (1, -1):
        x = side * block.hem
        slit = trace((x * 0.86, block.bottom - 44), (x * 0.88, block.bottom - 10, x * 0.9, block.bottom + 8))
        canvas.line(slit, shade(look.colour, 0.5), 1.3, within=outline)


def _draw_yoke(canvas: Canvas, block: Block, outline: Points, look: Look) -> None:
    """Draw a decorated panel at the neck in one of three shapes."""
    top, neck, low = block.top, block.neck, block.top + block.drop
    shapes = (
        trace((neck + 9, top + 2), (neck + 8, low + 12, 0, low + 15), (-neck - 8, low + 12, -neck - 9, top + 2)),
        trace(
            (neck + 8, top + 2),
            (neck + 4, low + 6),
            (9, low + 14),
            (9, low + 62),
            (0, low + 70),
            (-9, low + 62),
            (-9, low + 14),
            (-neck - 4, low + 6),
            (-neck - 8, top + 2),
        ),
        trace((neck + 12, top + 4), (neck + 6, low + 40), (-neck - 6, low + 40), (-neck - 12, top + 4)),
    )
    shape = look.random.choice(shapes)
    half = trace((0, low), *neck_steps(block))
    hole = np.concatenate([half, mirrored(half)[::-1]])
    canvas.fill(np.concatenate([shape, hole[::-1]]), look.accent, within=outline, volume=0.2, contour=0.6)
    for x, y in along(shape, 22, 0.04, 0.96) * (0.86, 1) - (0, 3):
        if y > low - 8:
            canvas.fill(ellipse(x, y, 1.6, 1.6), look.paint.third, within=outline, volume=0, contour=0)
    draw_rib(canvas, block, shade(look.accent, 0.1))


def dress(canvas: Canvas, look: Look) -> None:
    sleeve = look.random.choice((0, 0, 28, 44)) if look.cut != "Shirt" else 100
    neckline = look.random.choice(("round", "v", "scoop", "square")) if look.cut != "Strappy" else "strap"
    bottom = {"Maxi": 146, "Shift": 104, "Strappy": 100}.get(look.cut, look.random.uniform(98, 118))
    flare = {"Shift": 1.12, "Bodycon": 0.98, "Maxi": 1.55, "Shirt": 1.3}.get(look.cut, 1.75)
    block = block_for(look, sleeve=0 if look.cut == "Strappy" else sleeve, bottom=bottom, neckline=neckline)
    scale = 0.86
    block = replace(
        block,
        hem=block.hem * flare * (0.9 if look.is_childs else 1),
        shoulder=block.shoulder * 0.9,
        chest=block.chest * scale,
        waist=block.waist * (scale if look.cut != "Shift" else 1),
        top=block.top - 18,
        armpit=block.armpit - 22,
        neck=block.neck * 0.9,
    )
    if not block.sleeve:
        block = replace(block, shoulder=block.neck + (7 if look.cut == "Strappy" else 14))
    draw_back(canvas, block, look.colour)
    draw_sleeves(canvas, block, look.paint)
    outline = _draw_gown(canvas, block, look)
    if look.cut == "Shirt":
        draw_placket(canvas, outline, look.paint, block.top + block.drop, block.bottom + 8, 8)
        draw_shirt_collar(canvas, block, look.paint, fall=18)
    else:
        draw_rib(canvas, block, look.colour)


def _draw_gown(canvas: Canvas, block: Block, look: Look) -> Points:
    waisted = look.cut not in ("Shift", "Bodycon")
    waist = block.armpit + 48
    low = block.bottom
    inset = block.shoulder - (7 if block.sleeve else 3)
    half = trace(
        (0, block.top + block.drop),
        *neck_steps(block),
        (block.shoulder, shoulder_height(block)),
        (inset, block.top + 28, inset + 1, block.armpit - 8, block.chest, block.armpit),
        (block.waist, waist - 20, block.waist, waist),
        (block.waist + (block.hem - block.waist) * (0.35 if waisted else 0.6), waist + 28, block.hem, low),
        (block.hem * 0.5, low + 9, 0, low + 9),
    )
    outline = symmetric(half)
    canvas.fill(outline, look.paint)
    folds = replace(block, bottom=low)
    if waisted:
        draw_flare_folds(canvas, replace(folds, armpit=2 * waist - min(low, 110)), outline, look, 7)
        belt = trace((-block.waist - 3, waist - 1), (0, waist + 5, block.waist + 3, waist - 1))
        canvas.fill(
            ribbon(belt, 9),
            look.accent if look.random.random() < 0.5 else shade(look.colour, 0.2),
            within=outline,
            volume=0.4,
            contour=0.5,
        )
    if look.cut == "Tiered":
        for share in (0.42, 0.72):
            y, wide = waist + (low - waist) * share, block.hem
            tier = trace((-wide, y - 2), (0, y + 8, wide, y - 2))
            canvas.overlay(ribbon(tier + (0, 2), 6), INK, 0.25, blur=1.2, within=outline)
            canvas.line(tier, seam_colour(look.colour), 1.1, within=outline)
    hem = trace((-block.hem, low - 6), (0, low + 7, block.hem, low - 6))
    canvas.line(hem, seam_colour(look.colour), 0.8, within=outline)
    return outline
