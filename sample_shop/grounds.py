"""Grounds to photograph a product on: boards, bed linen, pavement, a rug, stone and moss, made of noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

from sample_shop.palette import RGB

Pixels = npt.NDArray[np.floating]
Random = np.random.Generator
Ground = Callable[[int, int, Random], Pixels]
"""Width, height → pixels [height, width, 3] from 0 to 255."""


def noise(width: int, height: int, cell: tuple[float, float], random: Random, octaves: int = 4) -> Pixels:
    """Smooth noise [height, width] around 0, about -1 to 1; `cell` is the size of its largest spots in pixels."""
    total, weight = np.zeros((height, width), np.float32), 0.0
    for octave in range(octaves):
        across = max(2, round(width / cell[0] * 2**octave) + 1)
        down = max(2, round(height / cell[1] * 2**octave) + 1)
        spots = Image.fromarray(random.uniform(-1, 1, (down, across)).astype(np.float32))
        total += np.asarray(spots.resize((width, height), Image.Resampling.BICUBIC)) / 2**octave
        weight += 0.5**octave
    return total / weight


def boards(colour: RGB, board_px: int) -> Ground:
    """Wooden boards that run from left to right."""

    def paint(width: int, height: int, random: Random) -> Pixels:
        row = (np.arange(height) + random.integers(board_px)) // board_px
        tones = random.uniform(-14, 14, row.max() + 1)[row][:, None]
        shift = random.integers(0, width, row.max() + 1)[row]
        grain = noise(2 * width, height, (420, 7), random)[
            np.arange(height)[:, None], np.arange(width) + shift[:, None]
        ]
        light = tones + 16 * grain + 5 * noise(width, height, (60, 3), random, 2)
        gap = (np.diff(row, prepend=row[0]) != 0) | (np.diff(row, append=row[-1]) != 0)
        light[gap] -= 46
        return _tinted(colour, light)

    return paint


def linen(colour: RGB, fold: float) -> Ground:
    """Bed linen: soft folds over a fine weave."""

    def paint(width: int, height: int, random: Random) -> Pixels:
        relief = noise(width, height, (width / 1.6, height / 2.6), random, 3) + 0.5 * noise(
            width, height, (width / 5, height), random, 2
        )
        slope = np.gradient(relief, axis=1) + 0.6 * np.gradient(relief, axis=0)
        weave = random.normal(0, 3.2, (height, width)).astype(np.float32)
        return _tinted(colour, fold * slope * width + weave)

    return paint


def pavement(colour: RGB, slab_px: int) -> Ground:
    """Slabs of concrete with seams and specks."""

    def paint(width: int, height: int, random: Random) -> Pixels:
        rough = random.normal(0, 9, (height, width)).astype(np.float32)
        light = 13 * noise(width, height, (190, 190), random, 5) + rough
        column = (np.arange(width) + random.integers(slab_px)) % slab_px < 4
        row = (np.arange(height) + random.integers(slab_px)) % slab_px < 4
        light[:, column] -= 38
        light[row] -= 38
        return _tinted(colour, light)

    return paint


def rug(colours: tuple[RGB, ...], stripe_px: int) -> Ground:
    """A woven rug of wide stripes."""

    def paint(width: int, height: int, random: Random) -> Pixels:
        wave = 3 * noise(width, height, (width / 3, height / 3), random, 2)
        stripe = ((np.arange(height)[:, None] + wave) // stripe_px).astype(int) % len(colours)
        knots = 9 * np.sin(np.arange(width) * 1.05) * np.sin(np.arange(height)[:, None] * 0.8)
        light = knots + random.normal(0, 8, (height, width)) + 8 * noise(width, height, (240, 240), random)
        return np.array(colours, np.float32)[stripe] + light[..., None].astype(np.float32)

    return paint


def stone(colour: RGB, vein: RGB) -> Ground:
    """A polished table of stone with veins."""

    def paint(width: int, height: int, random: Random) -> Pixels:
        field = noise(width, height, (width / 2, height / 2), random, 5)
        share = np.clip(1 - np.abs(field) / 0.05, 0, 1)[..., None] * 0.55
        plain = _tinted(colour, 7 * noise(width, height, (260, 260), random, 5))
        return plain * (1 - share) + np.array(vein, np.float32) * share

    return paint


def _tinted(colour: RGB, light: Pixels) -> Pixels:
    return np.array(colour, np.float32) + light[..., None].astype(np.float32)
