"""One pass over a catalogue: items and thumbnails into a table, vectors of new pictures into the store."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from recsys.ahead import ahead
from recsys.baseline import Baseline
from recsys.catalog import Catalog
from recsys.digest import sha256
from recsys.encoder import Encoder
from recsys.errors import CatalogError, PictureError
from recsys.folder import ItemsWriter
from recsys.items import Items
from recsys.picture import decode, thumbnail
from recsys.types import Item, Pixels, Product, Skipped, Vectors
from recsys.vectors import VectorStore

SHARD_BATCHES = 8
BATCHES_AHEAD = 2
"""How many batches of pictures are decoded while one is embedded."""


@dataclass(frozen=True, eq=False)
class Intake:
    """What was read: the products, the sha256 of each one's picture, and those left out; `embedded` pictures were."""

    items: Items
    keys: list[str]
    skipped: tuple[Skipped, ...]
    embedded: int


def take_in(
    catalog: Catalog, encoder: Encoder, store: VectorStore, known: Baseline | None, table: Path, batch_size: int
) -> Intake:
    """Write items and thumbnails to `table`; afterwards `store` or `known` has the vector of every picture.

    Of a picture that `known` has, vector and thumbnail are taken from there. Whole batches are kept whatever ends the
    pass. Raises CatalogError where no picture can be read.
    """
    embedder = _Embedder(encoder, store, known, batch_size)
    items: list[Item] = []
    keys: list[str] = []
    skipped: list[Skipped] = []
    writer = ItemsWriter(table, catalog.attributes)
    with embedder.kept(), writer:
        for prepared in ahead(embedder.prepare, progress(catalog), BATCHES_AHEAD * batch_size):
            if isinstance(prepared, Skipped):
                skipped.append(prepared)
                continue
            embedder.add(prepared.key, prepared.pixels)
            items.append(prepared.item)
            keys.append(prepared.key)
            writer.add(prepared.item, prepared.thumbnail)
        embedder.finish()
    if not items:
        reason = f" The first reason: {skipped[0].reason}" if skipped else ""
        raise CatalogError(f"{catalog.dataset} has no picture that can be read, of {len(skipped)} products.{reason}")
    return Intake(Items.of(items, catalog.attributes), keys, tuple(skipped), embedder.embedded)


def progress(catalog: Catalog) -> Iterator[Product]:
    """The products, with a bar that shows the rate and the time left."""
    yield from tqdm(catalog, total=len(catalog), desc="Embedding", unit=" products", smoothing=0.05, file=sys.stderr)


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A product made ready in a thread of its own; `pixels` are None where its vector is known already."""

    item: Item
    key: str
    thumbnail: bytes
    pixels: Pixels | None


class _Embedder:
    """Prepares pictures, collects them into full batches and keeps their vectors, some batches to a shard.

    Shards end at whole batches, so a run that goes on after an interruption forms the batches of an unbroken one.
    """

    def __init__(self, encoder: Encoder, store: VectorStore, known: Baseline | None, batch_size: int):
        self._encoder, self._store, self._known, self._batch_size = encoder, store, known, batch_size
        self._pending: dict[str, Pixels] = {}
        self._vectors: dict[str, Vectors] = {}
        self.embedded = 0

    def prepare(self, product: Product) -> _Prepared | Skipped:
        """All that a product needs before the network; what cannot be read is skipped."""
        try:
            if product.picture is None:
                raise PictureError("There is no picture.")
            key = sha256(product.picture)
            if self._known and key in self._known:
                return _Prepared(product.item, key, self._known.thumbnail(key), None)
            image = decode(product.picture)
            pixels = None if key in self._store else self._encoder.pixels([image])[0]
            return _Prepared(product.item, key, thumbnail(product.picture, image), pixels)
        except PictureError as error:
            return Skipped(product.item.id, str(error))

    def add(self, key: str, pixels: Pixels | None) -> None:
        """Embed this picture unless its vector is there."""
        if pixels is None or key in self._store or key in self._pending or key in self._vectors:
            return
        self._pending[key] = pixels
        if len(self._pending) == self._batch_size:
            self._encode()

    def finish(self) -> None:
        """Embed and keep what is left."""
        if self._pending:
            self._encode()
        self._keep()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the batches that were embedded when something ends the pass early, if they can be."""
        try:
            yield
        except BaseException:
            with contextlib.suppress(OSError, MemoryError):
                self._keep()
            raise

    def _encode(self) -> None:
        features = self._encoder.features(np.stack(list(self._pending.values())))
        self._vectors.update(zip(self._pending, features, strict=True))
        self.embedded += len(self._pending)
        self._pending = {}
        if len(self._vectors) >= SHARD_BATCHES * self._batch_size:
            self._keep()

    def _keep(self) -> None:
        if self._vectors:
            self._store.add(list(self._vectors), np.stack(list(self._vectors.values())))
            self._vectors = {}
