"""Prints on the chest of a garment: a few invented motifs in the accent colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.curves import Points, box, ellipse, ribbon, trace
from sample_shop.look import Look
from sample_shop.palette import mix, shade, tint
from sample_shop.patterns import Paint


def draw_emblem(canvas: Canvas, look: Look, y: float, size: float, outline: Points) -> None:
    """Draw one of the motifs, chosen at random, around height y. `outline` clips it."""
    motifs = (_sun, _peaks, _bars, _star, _wave)
    look.random.choice(motifs)(canvas, look, y, size, outline)


def _sun(canvas: Canvas, look: Look, y: float, size: float, outline: Points) -> None:
    disc = ellipse(0, y, size, size)
    canvas.fill(disc, look.accent, volume=0, contour=0, within=outline)
    for i in range(5):
        height = 1.5 + i * 1.1
        canvas.fill(
            box(0, y + size * (0.05 + i * 0.21), 2.2 * size, height),
            look.paint.colour,
            within=disc,
            volume=0,
            contour=0,
        )


def _peaks(canvas: Canvas, look: Look, y: float, size: float, outline: Points) -> None:
    disc = ellipse(0, y, size, size)
    third = look.paint.third
    canvas.fill(disc, tint(look.accent, 0.5), volume=0, contour=0, within=outline)
    canvas.fill(ellipse(size * 0.35, y - size * 0.35, size * 0.2, size * 0.2), third, within=disc, volume=0, contour=0)
    for x, top, colour in ((0.4, -0.15, mix(look.colour, look.accent, 0.4)), (-0.25, -0.45, shade(look.colour, 0.3))):
        peak = np.array([(x - 0.9, 1.0), (x, top), (x + 0.9, 1.0)]) * size + (0, y)
        canvas.fill(peak, colour, within=disc, volume=0, contour=0)


def _bars(canvas: Canvas, look: Look, y: float, size: float, outline: Points) -> None:
    widths = (1.9, 1.4, 1.7)
    for row, width in enumerate(widths):
        left = -size * 0.95
        at = y + (row - 1) * size * 0.62
        ink = look.accent if row % 2 == 0 else look.paint.third
        while left < -size * 0.95 + width * size:
            letter = look.random.uniform(0.16, 0.34) * size
            canvas.fill(box(left + letter / 2, at, letter, size * 0.4, 1.5), ink, within=outline, volume=0, contour=0)
            left += letter + size * 0.1


def _star(canvas: Canvas, look: Look, y: float, size: float, outline: Points) -> None:
    angles = np.radians(np.arange(-90, 270, 36))
    radii = np.where(np.arange(10) % 2 == 0, size, size * 0.44)
    star = np.stack([radii * np.cos(angles), y + radii * np.sin(angles)], axis=1)
    canvas.fill(star, look.accent, within=outline, volume=0, contour=0)
    canvas.fill((star - (0, y)) * 0.55 + (0, y), look.paint.third, within=outline, volume=0, contour=0)


def _wave(canvas: Canvas, look: Look, y: float, size: float, outline: Points) -> None:
    for row in range(4):
        at = y + (row - 1.5) * size * 0.5
        wave = trace(
            (-size * 1.1, at), (-size * 0.5, at - size * 0.7, 0, at), (size * 0.5, at + size * 0.7, size * 1.1, at)
        )
        ink = mix(look.accent, look.paint.third, row / 3)
        canvas.fill(ribbon(wave, size * 0.24), ink, within=outline, volume=0, contour=0)


def base_paint(look: Look) -> Paint:
    """The paint of the main fabric: solid if the pattern is a print on the chest."""
    return replace(look.paint, pattern="Solid") if look.paint.pattern == "Printed" else look.paint
