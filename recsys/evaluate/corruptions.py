"""Corruptions that turn a product picture on white into a visitor's photo: clutter, rotation, darkness, blur.

Each corruption takes the picture, other pictures to cut clutter from, and a random generator, so that the same seed
gives the same picture. The code is deliberately separate from the augmentations of training: sharing them would make
the evaluation too easy.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from recsys.runtime.hashing import sha256

NEAR_WHITE = 245
"""The lowest level of 256 that counts as white background."""
MASK_SIDE_PX = 128
MIN_BACKGROUND_SHARE = 0.1
MIN_PRODUCT_SHARE = 0.1
"""With a smaller share of the picture, the product cannot be separated from its background."""
MAX_DEGREES = 20
MIN_CROP_SHARE = 0.7
BRIGHTNESS = (0.35, 0.65)
MAX_TINT = 0.08
BLUR_SHARE = (0.005, 0.015)
"""The radius of the blur as a share of the longer side."""
JPEG_QUALITY = (15, 40)
LIGHT_CROP_SHARE = 0.9
LIGHT_BRIGHTNESS = (0.75, 1.15)
LIGHT_JPEG_QUALITY = (40, 80)
SATURATION = 0.55
"""The saturation of the colours of the clutter."""

Random = np.random.Generator
Corruption = Callable[[Image.Image, Sequence[Image.Image], Random], Image.Image | None]


def seeded(purpose: str, item_id: str) -> Random:
    """A random generator whose numbers depend on the purpose and the product alone."""
    return np.random.default_rng(int(sha256(f"{purpose} {item_id}".encode())[:16], 16))


def cluttered(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image | None:
    """The product on a cluttered background; None where it cannot be separated from its own background."""
    return _on_clutter(picture, others, random, degrees=0.0)


def rotated(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """Rotated by up to 20° to either side, on white."""
    return _rotated(picture, random.uniform(-MAX_DEGREES, MAX_DEGREES), "white")


def cropped(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """A random crop of 70 to 100 % of each side."""
    width, height = (max(1, round(side * random.uniform(MIN_CROP_SHARE, 1))) for side in picture.size)
    left = int(random.integers(picture.width - width + 1))
    top = int(random.integers(picture.height - height + 1))
    return picture.crop((left, top, left + width, top + height))


def darkened(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """With 35 to 65 % of the light and a warm or cold tint."""
    warmth = random.uniform(-MAX_TINT, MAX_TINT)
    light = random.uniform(*BRIGHTNESS) * np.array([1 + warmth, 1, 1 - warmth])
    return Image.fromarray((np.asarray(picture, dtype=np.float32) * light).clip(0, 255).astype(np.uint8))


def blurred(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """With a Gaussian blur whose radius is 0.5 to 1.5 % of the longer side."""
    return picture.filter(ImageFilter.GaussianBlur(random.uniform(*BLUR_SHARE) * max(picture.size)))


def recompressed(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """Compressed as a JPEG of quality 15 to 40."""
    return _compressed(picture, int(random.integers(*JPEG_QUALITY)))


def all_at_once(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image | None:
    """Rotated, cluttered, cropped, darkened, blurred and recompressed."""
    photo = _on_clutter(picture, others, random, degrees=random.uniform(-MAX_DEGREES, MAX_DEGREES))
    for corrupt in (cropped, darkened, blurred, recompressed):
        photo = corrupt(photo, others, random) if photo else None
    return photo


def lightly_changed(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """A random crop of 90 % of each side, with 75 to 115 % of the light, compressed as a JPEG of quality 40 to 80."""
    width, height = (max(1, round(LIGHT_CROP_SHARE * side)) for side in picture.size)
    left = int(random.integers(picture.width - width + 1))
    top = int(random.integers(picture.height - height + 1))
    photo = picture.crop((left, top, left + width, top + height))
    light = random.uniform(*LIGHT_BRIGHTNESS)
    photo = Image.fromarray((np.asarray(photo, dtype=np.float32) * light).clip(0, 255).astype(np.uint8))
    return _compressed(photo, int(random.integers(*LIGHT_JPEG_QUALITY)))


def greyscale(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """Converted to greyscale."""
    return picture.convert("L").convert("RGB")


def mirrored(picture: Image.Image, others: Sequence[Image.Image], random: Random) -> Image.Image:
    """Mirrored horizontally."""
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


CORRUPTIONS: dict[str, Corruption] = {
    corrupt.__name__.replace("_", " "): corrupt
    for corrupt in (cluttered, rotated, cropped, darkened, blurred, recompressed, all_at_once, greyscale, mirrored)
}


def cut_out(picture: Image.Image) -> Image.Image | None:
    """The mask of the product: 0 on the near-white background that reaches the border, 255 elsewhere.

    None where the background or the product is less than a tenth of the picture.
    """
    darkest = Image.fromarray(np.asarray(picture).min(axis=2))
    white = darkest.point(lambda level: 255 if level >= NEAR_WHITE else 0)
    small = white.copy()
    small.thumbnail((MASK_SIDE_PX, MASK_SIDE_PX), Image.Resampling.BOX)
    small = small.point(lambda level: 255 if level >= 128 else 0)
    framed = Image.new("L", (small.width + 2, small.height + 2), 255)
    framed.paste(small.filter(ImageFilter.MinFilter(3)), (1, 1))
    ImageDraw.floodfill(framed, (0, 0), 128)
    reached = framed.point(lambda level: 255 if level == 128 else 0).crop((1, 1, small.width + 1, small.height + 1))
    near = reached.filter(ImageFilter.MaxFilter(3)).resize(white.size, Image.Resampling.NEAREST)
    ground = ImageChops.multiply(near, white)
    share = float(np.asarray(ground).mean()) / 255
    return ImageChops.invert(ground) if MIN_BACKGROUND_SHARE <= share <= 1 - MIN_PRODUCT_SHARE else None


def _on_clutter(
    picture: Image.Image, others: Sequence[Image.Image], random: Random, degrees: float
) -> Image.Image | None:
    mask = cut_out(picture)
    if mask is None:
        return None
    product, mask = _rotated(picture, degrees, "white"), _rotated(mask, degrees, 0)
    soft = mask.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.GaussianBlur(0.7))
    return Image.composite(product, clutter(picture.size, others, random), soft)


def _compressed(picture: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def _rotated(image: Image.Image, degrees: float, fill: str | int) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=fill) if degrees else image


def clutter(size: tuple[int, int], others: Sequence[Image.Image], random: Random) -> Image.Image:
    """A soft gradient of colours with some shapes and pieces of other pictures on it."""
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
    """Random colours [..., 3] of limited saturation, as in the photo of a room."""
    pure = random.uniform(10, 250, size=shape)
    return (pure * SATURATION + pure.mean(-1, keepdims=True) * (1 - SATURATION)).astype(np.uint8)


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
    """Paste a random part of another picture at a random place."""
    shares = random.uniform(0.3, 0.8, size=2)
    width, height = (max(1, int(side * share)) for side, share in zip(other.size, shares, strict=True))
    left, top = int(random.integers(other.width - width + 1)), int(random.integers(other.height - height + 1))
    piece = other.crop((left, top, left + width, top + height))
    zoom = random.uniform(0.4, 0.9) * max(ground.size) / max(piece.size)
    piece = piece.resize((max(1, round(width * zoom)), max(1, round(height * zoom))), Image.Resampling.BICUBIC)
    place = random.uniform(-0.3, 0.8, size=2) * ground.size
    ground.paste(piece, (round(float(place[0])), round(float(place[1]))))
