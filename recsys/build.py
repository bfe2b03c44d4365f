"""Catalogue → vectors → index → folder. What `build_index.py` does."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from recsys.ahead import ahead
from recsys.card import write_card
from recsys.catalog import Catalog
from recsys.digest import sha256
from recsys.encoder import BATCH_SIZE, Encoder
from recsys.errors import CatalogError, IndexFolderError, PictureError
from recsys.evaluate import Pool, Quick, embed, quick
from recsys.folder import (
    ItemsWriter,
    beside,
    check_replaceable,
    file_facts,
    library_versions,
    read_thumbnails,
    replace_folder,
)
from recsys.index import METRIC, SearchPoint, build_for_recall
from recsys.items import Items
from recsys.manifest import ASSETS, CARD, ENCODER, ITEMS, MANIFEST, VECTORS, DatasetFacts, Manifest, SearchFacts
from recsys.picture import decode, thumbnail
from recsys.projection import Projection
from recsys.recipe import PROJECTION
from recsys.splits import unseen
from recsys.types import Item, Pixels, Product, Skipped, Vectors
from recsys.vectors import VectorStore

FITTED_ON = 300
SHARD_BATCHES = 8
BATCHES_AHEAD = 2
"""How many batches of pictures are decoded while one is embedded."""


@dataclass(frozen=True)
class BuildReport:
    """What a build did; `seconds` is that of embedding `embedded` pictures, `total_seconds` that of all."""

    output: Path
    count: int
    embedded: int
    skipped: tuple[Skipped, ...]
    search: SearchPoint
    seconds: float
    total_seconds: float


def build_index(
    catalog: Catalog,
    encoder: Encoder,
    output: Path,
    *,
    dim: int = 256,
    recall: float = 0.99,
    batch_size: int = BATCH_SIZE,
    int8: bool = False,
    queries: Catalog | None = None,
) -> BuildReport:
    """Embed the catalogue and write its index to the folder `output`, replacing an index that is there.

    Confidence is fitted on products that the encoder was not trained on: of `queries`, where these are more like what
    visitors will bring, else of the catalogue itself. With `int8` the network computes in int8; see `Encoder.in_int8`.

    Vectors are kept beside `output` by the content of their picture, so that a build that was interrupted, or a
    changed catalogue, embeds only what is new. Raises CatalogError where no picture can be read, IndexFolderError
    where `output` holds something else than an index.
    """
    started, target = time.monotonic(), output.resolve()
    check_replaceable(target)
    encoder = encoder.in_int8(_some(catalog)) if int8 else encoder.compiled()
    store = VectorStore(beside(target, "vectors") / f"{encoder.recipe.fingerprint[:16]}-{encoder.runtime}")
    embedder, folder = _Embedder(encoder, store, batch_size), beside(target, "new")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        items, keys, skipped = _embed(catalog, embedder, folder / ITEMS, BATCHES_AHEAD * batch_size)
        embedded_at = time.monotonic()
        encoder = _project(encoder, store, keys, dim, target)
        encoder.save(folder / ENCODER)
        vectors = _vectors(encoder, store, keys)
        curve = build_for_recall(vectors, folder / VECTORS, items, recall)
        judged = quick(list(items), vectors, read_thumbnails(folder / ITEMS), queries=_asked(queries, encoder))
        judged.draw(folder / ASSETS)
        _describe(folder, encoder, catalog, items, len(skipped), curve, judged)
        replace_folder(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return BuildReport(
        output=output,
        count=len(items),
        embedded=embedder.embedded,
        skipped=tuple(skipped),
        search=curve[-1],
        seconds=embedded_at - started,
        total_seconds=time.monotonic() - started,
    )


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

    def __init__(self, encoder: Encoder, store: VectorStore, batch_size: int):
        self._encoder, self._store, self._batch_size = encoder, store, batch_size
        self._pending: dict[str, Pixels] = {}
        self._vectors: dict[str, Vectors] = {}
        self.embedded = 0

    def prepare(self, product: Product) -> _Prepared | Skipped:
        """All that a product needs before the network; what cannot be read is skipped."""
        try:
            if product.picture is None:
                raise PictureError("There is no picture.")
            key, image = sha256(product.picture), decode(product.picture)
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
        if self._vectors:
            self._keep()

    def _encode(self) -> None:
        features = self._encoder.features(np.stack(list(self._pending.values())))
        self._vectors.update(zip(self._pending, features, strict=True))
        self.embedded += len(self._pending)
        self._pending = {}
        if len(self._vectors) >= SHARD_BATCHES * self._batch_size:
            self._keep()

    def _keep(self) -> None:
        self._store.add(list(self._vectors), np.stack(list(self._vectors.values())))
        self._vectors = {}


def _embed(catalog: Catalog, embedder: _Embedder, path: Path, depth: int) -> tuple[Items, list[str], list[Skipped]]:
    """One pass over the catalogue: items and thumbnails into `path`, vectors into the store."""
    items: list[Item] = []
    keys: list[str] = []
    skipped: list[Skipped] = []
    writer = ItemsWriter(path, catalog.attributes)
    for prepared in ahead(embedder.prepare, _progress(catalog), depth):
        if isinstance(prepared, Skipped):
            skipped.append(prepared)
            continue
        embedder.add(prepared.key, prepared.pixels)
        items.append(prepared.item)
        keys.append(prepared.key)
        writer.add(prepared.item, prepared.thumbnail)
    embedder.finish()
    writer.close()
    if not items:
        reason = f" The first reason: {skipped[0].reason}" if skipped else ""
        raise CatalogError(f"{catalog.dataset} has no picture that can be read, of {len(skipped)} products.{reason}")
    return Items.of(items, catalog.attributes), keys, skipped


def _some(catalog: Catalog) -> list[Image.Image]:
    """The first pictures that can be read, to fit a network in int8 on."""
    pictures: list[Image.Image] = []
    for product in catalog:
        with contextlib.suppress(PictureError):
            pictures.append(decode(product.picture or b""))
        if len(pictures) == FITTED_ON:
            break
    return pictures


def _progress(catalog: Catalog) -> Iterator[Product]:
    """The products, with a bar that shows the rate and the time left."""
    yield from tqdm(catalog, total=len(catalog), desc="Embedding", unit=" products", smoothing=0.05, file=sys.stderr)


def _project(encoder: Encoder, store: VectorStore, keys: list[str], dim: int, old_index: Path) -> Encoder:
    """The encoder as the index will use it: a frozen network with more dimensions than `dim` gets a PCA.

    That of the index to be replaced is kept, unless the catalogue has more than doubled since.
    """
    if encoder.projection or encoder.trained or encoder.dim <= dim:
        return encoder
    projection = _kept_projection(old_index, encoder, dim, len(keys))
    if projection is None:
        projection = Projection.fit((vectors for _, vectors in store.chunks(keys)), dim)
    return encoder.with_projection(projection) if projection else encoder


def _kept_projection(index: Path, encoder: Encoder, dim: int, count: int) -> Projection | None:
    if not (index / MANIFEST).is_file():
        return None
    try:
        old = Manifest.read(index)
        old.check_files(index)
    except IndexFolderError:
        return None
    same = old.encoder.projection and old.encoder.dim == dim and old.encoder.fingerprint == encoder.recipe.fingerprint
    return Projection.load(index / ENCODER / PROJECTION) if same and 2 * old.count >= count else None


def _vectors(encoder: Encoder, store: VectorStore, keys: list[str]) -> Vectors:
    vectors = np.empty((len(keys), encoder.dim), dtype=np.float32)
    for places, features in store.chunks(keys):
        vectors[places] = encoder.projection(features) if encoder.projection else features
    return vectors


def _asked(queries: Catalog | None, encoder: Encoder) -> Pool | None:
    """The products of another catalogue that the encoder never saw, to ask with."""
    if queries is None:
        return None
    is_unseen = unseen(encoder.split) if encoder.trained else lambda item: True
    return embed((product for product in _progress(queries) if is_unseen(product.item)), encoder.encode)


def _describe(
    folder: Path,
    encoder: Encoder,
    catalog: Catalog,
    items: Items,
    skipped: int,
    curve: list[SearchPoint],
    judged: Quick,
) -> None:
    """Write the card and the manifest."""
    chosen = curve[-1]
    manifest = Manifest(
        encoder=encoder.recipe,
        dataset=DatasetFacts(catalog.dataset, catalog.revision, catalog.split, len(items) + skipped, skipped),
        search=SearchFacts(encoder.dim, chosen.n_trees, chosen.search_k, chosen.recall, METRIC),
        count=len(items),
        attributes=tuple(items.columns),
        files={},
        versions=library_versions(),
        calibration=judged.calibration,
    )
    write_card(folder / CARD, manifest, items, curve, judged.to_markdown())
    (folder / MANIFEST).write_text(replace(manifest, files=file_facts(folder)).to_json(), encoding="utf-8")
