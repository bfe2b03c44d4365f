"""Reads a catalogue once: writes its items and thumbnails to a table, and the vectors of new pictures to a cache.

Throughout this package, the key of a picture is its sha256 in hex.
"""

from __future__ import annotations

import contextlib
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from tqdm import tqdm

from recsys.build.batches import BatchEmbedder
from recsys.build.previous import PreviousIndex
from recsys.build.vector_cache import KeyList, KeySet, VectorCache
from recsys.catalog import Catalog
from recsys.core.items import Items
from recsys.encoder import Encoder
from recsys.errors import CatalogError, PictureError
from recsys.images.decode import decode, thumbnail
from recsys.index.writer import ItemsWriter
from recsys.runtime.hashing import sha256
from recsys.runtime.prefetch import prefetch
from recsys.types import Item, Pixels, Product, Skipped, Vectors

SHARD_BATCHES = 8
"""Batches of vectors in one shard of the cache."""
PREFETCHED_BATCHES = 2
"""Batches of pictures that are decoded while one batch is embedded."""
PREPARED_AT_ONCE = 8
"""Pictures that a thread decodes one after the other."""

Keys = KeySet | VectorCache | PreviousIndex
"""Collections of picture keys."""
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class EmbeddedProduct:
    """A product whose picture is readable. `thumbnail` is empty if the previous index has it."""

    item: Item
    key: str
    thumbnail: bytes


@dataclass(frozen=True, eq=False)
class EmbeddedCatalog:
    """The result of `embed_catalog`: the products with the keys of their pictures, and those left out.

    `embedded` is the number of pictures whose vectors were computed.
    """

    items: Items
    keys: Sequence[str]
    skipped: tuple[Skipped, ...]
    embedded: int


class Products(Sized, Iterable[Product], Protocol):
    """Products in a stable order, such as a catalogue."""


class Engine(Protocol):
    """Reads and embeds the pictures of a catalogue."""

    def __call__(
        self, catalog: Catalog, encoder: Encoder, writer: VectorWriter, reusable: PreviousIndex | None, batch_size: int
    ) -> Iterator[EmbeddedProduct | Skipped]:
        """The products in order. Afterwards `writer` or `reusable` has the vector of every readable picture."""
        ...


def embed_catalog(
    catalog: Catalog,
    encoder: Encoder,
    cache: VectorCache,
    reusable: PreviousIndex | None,
    table: Path,
    batch_size: int,
    engine: Engine,
) -> EmbeddedCatalog:
    """Write items and thumbnails to `table`. Afterwards `cache` or `reusable` has the vector of every picture.

    For pictures that `reusable` has, vector and thumbnail are taken from it. If the pass is interrupted, the vectors of
    complete batches are kept. Raises CatalogError if no picture can be read.
    """
    writer = VectorWriter(cache, SHARD_BATCHES * batch_size)
    keys, rows_kept, skipped = KeyList(), array("q"), list[Skipped]()
    with writer.flushed(), ItemsWriter.for_items(table, catalog.products) as rows:
        for row, product in enumerate(engine(catalog, encoder, writer, reusable, batch_size)):
            if isinstance(product, Skipped):
                skipped.append(product)
                continue
            rows_kept.append(row)
            keys.append(product.key)
            rows.add(product.item, product.thumbnail or (reusable.thumbnail(product.key) if reusable else b""))
    if not keys:
        reason = f" The first reason: {skipped[0].reason}" if skipped else ""
        raise CatalogError(
            f"None of the {len(skipped):,} products of {catalog.dataset} has a readable picture.{reason}"
        )
    items = catalog.products.take(np.frombuffer(rows_kept, np.int64), catalog.role_overrides)
    return EmbeddedCatalog(items, keys, tuple(skipped), writer.embedded)


def progress(products: Iterable[T], total: int) -> Iterator[T]:
    """The products, while a progress bar shows the rate and the time left."""
    yield from tqdm(products, total=total, desc="Embedding", unit=" products", smoothing=0.05, file=sys.stderr)


class VectorWriter:
    """Collects the vectors of this pass and writes them to the cache, `shard_size` at a time.

    A shard ends with a complete batch. So a continued run forms the same batches as an uninterrupted one.
    """

    def __init__(self, cache: VectorCache, shard_size: int):
        self.cache, self._shard_size = cache, shard_size
        self._vectors: dict[str, Vectors] = {}
        self.embedded = 0

    def __contains__(self, key: str) -> bool:
        return key in self.cache or key in self._vectors

    def add(self, keys: Sequence[str], vectors: Vectors) -> None:
        """Add the vectors [n, dim] of the pictures with these keys, all of which are new."""
        self._vectors.update(zip(keys, vectors, strict=True))
        self.embedded += len(keys)
        if len(self._vectors) >= self._shard_size:
            self._flush()

    @contextlib.contextmanager
    def flushed(self) -> Iterator[None]:
        """Write all vectors to the cache at the end of the context, and if possible when the body fails."""
        try:
            yield
        except BaseException:
            with contextlib.suppress(OSError, MemoryError):
                self._flush()
            raise
        self._flush()

    def _flush(self) -> None:
        if self._vectors:
            self.cache.add(list(self._vectors), np.stack(list(self._vectors.values())))
            self._vectors = {}


@dataclass(frozen=True, eq=False)
class PreparedPicture:
    """A picture ready for the network.

    `pixels` is None if its vector is known, and `thumbnail` is empty if the previous index has it.
    """

    key: str
    thumbnail: bytes
    pixels: Pixels | None


def prepare_picture(picture: bytes, encoder: Encoder, cached: Keys, reusable: Keys) -> PreparedPicture:
    """Decode a picture, unless its key is in `reusable`. Its pixels are left out if its key is in `cached`.

    Raises PictureError if it cannot be read.
    """
    key = sha256(picture)
    if key in reusable:
        return PreparedPicture(key, b"", None)
    image = decode(picture)
    pixels = None if key in cached else encoder.pixels_of(image)
    return PreparedPicture(key, thumbnail(picture, image), pixels)


def embed_in_process(
    catalog: Products, encoder: Encoder, writer: VectorWriter, reusable: PreviousIndex | None, batch_size: int
) -> Iterator[EmbeddedProduct | Skipped]:
    """The engine of one machine: some threads prepare pictures, others embed them in full batches."""

    def prepare(product: Product) -> tuple[EmbeddedProduct, Pixels | None] | Skipped:
        if product.picture is None:
            return Skipped(product.item.id, product.problem or "There is no picture.")
        try:
            picture = prepare_picture(product.picture, encoder, writer.cache, reusable or KeySet.empty())
        except PictureError as error:
            return Skipped(product.item.id, str(error))
        return EmbeddedProduct(product.item, picture.key, picture.thumbnail), picture.pixels

    products = progress(catalog, len(catalog))
    with BatchEmbedder(encoder, batch_size, writer.add) as embedder:
        for prepared in prefetch(prepare, products, PREFETCHED_BATCHES * batch_size, PREPARED_AT_ONCE):
            if isinstance(prepared, Skipped):
                yield prepared
                continue
            product, pixels = prepared
            if pixels is not None and product.key not in writer:
                embedder.add(product.key, pixels)
            yield product
