"""Keeps what the app serves up to date: a newer index is fetched and checked whole while the present one serves on."""

from __future__ import annotations

import ctypes
import gc
import logging
import random
import threading
from contextlib import suppress
from copy import copy
from dataclasses import replace

from recsys import hub
from recsys.encoder import Encoder
from recsys.errors import RecsysError
from recsys.format.layout import COMPILED, ENCODER
from recsys.images.decode import decode
from recsys.index.folder import IndexFolder
from recsys.index.opening import open_snapshot
from recsys.recommend.recommender import Recommender
from recsys.serving.live import LiveRecommender
from recsys.serving.open import kept_notice, with_store
from recsys.settings import Settings
from recsys.types import ImageEncoder

LONGEST = 4
"""Periods between two tries, at most, while the newest index cannot be had; each failure doubles the wait."""
JITTER = 0.1
"""The share of a wait that chance adds or takes, so that many apps do not all ask at once."""
LAST_REQUESTS = 10.0
"""Seconds in which what was asked of the index before is answered, so that its memory can go."""
OUR_FAULT = "It could not be opened; the log says why."

logger = logging.getLogger(__name__)


class Reloader:
    """Asks the Hub now and then, in a thread of its own, for a newer index than the shop has."""

    def __init__(self, shop: LiveRecommender, settings: Settings, device: str = "auto"):
        self._shop, self._settings, self._device = shop, settings, device
        self._failures = 0
        self._fetched: list[hub.Snapshot] = []
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to ask, unless there is no repository, or it is to be never."""
        if self._settings.index_repo and self._settings.reload_seconds:
            threading.Thread(target=self._run, daemon=True, name="reload").start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()

    def check(self) -> bool:
        """Ask once, and serve what is newer if it is sound, else what is served already, with a notice of why.

        Returns whether another index is served than before.
        """
        serving, repo = self._shop.current, str(self._settings.index_repo)
        try:
            found = self._newest(serving, repo)
            self._serve(found)
            self._failures = 0
        except Exception as error:
            self._failures += 1
            expected = isinstance(error, RecsysError)
            logger.warning("The newest index of %s could not be had: %s", repo, error, exc_info=not expected)
            notice = kept_notice(serving.origin, repo, str(error) if expected else OUR_FAULT)
            self._serve(_noting(serving, notice))
            return False
        return found.searcher is not serving.searcher

    def wait(self) -> float:
        """Seconds until the next try."""
        periods = min(2**self._failures, LONGEST)
        return self._settings.reload_seconds * periods * random.uniform(1 - JITTER, 1 + JITTER)

    def _run(self) -> None:
        while not self._settled and not self._stopped.wait(self.wait()):
            if self.check() and not self._stopped.wait(LAST_REQUESTS):
                self._clear()

    @property
    def _settled(self) -> bool:
        """Whether a commit is served that the settings name, which nothing is newer than."""
        pinned = self._settings.index_revision
        return pinned is not None and pinned == self._shop.current.origin.revision

    def _newest(self, serving: Recommender, repo: str) -> Recommender:
        """The index as it is on the Hub: what is served already, or another, checked, with an encoder that works."""
        snapshot = hub.pull(repo, revision=self._settings.index_revision, token=self._settings.token)
        if (snapshot.repo, snapshot.revision) == (serving.origin.name, serving.origin.revision):
            return _noting(serving, snapshot.stale)
        if snapshot not in self._fetched:
            self._fetched.append(snapshot)
        opened = with_store(open_snapshot(snapshot, self._settings.token), self._settings)
        found = Recommender.from_index(opened, self._encoder(opened.folder, serving))
        found.variants.group(found.recommend(decode(opened.folder.thumbnail(0))))
        hub.remember(snapshot)
        return found

    def _encoder(self, folder: IndexFolder, serving: Recommender) -> ImageEncoder:
        """The encoder that serves, where the new index has the same one, else its own."""
        if isinstance(serving.assets, IndexFolder) and _encoder_of(serving.assets) == _encoder_of(folder):
            return serving.encoder
        return Encoder.from_pretrained(folder.path, token=self._settings.token, device=self._device)

    def _serve(self, recommender: Recommender) -> None:
        if recommender is self._shop.current:
            return
        self._shop.swap(recommender)
        origin = recommender.origin
        logger.info("Serving %s at %s, %d products", origin.name, origin.revision, len(recommender.items))

    def _clear(self) -> None:
        """Give back what earlier indexes took: memory, and of those fetched since the start the disk too."""
        gc.collect()  # an index folder refers to itself, so that it does not go with its last use
        with suppress(OSError, TypeError, AttributeError):  # where the C library is not glibc
            ctypes.CDLL(None).malloc_trim(0)  # which keeps what is free for itself
        served = self._shop.current.origin.revision
        hub.forget(snapshot for snapshot in self._fetched if snapshot.revision != served)
        self._fetched = [snapshot for snapshot in self._fetched if snapshot.revision == served]


def _noting(recommender: Recommender, notice: str | None) -> Recommender:
    """The same recommender, with this notice."""
    if notice == recommender.origin.notice:
        return recommender
    noted = copy(recommender)
    noted.origin = replace(recommender.origin, notice=notice)
    return noted


def _encoder_of(folder: IndexFolder) -> tuple[object, ...]:
    """What tells whether two indexes can share a loaded encoder: its spec and its files.

    The compiled form follows from these, but for one in int8, which was fitted on pictures of its catalogue.
    """
    spec = folder.manifest.encoder
    derived = () if spec.int8 else tuple(f"{ENCODER}/{name}" for name in COMPILED)
    files = folder.manifest.files.items()
    return spec, {name: facts for name, facts in files if name.startswith(f"{ENCODER}/") and name not in derived}
