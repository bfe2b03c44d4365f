"""Catalogue → vectors → index → folder. What `build_index.py` does."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from recsys.build.embed import Engine, Intake, in_process, progress, take_in
from recsys.build.previous import Baseline, Changes, write_keys
from recsys.build.resource_errors import told
from recsys.build.vector_cache import VectorStore
from recsys.catalog import Catalog
from recsys.core.holdout import unseen
from recsys.core.items import Items
from recsys.encoder import BATCH_SIZE, Encoder
from recsys.encoder.projection import Projection
from recsys.errors import IndexFolderError, PictureError
from recsys.evaluate import Pool, Quick, embed, quick
from recsys.format.layout import ASSETS, CARD, ENCODER, ITEMS, MANIFEST, PROJECTION, VECTORS
from recsys.format.manifest import DatasetFacts, Manifest, SearchFacts
from recsys.images.decode import decode
from recsys.index.annoy import METRIC, SearchPoint, build_for_recall
from recsys.index.card import write_card
from recsys.index.folder import IndexFolder, file_facts, library_versions, read_thumbnails
from recsys.index.replace import beside, claim, replace_folder
from recsys.runtime.hashing import file_sha256, sha256
from recsys.types import Skipped, Vectors

FITTED_ON = 300
FINISHED = "finished.json"
"""Beside the vectors: what the index was made of, so that a build that lacks its push alone makes nothing again."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildReport:
    """What a build did; `seconds` is that of embedding `embedded` pictures, `total_seconds` that of all.

    `base` is the index that it started from, `changes` what differs from it, None where that cannot be told, and
    `obstacle` why none of its vectors could be taken.
    """

    output: Path
    count: int
    embedded: int
    skipped: tuple[Skipped, ...]
    search: SearchPoint
    seconds: float
    total_seconds: float
    base: str | None = None
    changes: Changes | None = None
    obstacle: str | None = None


def build_index(
    catalog: Catalog,
    encoder: Encoder,
    output: Path,
    *,
    base: Baseline | None = None,
    dim: int = 256,
    recall: float = 0.99,
    batch_size: int = BATCH_SIZE,
    int8: bool = False,
    queries: Catalog | None = None,
    engine: Engine = in_process,
) -> BuildReport:
    """Embed the catalogue and write its index to the folder `output`, replacing an index that is there.

    The vectors of unchanged pictures, and the projection, come from the index `base`, or else the one that is there;
    other vectors are kept beside `output` by the content of their picture, so that a build that was interrupted goes
    on. Whenever it ends, `output` holds the old index whole or the new one.

    Confidence is fitted on products that the encoder was not trained on: of `queries`, where these are more like what
    visitors will bring, else of the catalogue itself. With `int8` the network computes in int8; see `Encoder.in_int8`.
    The `engine` reads and embeds the pictures: this process, or many.

    Raises CatalogError where no picture can be read, IndexFolderError where `output` holds something else than an
    index, cannot be written, or is being built already, EncoderError where memory does not suffice for a batch.
    """
    started = time.monotonic()
    with told(output, batch_size), claim(output) as target:
        encoder = encoder.in_int8(_some(catalog)) if int8 and not encoder.recipe.int8 else encoder.compiled()
        base = base or _index_at(target)
        encoder = _with_kept_projection(encoder, base, dim, len(catalog))
        obstacle = base.obstacle(encoder.recipe, settled=not _to_project(encoder, dim)) if base else None
        known = None if obstacle else base
        store = VectorStore(beside(target, "vectors") / f"{encoder.recipe.fingerprint[:16]}-{encoder.runtime}")
        with _draft(target) as folder:
            intake = take_in(catalog, encoder, store, known, folder / ITEMS, batch_size, engine)
            embedded_at = time.monotonic()
            encoder = _projected(encoder, store, intake.keys, dim)
            write_keys(folder, intake.keys)
            encoder.save(folder / ENCODER)
            facts = _facts(catalog, intake)
            inputs = None if queries else _inputs(folder, facts, encoder, recall)
            search = _finished(target, inputs)
            if search is None:
                vectors = _vectors(encoder, store, known, intake.keys)
                search = _complete(folder, facts, encoder, intake.items, vectors, recall, queries)
                replace_folder(folder, target)
                _note_finished(target, inputs)
    return BuildReport(
        output=output,
        count=len(intake.items),
        embedded=intake.embedded,
        skipped=intake.skipped,
        search=search,
        seconds=embedded_at - started,
        total_seconds=time.monotonic() - started,
        base=base.name if base else None,
        changes=base.changes(intake.items.ids, intake.keys) if base else None,
        obstacle=obstacle,
    )


@contextlib.contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """An empty folder beside the index, which is gone afterwards."""
    folder = beside(target, "new")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _index_at(target: Path) -> Baseline | None:
    if not (target / MANIFEST).is_file():
        return None
    try:
        return Baseline.open(target)
    except IndexFolderError as error:
        logger.warning("The index that is to be replaced is of no use to the new one: %s", error)
        return None


