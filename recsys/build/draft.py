"""The new index folder of a build, from the embedded catalogue to the complete index."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import compress
from pathlib import Path

import numpy as np

from recsys.build.embed import EmbeddedCatalog, progress
from recsys.build.previous import PreviousIndex, write_keys
from recsys.build.text_tower import TOWER_OF_ENCODER, FitTower, fit_own_tower, save_tower_of_encoder
from recsys.build.vector_cache import VectorCache
from recsys.build.views import EmbeddedViews
from recsys.catalog import Catalog
from recsys.core.crops import CropCalibration
from recsys.core.holdout import unseen
from recsys.core.large import is_large
from recsys.core.storefront import Storefront
from recsys.encoder import Encoder
from recsys.evaluate import Pool, QuickReport, embed, quick_report
from recsys.evaluate.crop_threshold import MIN_PRODUCTS, fit_crops
from recsys.evaluate.product_chance import fit_product_chance
from recsys.format.layout import ASSETS, CARD, ENCODER, FULL_TEXT, ITEMS, MANIFEST, TOWER, VECTORS
from recsys.format.manifest import DatasetFacts, Manifest, SearchFacts
from recsys.index.annoy import METRIC, AnnoySearcher, SearchPoint, build_for_recall
from recsys.index.card import render_card
from recsys.index.embeddings_table import write_embeddings
from recsys.index.folder import IndexFolder
from recsys.index.items_table import read_thumbnails
from recsys.index.views import write_view_vectors
from recsys.index.writer import file_facts, library_versions
from recsys.recommend.picture_part import PartChooser
from recsys.runtime.hashing import sha256
from recsys.types import Rows, Vectors
from recsys.words.full_text import write_full_text

MAX_EVALUATED = 200_000
"""A larger catalogue is evaluated, and its text tower fitted, on a random sample of this size."""
SEED = 20261128
BLOCK_ROWS = 2**14
"""Reused vectors are read in blocks of about this size."""


@dataclass(frozen=True, eq=False)
class Draft:
    """An index folder that so far holds only the table of items and thumbnails.

    The vector of each picture is in `cache`, or in `reusable`.
    """

    folder: Path
    catalog: Catalog
    encoder: Encoder
    embedded: EmbeddedCatalog
    views: EmbeddedViews
    cache: VectorCache
    reusable: PreviousIndex | None
    storefront: Storefront | None = None
    fit_tower: FitTower | None = None

    def write_encoder_and_hashes(self) -> None:
        """Write the picture hashes and the encoder, with its text tower if it has one."""
        write_keys(self.folder, self.embedded.keys)
        self.encoder.save(self.folder / ENCODER)
        save_tower_of_encoder(self.encoder, self.folder)

    def inputs_hash(self, recall: float) -> str:
        """A hash of everything that decides the content of the index: the files written so far, and the options."""
        versions = library_versions()
        facts = [asdict(self._dataset), self.catalog.role_overrides, asdict(self.encoder.spec), recall, versions]
        facts += [asdict(self.storefront)] if self.storefront else []
        facts += ["fits a text tower"] if self.fit_tower else []
        return sha256(json.dumps([file_facts(self.folder), *facts], sort_keys=True).encode())

    def complete(self, recall: float, queries: Catalog | None) -> tuple[SearchPoint, QuickReport]:
        """Write the search index, the evaluation, the card and the manifest, and check the folder.

        There are as many trees as `recall` needs. Confidence is calibrated on `queries`, or else on the items.
        """
        items, vectors = self.embedded.items, self._vectors(self.embedded.keys)
        if self.views.keys:
            write_view_vectors(self.folder, self._vectors(self.views.keys))
        curve = build_for_recall(vectors, self.folder / VECTORS, items, recall)
        sample = _sample(len(items))
        report = quick_report(
            [items[row] for row in sample.tolist()],
            vectors if len(sample) == len(items) else vectors[sample],
            self._thumbnails(sample),
            queries=self._query_pool(queries),
            role_overrides=items.role_overrides,
            encoder=self.encoder,
        )
        if len(sample) < len(items):
            report = replace(report, note=f"{report.note} All on a random sample of {len(sample):,} products.")
        report.draw(self.folder / ASSETS)
        chosen = curve[-1]
        searcher = AnnoySearcher(self.folder / VECTORS, items, self.encoder.dim, chosen.search_k)
        write_embeddings(self.folder, items, searcher)
        if is_large(len(items)):
            write_full_text(self.folder / FULL_TEXT, items)
        chooser = PartChooser(self.encoder, searcher.repeatable(), report.calibration)
        crops = fit_crops(chooser) if len(items) >= MIN_PRODUCTS else None
        if report.calibration:
            pictures = read_thumbnails(self.folder / ITEMS)
            fitted = fit_product_chance(report.calibration, self.encoder, vectors, pictures)
            report = replace(report, calibration=fitted)
        report = replace(report, words=self._words(vectors, sample))
        self._write_card_and_manifest(curve, report, crops)
        IndexFolder.open(self.folder)
        return curve[-1], report

    def _thumbnails(self, rows: Rows) -> Iterator[bytes]:
        """The thumbnails of these rows, which are ascending."""
        wanted = np.zeros(len(self.embedded.items), dtype=bool)
        wanted[rows] = True
        return compress(read_thumbnails(self.folder / ITEMS), wanted.tolist())

    def _words(self, vectors: Vectors, sample: Rows) -> tuple[str, ...]:
        """Lines about the text tower, which is fitted where the encoder brings none."""
        if (self.folder / ENCODER / TOWER).is_file():
            return (TOWER_OF_ENCODER,)
        if self.fit_tower is None:
            return ()
        items = [self.embedded.items[row] for row in sample.tolist()]
        vectors = vectors if len(sample) == len(vectors) else vectors[sample]
        return tuple(fit_own_tower(items, vectors, self.encoder.spec, self.fit_tower, self.folder))

    def _vectors(self, keys: Sequence[str]) -> Vectors:
        """The final vectors of the pictures with these keys, float32 [len(keys), dim], on disk beside the cache."""
        reusable, projection = self.reusable, self.encoder.projection
        vectors = _on_disk((len(keys), self.encoder.dim), self.cache.folder)
        is_reusable = np.fromiter((reusable is not None and key in reusable for key in keys), bool, len(keys))
        if reusable:
            for rows in _blocks(np.flatnonzero(is_reusable)):
                vectors[rows] = reusable.vectors([keys[row] for row in rows])
        others = np.flatnonzero(~is_reusable)
        missing = keys if len(others) == len(keys) else [keys[row] for row in others.tolist()]
        for positions, features in self.cache.chunks(missing):
            vectors[others[positions]] = projection(features) if projection else features
        return vectors

    def _query_pool(self, queries: Catalog | None) -> Pool | None:
        """The products of another catalogue that the encoder was not trained on, embedded as queries."""
        if queries is None:
            return None
        is_unseen = unseen(self.encoder.split) if self.encoder.trained else lambda item: True
        products = (product for product in progress(queries, len(queries)) if is_unseen(product.item))
        return embed(products, self.encoder.encode)

    def _write_card_and_manifest(
        self, curve: list[SearchPoint], report: QuickReport, crops: CropCalibration | None
    ) -> None:
        items, chosen = self.embedded.items, curve[-1]
        manifest = Manifest(
            encoder=self.encoder.spec,
            dataset=self._dataset,
            search=SearchFacts(self.encoder.dim, chosen.n_trees, chosen.search_k, chosen.recall, METRIC),
            count=len(items),
            attributes=tuple(items.all_columns),
            files={},
            versions=library_versions(),
            calibration=report.calibration,
            roles=self.catalog.role_overrides,
            lists=tuple(self.catalog.products.lists),
            has_offers=self.catalog.products.offers is not None,
            crops=crops,
            ranking=report.ranking,
            has_groups=self.catalog.products.groups is not None,
            has_added=self.catalog.products.added is not None,
            storefront=self.storefront,
        )
        card = render_card(self.folder, manifest, items, curve, report.to_markdown())
        (self.folder / CARD).write_text(card, encoding="utf-8")
        manifest = replace(manifest, files=file_facts(self.folder))
        (self.folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")

    @cached_property
    def _dataset(self) -> DatasetFacts:
        skipped = len(self.embedded.skipped)
        catalog, rows = self.catalog, len(self.embedded.items) + skipped
        return DatasetFacts(catalog.dataset, catalog.revision, catalog.split, rows, skipped)


def _sample(count: int) -> Rows:
    """The rows that the evaluation looks at: all of them, or a random sample of many. Ascending."""
    if count <= MAX_EVALUATED:
        return np.arange(count)
    return np.sort(np.random.default_rng(SEED).choice(count, MAX_EVALUATED, replace=False))


def _on_disk(shape: tuple[int, int], folder: Path) -> Vectors:
    """An array in a file without a name, which is deleted with the array. Raises OSError if the disk has no room."""
    with tempfile.TemporaryFile(dir=folder) as file:
        if hasattr(os, "posix_fallocate"):  # without reserved room, a full disk would end the process
            os.posix_fallocate(file.fileno(), 0, max(1, 4 * math.prod(shape)))
        return np.memmap(file, np.float32, "r+" if hasattr(os, "posix_fallocate") else "w+", shape=shape)


def _blocks(rows: Rows) -> list[Rows]:
    return np.array_split(rows, len(rows) // BLOCK_ROWS + 1)
