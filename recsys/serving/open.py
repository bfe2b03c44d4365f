"""Puts the parts together: from where an index is to a recommender that serves it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys import hub
from recsys.errors import HubError, IndexFolderError, IndexMismatchError, StoreError
from recsys.format.encoder_spec import EncoderRecipe, is_repo_id
from recsys.format.layout import COMPILED, ENCODER, WEIGHTS
from recsys.index.folder import IndexFolder
from recsys.recommend.recommender import Recommender
from recsys.runtime.hashing import file_sha256
from recsys.settings import Settings
from recsys.types import ImageEncoder, Origin, Searcher, Vectors

if TYPE_CHECKING:
    from recsys.encoder import Encoder

RETRY_AFTER = 30.0
"""Seconds after which a query, or a probe, tries once more to load an encoder that did not load."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opened:
    """An index that was checked whole, what searches its vectors, and where it is from."""

    folder: IndexFolder
    searcher: Searcher
    origin: Origin


class BackgroundEncoder:
    """An encoder that loads in a thread of its own; the first query waits for it."""

    def __init__(self, load: Callable[[], Encoder]):
        self._load, self._lock = load, threading.Lock()
        self._start()

    def encode(self, images: list[Image.Image]) -> Vectors:
        """Unit vectors of these pictures, float32 [n, dim]."""
        return self._ready().encode(images)

    def logits(self, vectors: Vectors) -> dict[str, Vectors]:
        """Attribute → [n, values] for embeddings [n, dim]."""
        return self._ready().logits(vectors)

    def heat(self, image: Image.Image, item: Vectors) -> npt.NDArray[np.float32] | None:
        """The share of each region of the picture in its cosine with an item [dim]."""
        return self._ready().heat(image, item)

    @property
    def values(self) -> Mapping[str, tuple[str, ...]]:
        """The attributes that the encoder can tell, with their values."""
        return self._ready().values

    @property
    def is_ready(self) -> bool:
        """Whether it has loaded. One that did not loads again in a while: who waits for this sends no query before."""
        loaded = self._latest()
        return loaded.done() and loaded.exception() is None

    def _ready(self) -> Encoder:
        """The encoder, waited for. Raises what loading raised, and loads again in a while."""
        return self._latest().result()

    def _latest(self) -> Future[Encoder]:
        """The latest try to load it; another begins where that failed a while ago."""
        with self._lock:
            failed = self._loaded.done() and self._loaded.exception()
            if failed and time.monotonic() - self._started > RETRY_AFTER:
                self._start()
            return self._loaded

    def _start(self) -> None:
        self._started = time.monotonic()
        self._loaded: Future[Encoder] = Future()
        threading.Thread(target=self._run, args=(self._loaded,), daemon=True, name="encoder").start()

    def _run(self, loaded: Future[Encoder]) -> None:
        try:
            loaded.set_result(self._load())
        except BaseException as error:
            logger.error("The encoder did not load: %s", error)
            loaded.set_exception(error)


def load_recommender(source: str | Path, *, revision: str | None, token: str | None, device: str) -> Recommender:
    """The recommender of an index folder or of a dataset repository; see `Recommender.from_pretrained`."""
    from recsys.encoder import Encoder

    settings = Settings(token=token)
    if Path(source).exists() or not is_repo_id(str(source)):
        opened = _from_folder(Path(source), settings)
    else:
        opened = open_snapshot(hub.pull(str(source), revision=revision, token=token), settings)
    encoder = Encoder.of_index(opened.folder.path, token=token, device=device)
    return assemble(encoder, opened)


def assemble(encoder: ImageEncoder, opened: Opened) -> Recommender:
    """The recommender over an index."""
    folder = opened.folder
    return Recommender(encoder, opened.searcher, folder.items, folder, opened.origin, folder.manifest.calibration)


