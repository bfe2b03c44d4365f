"""Fits the threshold for parts of pictures, on drawn pictures without a product."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from recsys.core.crops import CropCalibration
from recsys.evaluate.corruptions import clutter
from recsys.recommend.picture_part import PartChooser

PICTURES = 120
BATCH = 8
SIZE_PX = (240, 320)
MIN_PRODUCTS = 100
"""In a smaller catalogue no threshold is fitted, and a part of a picture never counts as close."""
SEED = 14

Random = np.random.Generator


def fit_crops(chooser: PartChooser, count: int = PICTURES) -> CropCalibration:
    """Fit to what a scan finds in `count` drawn pictures, of clutter and of textures."""
    random = np.random.default_rng(SEED)
    batches = (clutter_and_textures(BATCH, random) for _ in range(count // BATCH))
    scores = [part.score for pictures in batches for part in chooser.scan(pictures)]
    return CropCalibration.fit(np.array(scores, dtype=np.float32))


def clutter_and_textures(count: int, random: Random) -> list[Image.Image]:
    """Drawn pictures without a product: every other one is clutter, without pieces of products, or a texture."""
    return [texture(SIZE_PX, random) if number % 2 else clutter(SIZE_PX, [], random) for number in range(count)]


def texture(size: tuple[int, int], random: Random) -> Image.Image:
    """A rough surface of two colours, such as cloth, stone or grass: noise of several scales, each stretched."""
    relief = np.zeros((size[1], size[0]), dtype=np.float32)
    for _ in range(int(random.integers(2, 5))):
        cells = np.exp(random.uniform(np.log(4), np.log(160), size=2)).round().astype(int)
        noise = Image.fromarray(random.uniform(0, 255, size=tuple(cells)).astype(np.uint8))
        relief += random.uniform(0.2, 1) * np.asarray(noise.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)
    low, high = relief.min(), relief.max()
    share = ((relief - low) / (high - low))[..., None]
    dark, light = random.uniform(20, 180, size=3), random.uniform(80, 250, size=3)
    picture = Image.fromarray((dark + share * (light - dark)).clip(0, 255).astype(np.uint8))
    return picture.filter(ImageFilter.GaussianBlur(random.uniform(0, 1)))
