"""Puts the parts together: from where an index is to a recommender that serves it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys import hub
from recsys.digest import file_sha256
from recsys.errors import HubError, IndexFolderError, IndexMismatchError
from recsys.folder import IndexFolder
from recsys.manifest import ENCODER
from recsys.recipe import COMPILED, WEIGHTS, EncoderRecipe, is_repo_id
from recsys.recommender import ImageEncoder, Recommender
from recsys.settings import Settings
from recsys.types import Origin, Vectors

if TYPE_CHECKING:
    from recsys.encoder import Encoder

RETRY_AFTER = 30.0
"""Seconds after which a query, or a probe, tries once more to load an encoder that did not load."""

logger = logging.getLogger(__name__)


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

    if Path(source).exists() or not is_repo_id(str(source)):
        folder, origin = _from_folder(Path(source))
    else:
        folder, origin = open_snapshot(hub.pull(str(source), revision=revision, token=token), token)
    encoder = Encoder.of_index(folder.path, token=token, device=device)
    return assemble(encoder, folder, origin)


def assemble(encoder: ImageEncoder, folder: IndexFolder, origin: Origin) -> Recommender:
    """The recommender over an index folder."""
    return Recommender(encoder, folder.searcher, folder.items, folder, origin, folder.manifest.calibration)


def open_shop(settings: Settings, device: str = "auto") -> Recommender:
    """What the app serves: the Hub's index, else its last good copy, else the folder. The encoder loads behind it.

    Raises IndexFolderError where there is nothing that may be served.
    """
    folder, origin, prove_good = _open(settings)
    logger.info("Serving %s at %s, %d products", origin.name, origin.revision or "no revision", len(folder.items))
    path = folder.path  # what loads the encoder outlives the folder where a newer index has the same encoder

    def load() -> Encoder:
        from recsys.encoder import Encoder

        encoder = Encoder.of_index(path, token=settings.token, device=device)
        prove_good()
        return encoder

    return assemble(BackgroundEncoder(load), folder, origin)


def kept_notice(origin: Origin, repo: str, reason: str) -> str:
    """What visitors are told of the index that is shown as the newest of `repo` cannot be had."""
    if origin.name == repo and origin.revision:
        return f"Showing the copy of {repo} that last worked ({origin.revision[:7]}). {reason}"
    return f"Showing the index that came with this app instead of {repo}. {reason}"


def open_snapshot(snapshot: hub.Snapshot, token: str | None) -> tuple[IndexFolder, Origin]:
    """The index of a snapshot, checked whole, with the weights of its encoder in the cache, and where it is from.

    Raises IndexFolderError, and HubError where the weights cannot be had.
    """
    folder = IndexFolder.open(snapshot.folder, snapshot.repo)
    if not folder.manifest.files.keys() >= {f"{ENCODER}/{name}" for name in COMPILED}:
        _fetch_weights(folder.manifest.encoder, token)
    return folder, Origin(snapshot.repo, folder.manifest.dataset.id, snapshot.revision, snapshot.stale)


def _open(settings: Settings) -> tuple[IndexFolder, Origin, Callable[[], None]]:
    """The first index that can be had, and what to call once its encoder has loaded too."""
    repo, token = settings.index_repo, settings.token
    if repo is None:
        return *_from_folder(settings.index_dir), lambda: None
    try:
        snapshot = hub.pull(repo, revision=settings.index_revision, token=token)
        return *open_snapshot(snapshot, token), lambda: hub.remember(snapshot)
    except (HubError, IndexFolderError) as error:
        logger.warning("The index %s could not be had: %s", repo, error)
        reason = str(error)
    good = hub.last_good(repo, revision=settings.index_revision)
    try:
        if good:
            folder, origin = open_snapshot(good, token)
            return folder, replace(origin, notice=kept_notice(origin, repo, reason)), lambda: None
    except (HubError, IndexFolderError) as error:
        logger.warning("The last good copy of %s could not be opened: %s", repo, error)
    try:
        folder, origin = _from_folder(settings.index_dir)
    except IndexFolderError as error:
        raise IndexFolderError(f"{reason} And there is no index to show instead: {error}") from error
    return folder, replace(origin, notice=kept_notice(origin, repo, reason)), lambda: None


def _from_folder(path: Path) -> tuple[IndexFolder, Origin]:
    folder = IndexFolder.open(path)
    return folder, Origin(path.resolve().name, folder.manifest.dataset.id)


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