def open_shop(settings: Settings, device: str = "auto") -> Recommender:
    """What the app serves: the Hub's index, else its last good copy, else the folder. The encoder loads behind it.

    Raises IndexFolderError where there is nothing that may be served, StoreError where what is to search its vectors
    does not have them, or does not answer.
    """
    opened, prove_good = _open(settings)
    folder, origin = opened.folder, opened.origin
    logger.info("Serving %s at %s, %d products", origin.name, origin.revision or "no revision", len(folder.items))
    path = folder.path  # what loads the encoder outlives the folder where a newer index has the same encoder

    def load() -> Encoder:
        from recsys.encoder import Encoder

        encoder = Encoder.of_index(path, token=settings.token, device=device)
        prove_good()
        return encoder

    return assemble(BackgroundEncoder(load), opened)


def kept_notice(origin: Origin, repo: str, reason: str) -> str:
    """What visitors are told of the index that is shown as the newest of `repo` cannot be had."""
    if origin.name == repo and origin.revision:
        return f"Showing the copy of {repo} that last worked ({origin.revision[:7]}). {reason}"
    return f"Showing the index that came with this app instead of {repo}. {reason}"


def open_snapshot(snapshot: hub.Snapshot, settings: Settings) -> Opened:
    """The index of a snapshot, checked whole, with the weights of its encoder in the cache.

    Raises IndexFolderError, HubError where the weights cannot be had, and StoreError as `open_shop`.
    """
    folder = IndexFolder.open(snapshot.folder, snapshot.repo)
    if not folder.manifest.files.keys() >= {f"{ENCODER}/{name}" for name in COMPILED}:
        _fetch_weights(folder.manifest.encoder, settings.token)
    origin = Origin(snapshot.repo, folder.manifest.dataset.id, snapshot.revision, snapshot.stale)
    return Opened(folder, _searcher(folder, settings), origin)


def _open(settings: Settings) -> tuple[Opened, Callable[[], None]]:
    """The first index that can be had, and what to call once its encoder has loaded too."""
    repo = settings.index_repo
    if repo is None:
        return _from_folder(settings.index_dir, settings), lambda: None
    try:
        snapshot = hub.pull(repo, revision=settings.index_revision, token=settings.token)
        return open_snapshot(snapshot, settings), lambda: hub.remember(snapshot)
    except (HubError, IndexFolderError, StoreError) as error:
        logger.warning("The index %s could not be had: %s", repo, error)
        reason = str(error)
    good = hub.last_good(repo, revision=settings.index_revision)
    try:
        if good:
            return _noting(open_snapshot(good, settings), repo, reason), lambda: None
    except (HubError, IndexFolderError, StoreError) as error:
        logger.warning("The last good copy of %s could not be opened: %s", repo, error)
    try:
        return _noting(_from_folder(settings.index_dir, settings), repo, reason), lambda: None
    except (IndexFolderError, StoreError) as error:
        raise type(error)(f"{reason} And there is no index to show instead: {error}") from error


def _noting(opened: Opened, repo: str, reason: str) -> Opened:
    """What is shown instead of the newest of `repo`, with a notice of why."""
    return replace(opened, origin=replace(opened.origin, notice=kept_notice(opened.origin, repo, reason)))


def _from_folder(path: Path, settings: Settings) -> Opened:
    folder = IndexFolder.open(path)
    return Opened(folder, _searcher(folder, settings), Origin(path.resolve().name, folder.manifest.dataset.id))


def _searcher(folder: IndexFolder, settings: Settings) -> Searcher:
    """What searches the vectors of an index: itself, or the Milvus that the settings name."""
    if settings.store_uri is None:
        return folder.searcher
    from recsys.stores.milvus import Edition, Milvus, MilvusSearcher

    milvus = Milvus(settings.store_uri, settings.store_token)
    return MilvusSearcher(milvus, Edition.of(folder.manifest), folder.items, folder.searcher)


def _fetch_weights(recipe: EncoderRecipe, token: str | None) -> None:
    """Have the weights in the cache, not loaded. Raises HubError, and IndexMismatchError where they are others."""
    if recipe.source is None:
        return
    found = hub.pull_weights(recipe.source.repo, recipe.source.revision, token, with_config=recipe.config is not None)
    weights = file_sha256(found.folder / WEIGHTS)
    if weights != recipe.weights:
        raise IndexMismatchError(
            f"The index was built with weights {recipe.weights[:12]}… of {recipe.source.repo}, which has"
            f" {weights[:12]}… there. Build the index anew with build_index.py."
        )
