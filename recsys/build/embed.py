"""One pass over a catalogue: items and thumbnails into a table, vectors of new pictures into the store."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from tqdm import tqdm

from recsys.build.previous import Baseline
from recsys.build.vector_cache import KeySet, VectorStore
from recsys.catalog import Catalog
from recsys.core.items import Items
from recsys.encoder import Encoder
from recsys.errors import CatalogError, PictureError
from recsys.images.decode import decode, thumbnail
from recsys.index.folder import ItemsWriter
from recsys.runtime.hashing import sha256
from recsys.runtime.prefetch import ahead
from recsys.types import Item, Pixels, Product, Skipped, Vectors

SHARD_BATCHES = 8
BATCHES_AHEAD = 2
"""How many batches of pictures are decoded while one is embedded."""

T = TypeVar("T")


class Keys(Protocol):
    """What can say whether it has a sha256."""

    def __contains__(self, key: str, /) -> bool: ...


@dataclass(frozen=True, eq=False)
class Intake:
    """What was read: the products, the sha256 of each one's picture, and those left out; `embedded` pictures were."""

    items: Items
    keys: list[str]
    skipped: tuple[Skipped, ...]
    embedded: int


@dataclass(frozen=True, eq=False)
class Taken:
    """A product whose picture can be read: the sha256 of that, and its thumbnail."""

    item: Item
    key: str
    thumbnail: bytes


class Engine(Protocol):
    """What reads the pictures of a catalogue and embeds them."""

    def __call__(
        self, catalog: Catalog, encoder: Encoder, keeper: Keeper, known: Baseline | None, batch_size: int
    ) -> Iterator[Taken | Skipped]:
        """Every product, in order; at the end `keeper` or `known` has the vector of each picture."""
        ...


def take_in(
    catalog: Catalog,
    encoder: Encoder,
    store: VectorStore,
    known: Baseline | None,
    table: Path,
    batch_size: int,
    engine: Engine,
) -> Intake:
    """Write items and thumbnails to `table`; afterwards `store` or `known` has the vector of every picture.

    Of a picture that `known` has, vector and thumbnail are taken from there. Whole batches are kept whatever ends the
    pass. Raises CatalogError where no picture can be read.
    """
    keeper = Keeper(store, SHARD_BATCHES * batch_size)
    items: list[Item] = []
    keys: list[str] = []
    skipped: list[Skipped] = []
    writer = ItemsWriter(table, catalog.attributes)
    with keeper.kept(), writer:
        for taken in engine(catalog, encoder, keeper, known, batch_size):
            if isinstance(taken, Skipped):
                skipped.append(taken)
                continue
            items.append(taken.item)
            keys.append(taken.key)
            writer.add(taken.item, taken.thumbnail)
    if not items:
        reason = f" The first reason: {skipped[0].reason}" if skipped else ""
        raise CatalogError(f"{catalog.dataset} has no picture that can be read, of {len(skipped)} products.{reason}")
    return Intake(Items.of(items, catalog.attributes), keys, tuple(skipped), keeper.embedded)


def progress(products: Iterable[T], total: int) -> Iterator[T]:
    """The products, with a bar that shows the rate and the time left."""
    yield from tqdm(products, total=total, desc="Embedding", unit=" products", smoothing=0.05, file=sys.stderr)


class Keeper:
    """Keeps the vectors of this pass, so many to a shard of the store.

    Shards end at whole batches, so a run that goes on after an interruption forms the batches of an unbroken one.
    """

    def __init__(self, store: VectorStore, shard: int):
        self.store, self._shard = store, shard
        self._vectors: dict[str, Vectors] = {}
        self.embedded = 0

    def __contains__(self, key: str) -> bool:
        return key in self.store or key in self._vectors

    def add(self, keys: Sequence[str], vectors: Vectors) -> None:
        """Take the vectors [n, dim] of the pictures with these sha256, none of which it has."""
        self._vectors.update(zip(keys, vectors, strict=True))
        self.embedded += len(keys)
        if len(self._vectors) >= self._shard:
            self._keep()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Have all on the disk at the end; where something ends the pass early, if that can be."""
        try:
            yield
        except BaseException:
            with contextlib.suppress(OSError, MemoryError):
                self._keep()
            raise
        self._keep()

    def _keep(self) -> None:
        if self._vectors:
            self.store.add(list(self._vectors), np.stack(list(self._vectors.values())))
            self._vectors = {}


@dataclass(frozen=True, eq=False)
class Prepared:
    """All that a picture needs before the network. `pixels` are None where its vector is known already, `thumbnail`
    where that is too.
    """

    key: str
    thumbnail: bytes | None
    pixels: Pixels | None


def prepare(picture: bytes | None, encoder: Encoder, embedded: Keys, known: Keys) -> Prepared:
    """Read a picture. `embedded` are the sha256 of those whose vector is there, `known` of those of an index before.

    Raises PictureError for one that is to be left out.
    """
    if picture is None:
        raise PictureError("There is no picture.")
    key = sha256(picture)
    if key in known:
        return Prepared(key, None, None)
    image = decode(picture)
    pixels = None if key in embedded else encoder.pixels([image])[0]
    return Prepared(key, thumbnail(picture, image), pixels)


def features_of(encoder: Encoder, pixels: Sequence[Pixels], batch_size: int) -> Vectors:
    """The features of at most `batch_size` pictures, float32 [n, features], as they are in a batch of any other size.

    A picture that is left alone is given twice: some networks compute one alone in another way, and ResNet-50 gives
    it other last bits (2e-7). From two pictures on, neither their number nor that of the threads changes a bit.
    """
    alone = len(pixels) == 1 < batch_size
    return encoder.features(np.stack([*pixels, *pixels] if alone else pixels))[: len(pixels)]


def in_process(
    catalog: Catalog, encoder: Encoder, keeper: Keeper, known: Baseline | None, batch_size: int
) -> Iterator[Taken | Skipped]:
    """The engine of one machine: pictures are prepared in threads while this one embeds them, in full batches."""

    def prepared(product: Product) -> tuple[Taken, Pixels | None] | Skipped:
        try:
            found = prepare(product.picture, encoder, keeper.store, known or KeySet.empty())
        except PictureError as error:
            return Skipped(product.item.id, str(error))
        small = found.thumbnail
        if small is None and known:
            small = known.thumbnail(found.key)
        return Taken(product.item, found.key, small or b""), found.pixels

    pending: dict[str, Pixels] = {}
    for found in ahead(prepared, progress(catalog, len(catalog)), BATCHES_AHEAD * batch_size):
        if isinstance(found, Skipped):
            yield found
            continue
        taken, pixels = found
        if pixels is not None and taken.key not in keeper and taken.key not in pending:
            pending[taken.key] = pixels
        if len(pending) == batch_size:
            keeper.add(list(pending), features_of(encoder, list(pending.values()), batch_size))
            pending = {}
        yield taken
    if pending:
        keeper.add(list(pending), features_of(encoder, list(pending.values()), batch_size))
