"""Replaces the recommender between two requests when a newer index is ready."""

from __future__ import annotations

from collections.abc import Callable

from recsys.recommend.recommender import Recommender


class LiveRecommender:
    """Holds the current recommender. Each request reads `current` once, at its start, and uses that one to its end."""

    def __init__(self, recommender: Recommender):
        self.current = recommender
        self._callbacks: list[Callable[[Recommender], None]] = []

    @classmethod
    def ensure(cls, served: LiveRecommender | Recommender) -> LiveRecommender:
        """`served` itself, or a LiveRecommender that holds it."""
        return served if isinstance(served, LiveRecommender) else cls(served)

    def before_swap(self, callback: Callable[[Recommender], None]) -> None:
        """Call `callback` with each new recommender before it is served; if it raises, the swap does not happen."""
        self._callbacks.append(callback)

    def swap(self, recommender: Recommender) -> None:
        """Serve this recommender from the next request on."""
        for callback in self._callbacks:
            callback(recommender)
        self.current = recommender
