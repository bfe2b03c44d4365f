"""Builds an index: embeds the catalogue, completes the new index folder, and replaces the old one by it."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from PIL import Image

from recsys.build.draft import Draft
from recsys.build.embed import Engine, embed_catalog, embed_in_process
from recsys.build.previous import Changes, PreviousIndex
from recsys.build.resource_errors import explain_resource_errors
from recsys.build.text_tower import FitTower
from recsys.build.vector_cache import VectorCache
from recsys.build.views import embed_views
from recsys.catalog import Catalog
from recsys.core.storefront import Storefront
from recsys.encoder import BATCH_SIZE, Encoder
from recsys.encoder.projection import Projection
from recsys.errors import IndexFolderError, PictureError
from recsys.evaluate import QuickReport
from recsys.format.layout import ENCODER, ITEMS, MANIFEST, PROJECTION
from recsys.images.decode import decode
from recsys.index.annoy import SearchPoint, require_annoy
from recsys.index.folder import IndexFolder
from recsys.index.replace import beside, claim, replace_folder
from recsys.runtime.hashing import file_sha256
from recsys.types import Skipped

INT8_SAMPLE_PICTURES = 300
"""The number of pictures that an int8 network is fitted on."""
MAX_GROWTH = 2
"""The projection of the previous index is kept unless the catalogue has grown by more than this factor."""
FINISHED = "finished.json"
"""A file beside the cached vectors that records the inputs of the finished index.

If a build only failed to publish its index, the next one finds here that there is nothing to build.
"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildReport:
    """The result of a build.

    `seconds` is the time until all `embedded` pictures were embedded, `total_seconds` that of the whole build.
    `comparison` is with the index that the build started from, or None if there was none. `quality` says how well the
    encoder finds on this catalogue. It is None if the index had been built from the same inputs before. `views` is the
    number of further pictures of the products, of which `views_skipped` could not be read.
    """

    output: Path
    count: int
    embedded: int
    skipped: tuple[Skipped, ...]
    search: SearchPoint
    seconds: float
    total_seconds: float
    comparison: Comparison | None = None
    quality: QuickReport | None = None
    views: int = 0
    views_skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """A comparison of the catalogue with the index `previous`.

    `changes` is None if that index has no picture hashes. `obstacle` says why its vectors could not be reused, and is
    None if they were.
    """

    previous: str
    changes: Changes | None
    obstacle: str | None


def build_index(
    catalog: Catalog,
    encoder: Encoder,
    output: Path,
    *,
    previous: PreviousIndex | None = None,
    dim: int = 256,
    recall: float = 0.99,
    batch_size: int = BATCH_SIZE,
    int8: bool = False,
    queries: Catalog | None = None,
    storefront: Storefront | None = None,
    engine: Engine = embed_in_process,
    fit_tower: FitTower | None = None,
) -> BuildReport:
    """Embed the catalogue and write its index to the folder `output`. An index that is there is replaced.

    The vectors of unchanged pictures and the projection are taken from the index `previous`, by default the one in
    `output`. A given `previous` also provides its role overrides, unless the catalogue has others. All other vectors
    are cached beside `output`, so that an interrupted build can continue. If a build is interrupted, the output folder
    still holds either the complete old index or the complete new one.

    `dim` is the number of dimensions that a frozen network is projected to, and `recall` the recall@10 that the search
    must reach. Confidence is calibrated on products that the encoder was not trained on: those of `queries`, or else of
    the catalogue. With `int8` the network computes in int8, fitted on pictures of both; see `Encoder.in_int8`.
    `storefront` is what the owner says on the page, by default that of the previous index. `fit_tower` fits a text
    tower on the catalogue's own words where the encoder has none.

    Raises CatalogError if no picture can be read, EncoderError if memory does not suffice, SearchLibraryError if Annoy
    does not run on this machine, and IndexFolderError if `output` holds something other than an index, cannot be
    written, or is being built by another process.
    """
    started = time.monotonic()
    require_annoy()
    with explain_resource_errors(output, batch_size), claim(output) as target:
        encoder = encoder.in_int8(_sample(catalog, queries)) if int8 and not encoder.spec.int8 else encoder.compiled()
        if previous:
            catalog = catalog.with_default_roles(previous.manifest.roles)
        previous = previous or _existing_index(target)
        storefront = storefront or (previous.manifest.storefront if previous else None)
        encoder = _with_previous_projection(encoder, previous, dim, len(catalog))
        is_final = not _needs_projection(encoder, dim)
        obstacle = previous.obstacle(encoder.spec, projection_is_final=is_final) if previous else None
        reusable = None if obstacle else previous
        cache = VectorCache(beside(target, "vectors") / f"{encoder.spec.fingerprint[:16]}-{encoder.runtime}")
        with _new_folder(target) as folder:
            embedded = embed_catalog(catalog, encoder, cache, reusable, folder / ITEMS, batch_size, engine)
            views = embed_views(catalog, embedded, encoder, cache, reusable, folder, batch_size)
            seconds = time.monotonic() - started
            encoder = _with_fitted_projection(encoder, cache, embedded.keys, dim)
            draft = Draft(folder, catalog, encoder, embedded, views, cache, reusable, storefront, fit_tower)
            search, quality = _finish(draft, target, recall, queries)
    changes = previous.changes(embedded.items.ids, embedded.keys) if previous else None
    return BuildReport(
        output,
        count=len(embedded.items),
        embedded=embedded.embedded,
        skipped=embedded.skipped,
        search=search,
        seconds=seconds,
        total_seconds=time.monotonic() - started,
        comparison=Comparison(previous.name, changes, obstacle) if previous else None,
        quality=quality,
        views=len(views.keys),
        views_skipped=views.skipped,
    )


