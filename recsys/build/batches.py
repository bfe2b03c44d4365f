"""Embeds pictures in batches, in threads of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from recsys.encoder import Encoder
from recsys.types import Pixels, Vectors


class Embeds(Protocol):
    """An encoder, as far as `embed_batch` needs it."""

    def features(self, pixels: Pixels) -> Vectors:
        """See `Encoder.features`."""


class BatchEmbedder:
    """Embeds each picture once, and passes on the keys and vectors of each batch in order. Use it as a context manager.

    At the end of the context all vectors are passed on, unless its body failed.
    """

    def __init__(self, encoder: Encoder, batch_size: int, pass_on: Callable[[Sequence[str], Vectors], object]):
        """At most `batch_size` pictures are in the network at once."""
        self._encoder, self._pass_on = encoder, pass_on
        self._batch_size = min(batch_size, encoder.network.fastest_batch)
        at_once = min(encoder.network.streams, batch_size // self._batch_size)
        self._threads, self._most_batches = ThreadPoolExecutor(at_once, "embed"), 2 * at_once
        self._waiting: dict[str, Pixels] = {}
        self._batches: deque[tuple[list[str], Future[Vectors]]] = deque()
        self._keys: set[str] = set()

    def add(self, key: str, pixels: Pixels) -> None:
        """Embed this picture, unless it was added already. Raises errors of the encoder, here or at the end."""
        if key in self._keys:
            return
        self._keys.add(key)
        self._waiting[key] = pixels
        if len(self._waiting) == self._batch_size:
            self._submit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if error is None and self._waiting:
                self._submit()
            while error is None and self._batches:
                self._take()
        finally:
            self._threads.shutdown(cancel_futures=True)

    def _submit(self) -> None:
        keys, pixels, self._waiting = list(self._waiting), list(self._waiting.values()), {}
        self._batches.append((keys, self._threads.submit(embed_batch, self._encoder, pixels, self._batch_size)))
        if len(self._batches) > self._most_batches:
            self._take()

    def _take(self) -> None:
        keys, vectors = self._batches.popleft()
        self._pass_on(keys, vectors.result())
        self._keys.difference_update(keys)


def embed_batch(encoder: Embeds, pixels: Sequence[Pixels], batch_size: int) -> Vectors:
    """The features of at most `batch_size` pictures, float32 [n, features], equal for batches of any size.

    A single picture is passed twice, because some networks compute a batch of one differently: the last bits of
    ResNet-50 change (2e-7). From two pictures on, neither their number nor that of the threads changes a bit.
    """
    is_single = len(pixels) == 1 < batch_size
    return encoder.features(np.stack([*pixels, *pixels] if is_single else pixels))[: len(pixels)]
