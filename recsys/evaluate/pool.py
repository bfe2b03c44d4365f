"""Products with their vectors and their 16 × 16 thumbnails, and parts of them without a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys.core.linalg import unit
from recsys.errors import CatalogError, PictureError
from recsys.images.decode import decode
from recsys.runtime.hashing import sha256
from recsys.types import Item, Pixels, Product, Rows, Vectors

THUMBNAIL_SIDE = 16
THUMBNAIL = np.dtype((np.uint8, 3 * THUMBNAIL_SIDE**2))
BATCH_SIZE = 32
BLOCK = 8192

Encode = Callable[[Sequence[Image.Image]], Vectors]


class Pool:
    """Products to ask for or to find: `vectors` [n, dim] are unit, `pixels` uint8 [n, 768] their thumbnails."""

    def __init__(self, items: Sequence[Item], vectors: Vectors, pixels: Pixels, rows: Rows | None = None):
        """`rows` are those of the arrays that belong to this pool, all by default."""
        self._items, self._vectors, self._pixels = items, vectors, pixels
        self._rows = np.arange(len(items)) if rows is None else rows

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, chosen: npt.NDArray[np.bool_] | Rows) -> Pool:
        """The part of these places, or of this mask."""
        return Pool(self._items, self._vectors, self._pixels, self._rows[chosen])

    def with_vectors(self, vectors: Vectors) -> Pool:
        """The same products with other vectors, [n, dim]."""
        return Pool(self.items, vectors, self._pixels[self._rows])

    def drawn(self, most: int, purpose: str) -> Rows:
        """The places of at most so many of the products, drawn by their ids."""
        order = sorted(range(len(self)), key=lambda row: sha256(f"{purpose} {self.items[row].id}".encode()))
        return np.array(sorted(order[:most]), np.int64)

    @cached_property
    def items(self) -> list[Item]:
        """The items, in order."""
        return [self._items[row] for row in self._rows]

    @property
    def vectors(self) -> Vectors:
        """A copy of the vectors, [n, dim]."""
        return self._vectors[self._rows]

    @property
    def thumbnails(self) -> Vectors:
        """The baseline that any encoder has to beat: the pixels of the thumbnails, centred, as unit vectors."""
        return _centred(self._pixels[self._rows])

    def vector_blocks(self) -> Iterator[Vectors]:
        """The vectors, some thousand at a time."""
        yield from (self._vectors[rows] for rows in self._blocks())

    def thumbnail_blocks(self) -> Iterator[Vectors]:
        """The thumbnails' vectors, some thousand at a time."""
        yield from (_centred(self._pixels[rows]) for rows in self._blocks())

    def _blocks(self) -> Iterator[Rows]:
        yield from (self._rows[start : start + BLOCK] for start in range(0, len(self), BLOCK))


def embed(products: Iterable[Product], encode: Encode) -> Pool:
    """The products whose picture can be read. Raises CatalogError where there is none."""
    items: list[Item] = []
    batch: list[Image.Image] = []
    vectors: list[Vectors] = []
    pixels: list[Pixels] = []
    for product in products:
        try:
            batch.append(decode(product.picture or b""))
        except PictureError:
            continue
        items.append(product.item)
        pixels.append(thumbnail_pixels(batch[-1]))
        if len(batch) == BATCH_SIZE:
            vectors.append(encode(batch))
            batch = []
    if batch:
        vectors.append(encode(batch))
    if not items:
        raise CatalogError(
            "There is no picture to judge by: none can be read, or training saw them all."
            " Check the dataset and its image column."
        )
    return Pool(items, np.concatenate(vectors), np.stack(pixels))


def first_picture(products: Iterable[Product], pool: Pool) -> Image.Image:
    """The picture of the first product of the pool, which is made of these products."""
    first = pool.items[0].id
    return decode(next(product.picture or b"" for product in products if product.item.id == first))


def thumbnail_pixels(image: Image.Image) -> Pixels:
    """16 × 16 RGB pixels of a decoded picture, uint8 [768]."""
    return np.asarray(image.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX)).ravel()


def thumbnail_vectors(images: Sequence[Image.Image]) -> Vectors:
    """The baseline's vectors of these pictures, [n, 768]."""
    return _centred(np.stack([thumbnail_pixels(decode(image)) for image in images]))


def _centred(pixels: Pixels) -> Vectors:
    return unit(pixels.astype(np.float32) / 255 - 0.5)