def _sample(*catalogs: Catalog | None) -> list[Image.Image]:
    """The first readable pictures of these catalogues, to fit an int8 network on."""
    given = [catalog for catalog in catalogs if catalog]
    return [picture for catalog in given for picture in islice(_readable(catalog), INT8_SAMPLE_PICTURES // len(given))]


def _readable(catalog: Catalog) -> Iterator[Image.Image]:
    for product in catalog:
        with contextlib.suppress(PictureError):
            yield decode(product.picture or b"")


def _existing_index(target: Path) -> PreviousIndex | None:
    if not (target / MANIFEST).is_file():
        return None
    try:
        return PreviousIndex.open(target)
    except IndexFolderError as error:
        logger.warning("No vectors of the index that is replaced can be reused: %s", error)
        return None


def _needs_projection(encoder: Encoder, dim: int) -> bool:
    """Whether this is a frozen network with more than `dim` dimensions and no projection yet."""
    return not (encoder.projection or encoder.trained or encoder.dim <= dim)


def _with_previous_projection(encoder: Encoder, previous: PreviousIndex | None, dim: int, count: int) -> Encoder:
    """The encoder with the projection of the previous index, unless the catalogue has grown too much since."""
    if previous is None or not _needs_projection(encoder, dim):
        return encoder
    old = previous.manifest.encoder
    is_same = old.projection and old.dim == dim and old.fingerprint == encoder.spec.fingerprint
    if not is_same or MAX_GROWTH * previous.manifest.count < count:
        return encoder
    return encoder.with_projection(Projection.load(previous.folder.path / ENCODER / PROJECTION))


def _with_fitted_projection(encoder: Encoder, cache: VectorCache, keys: Sequence[str], dim: int) -> Encoder:
    """The encoder of the new index: a frozen network with more than `dim` dimensions gets a PCA of its features."""
    if not _needs_projection(encoder, dim):
        return encoder
    projection = Projection.fit((vectors for _, vectors in cache.chunks(keys)), dim)
    return encoder.with_projection(projection) if projection else encoder


@contextlib.contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside the index. It is removed at the end."""
    folder = beside(target, "new")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _finish(
    draft: Draft, target: Path, recall: float, queries: Catalog | None
) -> tuple[SearchPoint, QuickReport | None]:
    """Complete the draft and replace `target` by it, unless the index there was built from the same inputs."""
    draft.write_encoder_and_hashes()
    inputs = None if queries else draft.inputs_hash(recall)
    if search := _finished_search(target, inputs):
        return search, None
    search, quality = draft.complete(recall, queries)
    replace_folder(draft.folder, target)
    (beside(target, "vectors") / FINISHED).write_text(_finished_record(target, inputs), "utf-8")
    return search, quality


def _finished_search(target: Path, inputs: str | None) -> SearchPoint | None:
    """The search parameters of the index in `target`, if it is undamaged and was built from these inputs."""
    try:
        recorded = (beside(target, "vectors") / FINISHED).read_text("utf-8")
        if inputs is None or recorded != _finished_record(target, inputs):
            return None
        search = IndexFolder.open(target).manifest.search
    except (OSError, ValueError):
        return None
    return SearchPoint(search.n_trees, search.search_k, search.recall)


def _finished_record(target: Path, inputs: str | None) -> str:
    return json.dumps({"inputs": inputs, "index": file_sha256(target / MANIFEST)})
