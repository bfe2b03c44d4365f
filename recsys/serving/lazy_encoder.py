"""An encoder that loads in the background while the server starts."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys.encoder import Encoder
from recsys.types import Vectors

RETRY_AFTER_S = 30.0
"""A failed load is tried again at the first query or health check after this many seconds."""

logger = logging.getLogger(__name__)


class BackgroundEncoder:
    """An encoder that loads in its own thread; the first query waits for it."""

    def __init__(self, load: Callable[[], Encoder]):
        self._load, self._lock = load, threading.Lock()
        self._start()

    def encode(self, images: list[Image.Image]) -> Vectors:
        return self._latest().result().encode(images)

    def logits(self, vectors: Vectors) -> dict[str, Vectors]:
        return self._latest().result().logits(vectors)

    def heat(self, image: Image.Image, item: Vectors) -> npt.NDArray[np.float32] | None:
        return self._latest().result().heat(image, item)

    @property
    def values(self) -> Mapping[str, tuple[str, ...]]:
        return self._latest().result().values

    @property
    def is_ready(self) -> bool:
        """Whether the encoder has loaded. Asking also retries a failed load, so health checks alone can recover it."""
        loaded = self._latest()
        return loaded.done() and loaded.exception() is None

    def _latest(self) -> Future[Encoder]:
        """The latest attempt to load the encoder. Its result raises what loading raised."""
        with self._lock:
            failed = self._loaded.done() and self._loaded.exception()
            if failed and time.monotonic() - self._started > RETRY_AFTER_S:
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
