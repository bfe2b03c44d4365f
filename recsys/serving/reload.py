"""Serves newer indexes without a restart: each is downloaded and checked while the current one is still served."""

from __future__ import annotations

import gc
import logging
import random
import threading
from copy import copy
from dataclasses import replace

from recsys import hub
from recsys.encoder import Encoder
from recsys.errors import RecsysError
from recsys.format.layout import COMPILED, ENCODER
from recsys.images.decode import decode
from recsys.index.annoy import AnnoySearcher
from recsys.index.folder import IndexFolder
from recsys.index.opening import OpenedIndex, open_snapshot, pull_index
from recsys.recommend.recommender import Recommender
from recsys.runtime.memory import release_memory
from recsys.serving.live import LiveRecommender
from recsys.serving.open import fallback_notice, store_of
from recsys.settings import Settings
from recsys.types import ImageEncoder

MAX_BACKOFF_PERIODS = 4
"""Each failure doubles the wait, up to this many reload periods."""
JITTER = 0.1
"""Each wait is shortened or extended at random by up to this share, so that many apps do not ask at once."""
DRAIN_S = 10.0
"""The memory of the previous index is freed after this wait, when its last requests have been answered."""
INTERNAL_ERROR = "It could not be opened; the log says why."

logger = logging.getLogger(__name__)


class Reloader:
    """Asks the Hub periodically, in its own thread, for an index newer than the one that is served."""

    def __init__(self, shop: LiveRecommender, settings: Settings, device: str = "auto"):
        self._shop, self._settings, self._device = shop, settings, device
        self._failures = 0
        self._fetched: list[hub.Snapshot] = []
        self._stopped = threading.Event()

    def start(self) -> None:
        """Start the thread, unless the settings name no repository or switch reloading off."""
        if self._settings.index_repo and self._settings.reload_seconds:
            threading.Thread(target=self._run, daemon=True, name="reload").start()

    def stop(self) -> None:
        self._stopped.set()

    def check(self) -> bool:
        """Ask once. Serve a newer index if it works; otherwise keep the current one, with a notice that says why.

        Returns whether the index changed.
        """
        serving, repo = self._shop.current, str(self._settings.index_repo)
        try:
            found = self._newest(serving, repo)
            self._serve(found)
            self._failures = 0
        except Exception as error:
            self._failures += 1
            expected = isinstance(error, RecsysError)
            logger.warning("The newest index of %s is not available: %s", repo, error, exc_info=not expected)
            notice = fallback_notice(serving.origin, repo, str(error) if expected else INTERNAL_ERROR)
            self._serve(_with_notice(serving, notice))
            return False
        return found.searcher is not serving.searcher

    def wait(self) -> float:
        """Seconds until the next check."""
        periods = min(2**self._failures, MAX_BACKOFF_PERIODS)
        return self._settings.reload_seconds * periods * random.uniform(1 - JITTER, 1 + JITTER)

    def _run(self) -> None:
        while not self._is_pinned and not self._stopped.wait(self.wait()):
            if self.check() and not self._stopped.wait(DRAIN_S):
                self._free()

    @property
    def _is_pinned(self) -> bool:
        """Whether the settings pin a commit and it is served, so that there can be no newer one."""
        pinned = self._settings.index_revision
        return pinned is not None and pinned == self._shop.current.origin.revision

    def _newest(self, serving: Recommender, repo: str) -> Recommender:
        """The recommender over the Hub's index: the current one, or a new one that has answered a test query."""
        store = store_of(self._settings)
        asked = (repo, self._settings.index_revision, self._settings.token)
        snapshot = pull_index(*asked, in_store=store is not None)
        if (snapshot.repo, snapshot.revision) == (serving.origin.name, serving.origin.revision):
            return _with_notice(serving, snapshot.stale)
        if snapshot not in self._fetched:
            self._fetched.append(snapshot)
        release_memory()  # of the download
        found = self._tried(open_snapshot(snapshot, self._settings.token, store), serving)
        hub.remember(snapshot)
        return found

    def _tried(self, opened: OpenedIndex, serving: Recommender) -> Recommender:
        """The recommender over a new index, which has answered a test query.

        It spares memory until it is served, because the current index is in memory too.
        """
        found = Recommender.from_index(opened, self._encoder(opened.folder, serving), self._settings.synonyms)
        for searcher in _searchers(found):
            searcher.spare_memory()
        found.variants.group(found.recommend(decode(opened.folder.thumbnail(0))))
        release_memory()
        return found

    def _encoder(self, folder: IndexFolder, serving: Recommender) -> ImageEncoder:
        """The encoder that is loaded already if the new index was built with it, else the encoder of the new index."""
        if isinstance(serving.assets, IndexFolder) and _encoder_of(serving.assets) == _encoder_of(folder):
            return serving.encoder
        return Encoder.from_pretrained(folder.path, token=self._settings.token, device=self._device)

    def _serve(self, recommender: Recommender) -> None:
        replaced = self._shop.current
        if recommender is replaced:
            return
        self._shop.swap(recommender)
        if recommender.searcher is not replaced.searcher:
            for searcher in _searchers(replaced):
                searcher.retire()
            for searcher in _searchers(recommender):
                searcher.spare_memory(False)
        origin = recommender.origin
        logger.info("Serving %s at %s, %d products", origin.name, origin.revision, len(recommender.items))

    def _free(self) -> None:
        """Free the memory of earlier indexes, and delete those downloaded since the start from the disk."""
        gc.collect()
        release_memory()
        served = self._shop.current.origin.revision
        hub.forget(snapshot for snapshot in self._fetched if snapshot.revision != served)
        self._fetched = [snapshot for snapshot in self._fetched if snapshot.revision == served]


def _searchers(recommender: Recommender) -> list[AnnoySearcher]:
    """What searches the vectors of an index in this process; none where a store outside does."""
    assets = recommender.assets
    return [assets.searcher] if isinstance(assets, IndexFolder) and assets.has_vectors else []


def _with_notice(recommender: Recommender, notice: str | None) -> Recommender:
    if notice == recommender.origin.notice:
        return recommender
    noted = copy(recommender)
    noted.origin = replace(recommender.origin, notice=notice)
    return noted


def _encoder_of(folder: IndexFolder) -> tuple[object, ...]:
    """The spec of the encoder and the hashes of its files, which are equal for indexes with the same encoder.

    The compiled form is left out because it is derived from the other files, except in int8: there it depends on the
    catalogue.
    """
    spec = folder.manifest.encoder
    derived = () if spec.int8 else tuple(f"{ENCODER}/{name}" for name in COMPILED)
    files = folder.manifest.files.items()
    return spec, {name: facts for name, facts in files if name.startswith(f"{ENCODER}/") and name not in derived}
