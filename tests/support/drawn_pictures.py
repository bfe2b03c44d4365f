"""Drawn pictures of ellipses on backgrounds, and the boxes that are found in them."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from recsys.images.crop import automatic_box, box_at, product_boxes
from recsys.images.segment import Segmentation

SIZE = (450, 600)
COLOURS = {"white": "#ffffff", "black": "#101010", "grey": "#8c8c8c", "pink": "#f0b8c8", "blue": "#2b4a9c"}


def drawn(*shapes, ground="#ffffff"):
    """A picture of these ellipses: (left, top, right, bottom in pixels, colour)."""
    image = Image.new("RGB", SIZE, ground)
    pen = ImageDraw.Draw(image)
    for *corners, colour in shapes:
        pen.ellipse(corners, fill=colour)
    return image


def noisy(image, level):
    noise = np.random.default_rng(0).normal(0, level, (image.height, image.width, 1))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def compressed(image, quality=70):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def vignetted(image, strength=0.3):
    x, y = np.meshgrid(np.linspace(-1, 1, image.width), np.linspace(-1, 1, image.height))
    light = 1 - strength * (x * x + y * y) / 2
    return Image.fromarray((np.asarray(image) * light[..., None]).astype(np.uint8))


def shadowed(image, shape):
    """In the soft shadow of an ellipse."""
    shade = Image.new("L", image.size)
    ImageDraw.Draw(shade).ellipse(shape, fill=255)
    shade = np.asarray(shade.filter(ImageFilter.GaussianBlur(30)), dtype=np.float32) / 255
    return Image.fromarray((np.asarray(image) * (1 - 0.15 * shade[..., None])).astype(np.uint8))


def textured():
    """A ground with as many edges as a carpet."""
    tiles = np.random.default_rng(0).integers(0, 256, (24, 18, 3), dtype=np.uint8)
    return Image.fromarray(tiles).resize(SIZE, Image.Resampling.NEAREST)


def covers(box, corners):
    left, top, right, bottom = box.pixels(SIZE)
    return left <= corners[0] and top <= corners[1] and right > corners[2] and bottom > corners[3]


def aspect(box):
    left, top, right, bottom = box.pixels(SIZE)
    return (right - left) / (bottom - top)


PRODUCT = (250, 100, 340, 220)
COLOURED = {"white": "#b3262e", "black": "#b3262e", "grey": "#e8e0d0", "pink": "#f8f8f8", "blue": "#3f66c4"}


def automatic(picture):
    return automatic_box(Segmentation.from_picture(picture))


def items(picture):
    return product_boxes(Segmentation.from_picture(picture))


def around(picture, x, y):
    return box_at(Segmentation.from_picture(picture), x, y)
