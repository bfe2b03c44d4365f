"""Serves a rebuilt index folder without a restart, as `reload` serves newer indexes of the Hub."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from recsys.errors import RecsysError
from recsys.format.layout import MANIFEST, default_index
from recsys.index.opening import open_folder
from recsys.index.replace import current_location
from recsys.serving.live import LiveRecommender
from recsys.serving.open import store_of
from recsys.serving.reload import Reloader
from recsys.settings import Settings

CHECK_S = 5.0
"""How often the folder is looked at, unless RELOAD_SECONDS is shorter. One look reads the facts of one small file."""

logger = logging.getLogger(__name__)
Stamp = tuple[Path, int, int] | None


class FolderReloader(Reloader):
    """Looks at the manifest of the served folder periodically, in its own thread, and opens a changed index."""

    def __init__(self, shop: LiveRecommender, settings: Settings, device: str = "auto"):
        super().__init__(shop, settings, device)
        self._stamp = self._present_stamp()

    def start(self) -> None:
        """Start the thread, unless the settings switch reloading off."""
        if self._settings.reload_seconds:
            threading.Thread(target=self._run, daemon=True, name="folder reload").start()

    def check(self) -> bool:
        """Look once. Serve the folder's index if it changed and works; otherwise keep the current one and say why.

        Returns whether the index changed.
        """
        stamp = self._present_stamp()
        if stamp is None or stamp == self._stamp:
            return False
        try:
            opened = open_folder(self._folder, store_of(self._settings))
            self._serve(self._tried(opened, self._shop.current))
        except Exception as error:
            self._failures += 1
            logger.warning("The rebuilt index is not served: %s", error, exc_info=not isinstance(error, RecsysError))
            return False
        self._stamp, self._failures = stamp, 0
        return True

    def wait(self) -> float:
        """Seconds until the next look. A failure doubles them, up to RELOAD_SECONDS: files may still be copied."""
        return min(CHECK_S * 2**self._failures, self._settings.reload_seconds)

    @property
    def _folder(self) -> Path:
        return self._settings.index_dir or default_index()

    def _present_stamp(self) -> Stamp:
        """Differs between two builds of the folder; None where there is no index."""
        try:
            facts = (current_location(self._folder) / MANIFEST).stat()
        except OSError:
            return None
        return self._folder, facts.st_ino, facts.st_mtime_ns


def reloader(shop: LiveRecommender, settings: Settings) -> Reloader:
    """What keeps the index up to date: that of the Hub, or that of a folder."""
    return Reloader(shop, settings) if settings.index_repo else FolderReloader(shop, settings)
