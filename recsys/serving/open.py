"""Which index the app serves: the newest on the Hub, else its last good copy, else the folder."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from recsys import hub
from recsys.core.large import is_large
from recsys.encoder import Encoder
from recsys.errors import HubError, IndexFolderError, StoreError
from recsys.format.layout import default_index
from recsys.index.opening import OpenedIndex, VectorStore, open_folder, open_snapshot, pull_index
from recsys.recommend.recommender import Recommender
from recsys.serving.lazy_encoder import BackgroundEncoder
from recsys.settings import Settings
from recsys.types import Origin

logger = logging.getLogger(__name__)


def open_recommender(settings: Settings, device: str = "auto") -> Recommender:
    """The recommender to serve: the Hub's index, else its last good copy, else the folder's.

    The encoder loads in the background. Raises IndexFolderError if there is no index that can be served, and StoreError
    if the vector store does not have its vectors or does not answer.
    """
    opened, remember = _open(settings)
    folder, origin = opened.folder, opened.origin
    logger.info("Serving %s at %s, %d products", origin.name, origin.revision or "no revision", len(folder.items))
    path = folder.path  # `load` must not keep the folder in memory: the encoder may outlive this index

    def load() -> Encoder:
        encoder = Encoder.from_pretrained(path, token=settings.token, device=device)
        remember()
        return encoder

    return Recommender.from_index(opened, BackgroundEncoder(load), settings.synonyms)


def prepare(recommender: Recommender) -> None:
    """Prepare the answers of a large catalogue in the background. Requests that need a part meanwhile wait for it."""
    if is_large(len(recommender)):
        threading.Thread(target=recommender.prepare, daemon=True, name="prepare").start()


def fallback_notice(origin: Origin, repo: str, reason: str) -> str:
    """The notice on the page when another index is served because the newest of `repo` is not available."""
    if origin.name == repo and origin.revision:
        return f"Showing the copy of {repo} that last worked ({origin.revision[:7]}). {reason}"
    return f"Showing the index that came with this app instead of {repo}. {reason}"


def _open(settings: Settings) -> tuple[OpenedIndex, Callable[[], None]]:
    """The first available index, and a function to call when its encoder has loaded too."""
    repo, store = settings.index_repo, store_of(settings)
    if repo is None:
        return _open_folder(settings), lambda: None
    try:
        snapshot = pull_index(repo, settings.index_revision, settings.token, in_store=store is not None)
        return open_snapshot(snapshot, settings.token, store), lambda: hub.remember(snapshot)
    except (HubError, IndexFolderError, StoreError) as error:
        logger.warning("The index %s is not available: %s", repo, error)
        reason = str(error)
    good = hub.last_good(repo, revision=settings.index_revision)
    try:
        if good:
            return _with_notice(open_snapshot(good, settings.token, store), repo, reason), lambda: None
    except (HubError, IndexFolderError, StoreError) as error:
        logger.warning("The last good copy of %s could not be opened: %s", repo, error)
    try:
        return _with_notice(_open_folder(settings), repo, reason), lambda: None
    except (IndexFolderError, StoreError) as error:
        raise type(error)(f"{reason} And there is no index to show instead: {error}") from error


def _open_folder(settings: Settings) -> OpenedIndex:
    return open_folder(settings.index_dir or default_index(), store_of(settings))


def _with_notice(opened: OpenedIndex, repo: str, reason: str) -> OpenedIndex:
    return replace(opened, origin=replace(opened.origin, notice=fallback_notice(opened.origin, repo, reason)))


def store_of(settings: Settings) -> VectorStore | None:
    """The Milvus that the settings name; None if they name none."""
    if settings.store_uri is None:
        return None
    from recsys.stores.milvus import MilvusStore

    return MilvusStore(settings.store_uri, settings.store_token)
