"""Embeds the further pictures of the products that an index holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recsys.build.embed import SHARD_BATCHES, EmbeddedCatalog, VectorWriter, embed_in_process
from recsys.build.previous import PreviousIndex
from recsys.build.vector_cache import VectorCache
from recsys.catalog import Catalog
from recsys.catalog.views import FurtherPictures
from recsys.encoder import Encoder
from recsys.format.layout import VIEWS
from recsys.index.views import ViewsWriter
from recsys.types import Product, Skipped


@dataclass(frozen=True, eq=False)
class EmbeddedViews:
    """The keys of the further pictures, in the order of `views.parquet`, and the pictures that could not be read."""

    keys: list[str]
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, eq=False)
class _OfIndexed:
    """The further pictures of the products whose first picture could be read."""

    pictures: FurtherPictures
    ids: frozenset[str]

    def __len__(self) -> int:
        return len(self.pictures)

    def __iter__(self) -> Iterator[Product]:
        return (product for product in self.pictures if product.item.id in self.ids)


def embed_views(
    catalog: Catalog,
    embedded: EmbeddedCatalog,
    encoder: Encoder,
    cache: VectorCache,
    reusable: PreviousIndex | None,
    folder: Path,
    batch_size: int,
) -> EmbeddedViews:
    """Write the thumbnails to `views.parquet` if there are further pictures, in this process whatever the engine.

    Afterwards `cache` or `reusable` has the vector of every picture.
    """
    further = catalog.further_pictures
    if not len(further):
        return EmbeddedViews([])
    writer, skipped = VectorWriter(cache, SHARD_BATCHES * batch_size), []
    indexed = _OfIndexed(further, frozenset(embedded.items.ids))
    first = dict(zip(embedded.items.ids, embedded.keys, strict=True))
    seen: set[tuple[str, str]] = set(first.items())
    with writer.flushed(), ViewsWriter(folder / VIEWS) as rows:
        for product in embed_in_process(indexed, encoder, writer, reusable, batch_size):
            if isinstance(product, Skipped):
                skipped.append(product)
            elif (product.item.id, product.key) not in seen:
                seen.add((product.item.id, product.key))
                thumbnail = product.thumbnail or (reusable.thumbnail(product.key) if reusable else b"")
                rows.add(product.item.id, product.key, thumbnail)
    return EmbeddedViews(rows.keys, tuple(skipped))
