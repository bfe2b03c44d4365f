"""Make the photos that visitors may try: python -m sample_shop.photos --output recsys/web/page/static/photos

Each is a drawing that is in no shop of the seeds 0 to 99, laid on a ground and photographed: with creases, perspective,
a shadow, uneven light and the noise of a small camera.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from sample_shop.grounds import Ground, Pixels, Random, boards, linen, noise, pavement, rug, stone
from sample_shop.palette import WHITE
from sample_shop.shop import Design, designs

WIDTH, HEIGHT = 480, 640
"""The size of a photo in pixels."""
SCALE = 2
"""A photo is composed this many times larger, and then scaled down."""
HELD_OUT_SEED = 1_000
DESIGNS = 480
BLACK = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo to make: of which product, on which ground, and how it lies there.

    `size` is the product's share of the frame's height, `angle` its rotation in degrees, `crease` the depth of the
    creases in its cloth, `light` the side from which the light falls, -1 for left, and `warmth` the tint of the light.
    """

    file: str
    product: str
    ground: Ground
    size: float
    angle: float
    crease: float = 0.0
    light: float = -1.0
    warmth: float = 0.0


CARPET = ((204, 190, 166), (168, 92, 74), (204, 190, 166), (92, 102, 124))
PHOTOS = (
    Photo("dress", "Women Peach Floral Bodycon Dress", boards((176, 132, 92), 96), 0.86, -9, 1.0, -1, 0.05),
    Photo("shoe", "Men Red Low-Top Casual Shoes", pavement((150, 147, 141), 1900), 0.6, -3, 0, 1, -0.02),
    Photo("handbag", "Women Tan Bucket Handbag", linen((206, 202, 194), 6), 0.66, 7, 0, -1, 0.02),
    Photo("tshirt", "Women Turquoise Blue Striped Polo T-shirt", linen((176, 182, 190), 5), 0.74, 12, 1.0, 1),
    Photo("watch", "Women Navy Blue Chronograph Watch", stone((58, 56, 58), (140, 132, 122)), 0.78, -24, 0, -1, 0.03),
    Photo("jacket", "Men Olive Hooded Jacket", rug(CARPET, 150), 0.8, 5, 0.6, -1, 0.02),
)


def take(photo: Photo, random: Random) -> Image.Image:
    """The photo, WIDTH × HEIGHT px."""
    width, height = WIDTH * SCALE, HEIGHT * SCALE
    product = _laid(_creased(cut_out(photo.product), photo.crease, random), photo, (width, height))
    scene = photo.ground(width, height, random)
    alpha = np.asarray(product.getchannel("A"), np.float32) / 255
    scene *= 1 - _shadow(product.getchannel("A"), photo.light)[..., None]
    scene = scene * (1 - alpha[..., None]) + np.asarray(product.convert("RGB"), np.float32) * alpha[..., None]
    scene *= _light(width, height, photo.light, random)[..., None]
    scene *= np.array((1 + photo.warmth, 1, 1 - photo.warmth), np.float32)
    scene += random.normal(0, 5, scene.shape).astype(np.float32)
    picture = Image.fromarray(scene.clip(0, 255).astype(np.uint8))
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def cut_out(product: str) -> Image.Image:
    """The product of this name without its page, RGBA. It is drawn on white and on black: what differs is the page."""
    white, on_black = (_design(product).canvas(page).large() for page in (WHITE, BLACK))
    page = ImageChops.difference(white, on_black).convert("L")
    cut = white.copy()
    cut.putalpha(ImageChops.invert(page))
    return cut.crop(cut.getchannel("A").point(lambda level: 255 * (level > 128)).getbbox())


def _design(name: str) -> Design:
    return next(design for design in designs(DESIGNS, HELD_OUT_SEED) if design.item.name == name)


def _creased(product: Image.Image, depth: float, random: Random) -> Image.Image:
    """The cloth with creases: its edge moves a little, and its folds catch the light."""
    if not depth:
        return product
    width, height = product.size
    relief = noise(width, height, (width / 2.5, height / 3.5), random, 4)
    rows = np.clip(np.arange(height)[:, None] + 9 * depth * relief, 0, height - 1).astype(int)
    columns = np.clip(np.arange(width) + 9 * depth * np.roll(relief, 40, 1), 0, width - 1).astype(int)
    pixels = np.asarray(product, np.float32)[rows, columns]
    slope = (np.gradient(relief, axis=1) + np.gradient(relief, axis=0)) * width
    pixels[..., :3] *= (1 + 0.045 * depth * slope.clip(-4, 4))[..., None]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGBA")


def _laid(product: Image.Image, photo: Photo, frame: tuple[int, int]) -> Image.Image:
    """The product on a clear frame: scaled, rotated, and narrower at the top, as seen by someone who stands."""
    turned = product.rotate(photo.angle, Image.Resampling.BICUBIC, expand=True)
    scale = min(photo.size * frame[1] / turned.height, 0.86 * frame[0] / turned.width)
    width, height = round(turned.width * scale), round(turned.height * scale)
    turned = turned.resize((width, height), Image.Resampling.LANCZOS)
    inset = 0.06 * width
    quad = (-inset, 0, 0, height, width, height, width + inset, 0)
    seen = turned.transform((width, height), Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)
    laid = Image.new("RGBA", frame)
    laid.paste(seen, ((frame[0] - width) // 2, (frame[1] - height) // 2))
    return laid


def _shadow(mask: Image.Image, light: float) -> Pixels:
    """How much light the ground loses: close under the product, and softly on the side away from the light."""
    close = ImageChops.offset(mask, round(-5 * light), 7).filter(ImageFilter.GaussianBlur(6))
    wide = ImageChops.offset(mask, round(-20 * light), 26).filter(ImageFilter.GaussianBlur(26))
    return 0.42 * np.asarray(close, np.float32) / 255 + 0.3 * np.asarray(wide, np.float32) / 255


def _light(width: int, height: int, light: float, random: Random) -> Pixels:
    """The light on each pixel: brighter towards one side, with the blurred bars of a window."""
    across, down = np.linspace(-1, 1, width), np.linspace(-1, 1, height)[:, None]
    slope = 1 + 0.14 * light * across - 0.1 * down - 0.1 * (across**2 + down**2)
    bars = np.tanh(6 * np.sin(5.2 * (across * light * 0.8 + down) + random.uniform(0, 6)))
    return (slope * (1 + 0.035 * bars)).astype(np.float32)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make all photos and write them as WebP. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sample_shop.photos", description="Make the photos to try.")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write them to")
    output = parser.parse_args(arguments).output
    output.mkdir(parents=True, exist_ok=True)
    for number, photo in enumerate(PHOTOS):
        file = output / f"{photo.file}.webp"
        take(photo, np.random.default_rng(number)).save(file, "WEBP", quality=72, method=6)
        print(f"{file}: {file.stat().st_size:,} bytes")  # noqa: T201  what this command puts out
    return 0


if __name__ == "__main__":
    sys.exit(main())
