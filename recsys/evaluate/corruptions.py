"""A product picture on white as a visitor would have taken it: cut out, on a cluttered ground, turned, dark, unsharp.

Everything is drawn by one generator, so that the same seed gives the same picture. This is the exam, and shares nothing
with the pictures that an encoder is trained on.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

NEAR_WHITE = 245
MASK_SIDE = 128
LEAST_GROUND, LEAST_PRODUCT = 0.1, 0.1
"""Shares of a picture: with less, its product cannot be told from its ground."""
MOST_DEGREES = 20
LEAST_KEPT = 0.7
BRIGHTNESS = (0.35, 0.65)
BLUR = (0.005, 0.015)
JPEG_QUALITY = (15, 40)
COLOURFULNESS = 0.55

Random = np.random.Generator
Photograph = Callable[[Image.Image, Sequence[Image.Image], Random], Image.Image | None]


def cluttered(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image | None:
    """The product on another ground; None where it cannot be told from its own."""
    return _on_clutter(picture, others, random, degrees=0.0)


def rotated(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """Turned by up to 20° either way, on white."""
    return _turned(picture, random.uniform(-MOST_DEGREES, MOST_DEGREES), "white")


def cropped(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """70 to 100 % of each side, from anywhere."""
    width, height = (max(1, round(side * random.uniform(LEAST_KEPT, 1))) for side in picture.size)
    left = int(random.integers(picture.width - width + 1))
    top = int(random.integers(picture.height - height + 1))
    return picture.crop((left, top, left + width, top + height))


def darkened(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """In a third to two thirds of the light, with a tint of warm or cold."""
    warmth = random.uniform(-0.08, 0.08)
    light = random.uniform(*BRIGHTNESS) * np.array([1 + warmth, 1, 1 - warmth])
    return Image.fromarray((np.asarray(picture, dtype=np.float32) * light).clip(0, 255).astype(np.uint8))


def blurred(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """Out of focus, by 0.5 to 1.5 % of its longer side."""
    return picture.filter(ImageFilter.GaussianBlur(random.uniform(*BLUR) * max(picture.size)))


def recompressed(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """Through a JPEG of quality 15 to 40."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=int(random.integers(*JPEG_QUALITY)))
    return Image.open(file).convert("RGB")


def all_at_once(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image | None:
    """Turned, on clutter, cropped, darkened, blurred and recompressed."""
    photo = _on_clutter(picture, others, random, degrees=random.uniform(-MOST_DEGREES, MOST_DEGREES))
    for spoil in (cropped, darkened, blurred, recompressed):
        photo = spoil(photo, others, random) if photo else None
    return photo


def greyscale(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """Without colour."""
    return picture.convert("L").convert("RGB")


def mirrored(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """Left for right."""
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


PHOTOGRAPHS: dict[str, Photograph] = {
    "cluttered": cluttered,
    "rotated": rotated,
    "cropped": cropped,
    "darkened": darkened,
    "blurred": blurred,
    "recompressed": recompressed,
    "all at once": all_at_once,
    "greyscale": greyscale,
    "mirrored": mirrored,
}
"""What visitors do to a picture; each takes the picture, other ones for the clutter, and a generator."""


def cut_out(picture: Image.Image) -> Image.Image | None:
    """The mask of the product, 255 on it and 0 on the near-white ground that reaches the border.

    None where there is hardly any such ground, or hardly anything else.
    """
    darkest = Image.fromarray(np.asarray(picture).min(axis=2))
    white = darkest.point(lambda level: 255 if level >= NEAR_WHITE else 0)
    small = white.copy()
    small.thumbnail((MASK_SIDE, MASK_SIDE), Image.Resampling.BOX)
    small = small.point(lambda level: 255 if level >= 128 else 0)
    framed = Image.new("L", (small.width + 2, small.height + 2), 255)
    framed.paste(small.filter(ImageFilter.MinFilter(3)), (1, 1))
    ImageDraw.floodfill(framed, (0, 0), 128)
    reached = framed.point(lambda level: 255 if level == 128 else 0).crop((1, 1, small.width + 1, small.height + 1))
    near = reached.filter(ImageFilter.MaxFilter(3)).resize(white.size, Image.Resampling.NEAREST)
    ground = ImageChops.multiply(near, white)
    share = float(np.asarray(ground).mean()) / 255
    return ImageChops.invert(ground) if LEAST_GROUND <= share <= 1 - LEAST_PRODUCT else None


def _on_clutter(
    picture: Image.Image, others: Sequence[Image.Image], random: Random, degrees: float
) -> Image.Image | None:
    mask = cut_out(picture)
    if mask is None:
        return None
    product, mask = _turned(picture, degrees, "white"), _turned(mask, degrees, 0)
    soft = mask.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.GaussianBlur(0.7))
    return Image.composite(product, _clutter(picture.size, others, random), soft)


def _turned(image: Image.Image, degrees: float, fill: str | int) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=fill) if degrees else image


def _clutter(size: tuple[int, int], others: Sequence[Image.Image], random: Random) -> Image.Image:
    """A soft field of colours with some shapes on it, and pieces of other pictures."""
    cells = random.integers(2, 6, size=2)
    field = Image.fromarray(_colours((*cells, 3), random))
    ground = field.resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(ground)
    for _ in range(int(random.integers(3, 8))):
        _shape(pen, size, random)
    ground = ground.filter(ImageFilter.GaussianBlur(random.uniform(0, 0.015) * max(size)))
    for _ in range(int(random.integers(1, 4)) if others else 0):
        _paste_piece(ground, others[int(random.integers(len(others)))], random)
    return ground


def _colours(shape: tuple[int, ...], random: Random) -> npt.NDArray[np.uint8]:
    """Colours [..., 3] as rooms have them: none pure."""
    pure = random.uniform(10, 250, size=shape)
    return (pure * COLOURFULNESS + pure.mean(-1, keepdims=True) * (1 - COLOURFULNESS)).astype(np.uint8)


def _shape(pen: ImageDraw.ImageDraw, size: tuple[int, int], random: Random) -> None:
    colour = tuple(_colours((3,), random).tolist())
    corners = random.uniform(-0.2, 1.2, size=(2, 2)) * size
    (left, top), (right, bottom) = corners.min(0), corners.max(0)
    kind = random.integers(3)
    if kind == 0:
        pen.ellipse((left, top, right, bottom), fill=colour)
    elif kind == 1:
        pen.rectangle((left, top, right, bottom), fill=colour)
    else:
        pen.line((left, top, right, bottom), fill=colour, width=max(1, round(0.05 * min(size))))


def _paste_piece(ground: Image.Image, other: Image.Image, random: Random) -> None:
    """A part of another picture, somewhere."""
    shares = random.uniform(0.3, 0.8, size=2)
    width, height = (max(1, int(side * share)) for side, share in zip(other.size, shares, strict=True))
    left, top = int(random.integers(other.width - width + 1)), int(random.integers(other.height - height + 1))
    piece = other.crop((left, top, left + width, top + height))
    zoom = random.uniform(0.4, 0.9) * max(ground.size) / max(piece.size)
    piece = piece.resize((max(1, round(width * zoom)), max(1, round(height * zoom))), Image.Resampling.BICUBIC)
    place = random.uniform(-0.3, 0.8, size=2) * ground.size
    ground.paste(piece, (round(float(place[0])), round(float(place[1]))))
