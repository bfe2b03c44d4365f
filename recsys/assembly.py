"""Puts the parts together: from where an index is to a recommender that serves it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from PIL import Image

from recsys import hub
from recsys.digest import file_sha256
from recsys.errors import HubError, IndexFolderError, IndexMismatchError
from recsys.folder import IndexFolder
from recsys.recipe import EncoderRecipe, is_repo_id
from recsys.recommender import Recommender
from recsys.settings import Settings
from recsys.types import Origin, Vectors

if TYPE_CHECKING:
    from recsys.encoder import Encoder

WEIGHTS, CONFIG = "model.safetensors", "config.json"

logger = logging.getLogger(__name__)


class BackgroundEncoder:
    """An encoder that loads in a thread of its own; the first query waits for it."""

    def __init__(self, load: Callable[[], Encoder]):
        self._loaded: Future[Encoder] = Future()
        Thread(target=self._run, args=(load,), daemon=True, name="encoder").start()

    def encode(self, images: list[Image.Image]) -> Vectors:
        """Unit vectors of these pictures, float32 [n, dim]. Raises what loading raised."""
        return self._loaded.result().encode(images)

    def _run(self, load: Callable[[], Encoder]) -> None:
        try:
            self._loaded.set_result(load())
        except BaseException as error:
            logger.exception("The encoder did not load")
            self._loaded.set_exception(error)


def load_recommender(source: str, *, revision: str | None, token: str | None, device: str) -> Recommender:
    """The recommender of an index folder or of a dataset repository; see `Recommender.from_pretrained`."""
    from recsys.encoder import Encoder

    if Path(source).exists() or not is_repo_id(source):
        folder, origin = _from_folder(Path(source), None)
    else:
        folder, origin = _from_snapshot(hub.pull(source, revision=revision, token=token), token)
    return _recommender(folder, origin, Encoder.of_index(folder.path, token=token, device=device))


def open_shop(settings: Settings, device: str = "auto") -> Recommender:
    """What the app serves: the Hub's index, else its last good copy, else the folder. The encoder loads behind it.

    Raises IndexFolderError where there is nothing that may be served.
    """

    def load() -> Encoder:
        from recsys.encoder import Encoder

        return Encoder.of_index(folder.path, token=settings.token, device=device)

    folder, origin = _open(settings)
    logger.info("Serving %s at %s, %d products", origin.name, origin.revision or "no revision", len(folder.items))
    return _recommender(folder, origin, BackgroundEncoder(load))


def _open(settings: Settings) -> tuple[IndexFolder, Origin]:
    repo, revision, token = settings.index_repo, settings.index_revision, settings.token
    if repo is None:
        return _from_folder(settings.index_dir, None)
    try:
        snapshot = hub.pull(repo, revision=revision, token=token)
        opened = _from_snapshot(snapshot, token)
        hub.remember(snapshot)
        return opened
    except (HubError, IndexFolderError) as error:
        logger.warning("The index %s could not be had: %s", repo, error)
        reason = str(error)
    good = hub.last_good(repo, revision=revision)
    if good:
        try:
            folder, origin = _from_snapshot(good, token)
            notice = f"Showing the copy of {repo} that last worked ({good.revision[:7]}). {reason}"
            return folder, Origin(origin.name, origin.dataset, origin.revision, notice)
        except (HubError, IndexFolderError) as error:
            logger.warning("The last good copy of %s could not be opened: %s", repo, error)
    return _from_folder(settings.index_dir, f"Showing the index that came with this app instead of {repo}. {reason}")


def _from_snapshot(snapshot: hub.Snapshot, token: str | None) -> tuple[IndexFolder, Origin]:
    folder = IndexFolder.open(snapshot.folder)
    _fetch_weights(folder.manifest.encoder, token)
    return folder, Origin(snapshot.repo, folder.manifest.dataset.id, snapshot.revision, snapshot.stale)


def _from_folder(path: Path, notice: str | None) -> tuple[IndexFolder, Origin]:
    folder = IndexFolder.open(path)
    return folder, Origin(path.resolve().name, folder.manifest.dataset.id, None, notice)


def _fetch_weights(recipe: EncoderRecipe, token: str | None) -> None:
    """Have the weights in the cache, not loaded. Raises HubError, and IndexMismatchError where they are others."""
    if recipe.source is None:
        return
    files = [WEIGHTS, CONFIG] if recipe.config else [WEIGHTS]
    repo, revision = recipe.source.repo, recipe.source.revision
    found = hub.pull(repo, repo_type="model", revision=revision, token=token, files=files)
    weights = file_sha256(found.folder / WEIGHTS)
    if weights != recipe.weights:
        raise IndexMismatchError(
            f"The index was built with weights {recipe.weights[:12]}… of {repo}, which now has {weights[:12]}… there."
            " Build the index anew with build_index.py."
        )


def _recommender(folder: IndexFolder, origin: Origin, encoder: Encoder | BackgroundEncoder) -> Recommender:
    return Recommender(encoder, folder.searcher, folder.items, folder, origin)
