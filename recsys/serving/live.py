"""What is served: one recommender after another, each in place of the last between two requests."""

from __future__ import annotations

from collections.abc import Callable

from recsys.recommend.recommender import Recommender


class Shop:
    """Holds the recommender that serves now.

    A request takes `now` once, at its start, and ends with it, whatever has come since.
    """

    def __init__(self, recommender: Recommender):
        self._now = recommender
        self._followers: list[Callable[[Recommender], None]] = []

    @classmethod
    def of(cls, served: Shop | Recommender) -> Shop:
        """A shop as it is, or one that always has this recommender."""
        return served if isinstance(served, Shop) else cls(served)

    @property
    def now(self) -> Recommender:
        """The recommender of a request that begins now."""
        return self._now

    def follow(self, follower: Callable[[Recommender], None]) -> None:
        """Have `follower` prepare for each recommender that is to come; where it raises, that one does not come."""
        self._followers.append(follower)

    def renew(self, recommender: Recommender) -> None:
        """Serve this one from the next request on."""
        for follower in self._followers:
            follower(recommender)
        self._now = recommender
