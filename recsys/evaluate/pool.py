"""Products with their vectors and 16 × 16 thumbnails. A part of a pool shares the arrays of the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys.core.linalg import unit
from recsys.core.roles import NO_OVERRIDES
from recsys.errors import CatalogError, PictureError
from recsys.images.decode import decode
from recsys.runtime.hashing import sha256
from recsys.types import Item, Pixels, Product, Rows, Vectors

THUMBNAIL_SIDE_PX = 16
THUMBNAIL = np.dtype((np.uint8, 3 * THUMBNAIL_SIDE_PX**2))
BATCH_SIZE = 32
BLOCK_ROWS = 8192

Encode = Callable[[Sequence[Image.Image]], Vectors]


class Pool:
    """Products for an evaluation: unit `vectors` [n, dim], and `pixels`, their thumbnails, uint8 [n, 768]."""

    def __init__(
        self,
        items: Sequence[Item],
        vectors: Vectors,
        pixels: Pixels,
        rows: Rows | None = None,
        role_overrides: Mapping[str, str | None] = NO_OVERRIDES,
    ):
        """`rows` are the rows of the arrays that belong to this pool, all by default.

        `role_overrides` are those of `Roles`.
        """
        self._items, self._vectors, self._pixels = items, vectors, pixels
        self._rows = np.arange(len(items)) if rows is None else rows
        self.role_overrides = role_overrides

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, chosen: npt.NDArray[np.bool_] | Rows) -> Pool:
        """The products at these places, or of this mask."""
        return Pool(self._items, self._vectors, self._pixels, self._rows[chosen], self.role_overrides)

    def with_vectors(self, vectors: Vectors) -> Pool:
        """The same products with other vectors [n, dim]."""
        return Pool(self.items, vectors, self.pixels, role_overrides=self.role_overrides)

    def sample(self, max_count: int, purpose: str) -> Rows:
        """The places of at most `max_count` products, sampled by a hash of `purpose` and their ids, ascending."""
        order = sorted(range(len(self)), key=lambda row: sha256(f"{purpose} {self.items[row].id}".encode()))
        return np.array(sorted(order[:max_count]), np.int64)

    @cached_property
    def items(self) -> list[Item]:
        """The items, in order."""
        return [self._items[row] for row in self._rows]

    @property
    def vectors(self) -> Vectors:
        """A copy of the vectors, [n, dim]."""
        return self._vectors[self._rows]

    @property
    def pixels(self) -> Pixels:
        """A copy of the pixels of the thumbnails, uint8 [n, 768]."""
        return self._pixels[self._rows]

    @property
    def thumbnails(self) -> Vectors:
        """The vectors of the baseline: the centred pixels of the thumbnails as unit vectors, [n, 768]."""
        return _centred(self.pixels)

    def vector_blocks(self) -> Iterator[Vectors]:
        """The vectors in blocks of rows."""
        yield from (self._vectors[rows] for rows in self._blocks())

    def thumbnail_blocks(self) -> Iterator[Vectors]:
        """The thumbnails in blocks of rows."""
        yield from (_centred(self._pixels[rows]) for rows in self._blocks())

    def _blocks(self) -> Iterator[Rows]:
        yield from (self._rows[start : start + BLOCK_ROWS] for start in range(0, len(self), BLOCK_ROWS))


def embed(products: Iterable[Product], encode: Encode) -> Pool:
    """Embed the products, leaving out those whose picture cannot be read. Raises CatalogError where none is left."""
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
            "There is no picture to evaluate on: none can be read, or training saw all of them."
            " Check the dataset and its image column."
        )
    return Pool(items, np.concatenate(vectors), np.stack(pixels))


def encode_in_batches(pictures: Sequence[Image.Image], encode: Encode) -> Vectors:
    """The unit vectors of the pictures, [n, dim]; there is at least one."""
    starts = range(0, len(pictures), BATCH_SIZE)
    return np.concatenate([encode(pictures[start : start + BATCH_SIZE]) for start in starts])


def first_picture(products: Iterable[Product], pool: Pool) -> Image.Image:
    """The decoded picture of the first product of the pool; `products` are those that the pool was made from."""
    first = pool.items[0].id
    return decode(next(product.picture or b"" for product in products if product.item.id == first))


def thumbnail_pixels(image: Image.Image) -> Pixels:
    """16 × 16 RGB pixels of a decoded picture, uint8 [768]."""
    return np.asarray(image.resize((THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX), Image.Resampling.BOX)).ravel()


def thumbnail_vectors(images: Sequence[Image.Image]) -> Vectors:
    """The vectors of the baseline for these pictures, [n, 768]."""
    return _centred(np.stack([thumbnail_pixels(decode(image)) for image in images]))


def _centred(pixels: Pixels) -> Vectors:
    return unit(pixels.astype(np.float32) / 255 - 0.5)