def _some(catalog: Catalog) -> list[Image.Image]:
    """The first pictures that can be read, to fit a network in int8 on."""
    pictures: list[Image.Image] = []
    for product in catalog:
        with contextlib.suppress(PictureError):
            pictures.append(decode(product.picture or b""))
        if len(pictures) == FITTED_ON:
            break
    return pictures


def _to_project(encoder: Encoder, dim: int) -> bool:
    """Whether it is a frozen network with more dimensions than `dim`, and no projection yet."""
    return not (encoder.projection or encoder.trained or encoder.dim <= dim)


def _with_kept_projection(encoder: Encoder, base: Baseline | None, dim: int, count: int) -> Encoder:
    """The encoder with the projection of the index before, unless the catalogue has more than doubled since."""
    if base is None or not _to_project(encoder, dim):
        return encoder
    old = base.manifest.encoder
    same = old.projection and old.dim == dim and old.fingerprint == encoder.recipe.fingerprint
    if not same or 2 * base.manifest.count < count:
        return encoder
    return encoder.with_projection(Projection.load(base.folder.path / ENCODER / PROJECTION))


def _projected(encoder: Encoder, store: VectorStore, keys: list[str], dim: int) -> Encoder:
    """The encoder as the index will use it: a frozen network with more dimensions than `dim` gets a PCA."""
    if not _to_project(encoder, dim):
        return encoder
    projection = Projection.fit((vectors for _, vectors in store.chunks(keys)), dim)
    return encoder.with_projection(projection) if projection else encoder


def _vectors(encoder: Encoder, store: VectorStore, known: Baseline | None, keys: list[str]) -> Vectors:
    vectors = np.empty((len(keys), encoder.dim), dtype=np.float32)
    is_known = np.array([known is not None and key in known for key in keys])
    if known:
        vectors[is_known] = known.vectors([key for key in keys if key in known])
    others = np.flatnonzero(~is_known)
    for places, features in store.chunks([keys[row] for row in others]):
        vectors[others[places]] = encoder.projection(features) if encoder.projection else features
    return vectors


def _facts(catalog: Catalog, intake: Intake) -> DatasetFacts:
    skipped = len(intake.skipped)
    return DatasetFacts(catalog.dataset, catalog.revision, catalog.split, len(intake.items) + skipped, skipped)


def _inputs(folder: Path, facts: DatasetFacts, encoder: Encoder, recall: float) -> str:
    """A hash of all that decides what an index holds: what the folder has before it is searched, and these."""
    parts = [file_facts(folder), asdict(facts), encoder.recipe.to_json(), recall, library_versions()]
    return sha256(json.dumps(parts, sort_keys=True).encode())


def _finished(target: Path, inputs: str | None) -> SearchPoint | None:
    """How the index in `target` is searched, where it was made of these inputs and is whole."""
    try:
        noted = json.loads((beside(target, "vectors") / FINISHED).read_text("utf-8"))
        if inputs is None or noted != {"inputs": inputs, "index": file_sha256(target / MANIFEST)}:
            return None
        search = IndexFolder.open(target).manifest.search
    except (OSError, ValueError):
        return None
    return SearchPoint(search.n_trees, search.search_k, search.recall)


def _note_finished(target: Path, inputs: str | None) -> None:
    note = {"inputs": inputs, "index": file_sha256(target / MANIFEST)}
    (beside(target, "vectors") / FINISHED).write_text(json.dumps(note), "utf-8")


def _complete(
    folder: Path,
    facts: DatasetFacts,
    encoder: Encoder,
    items: Items,
    vectors: Vectors,
    recall: float,
    queries: Catalog | None,
) -> SearchPoint:
    """Write what makes these items and vectors an index, and check that it is one."""
    curve = build_for_recall(vectors, folder / VECTORS, items, recall)
    judged = quick(list(items), vectors, read_thumbnails(folder / ITEMS), queries=_asked(queries, encoder))
    judged.draw(folder / ASSETS)
    _describe(folder, encoder, facts, items, curve, judged)
    IndexFolder.open(folder)
    return curve[-1]


def _asked(queries: Catalog | None, encoder: Encoder) -> Pool | None:
    """The products of another catalogue that the encoder never saw, to ask with."""
    if queries is None:
        return None
    is_unseen = unseen(encoder.split) if encoder.trained else lambda item: True
    return embed((product for product in progress(queries, len(queries)) if is_unseen(product.item)), encoder.encode)


def _describe(
    folder: Path,
    encoder: Encoder,
    facts: DatasetFacts,
    items: Items,
    curve: list[SearchPoint],
    judged: Quick,
) -> None:
    """Write the card and the manifest."""
    chosen = curve[-1]
    manifest = Manifest(
        encoder=encoder.recipe,
        dataset=facts,
        search=SearchFacts(encoder.dim, chosen.n_trees, chosen.search_k, chosen.recall, METRIC),
        count=len(items),
        attributes=tuple(items.columns),
        files={},
        versions=library_versions(),
        calibration=judged.calibration,
    )
    write_card(folder / CARD, manifest, items, curve, judged.to_markdown())
    (folder / MANIFEST).write_text(replace(manifest, files=file_facts(folder)).to_json(), encoding="utf-8")
