"""How an answer is bent: what is liked, how varied it is to be, and what to have in place of the query's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.recommend.diversity import pool_size
from recsys.types import Where


@dataclass(frozen=True)
class Wish:
    """How an answer is bent; see `Recommender.recommend` for what each means."""

    liked: Sequence[str] = ()
    disliked: Sequence[str] = ()
    diversity: float = 0.0
    but: Mapping[str, str] = field(default_factory=dict)
    min_similarity: float | None = None

    @classmethod
    def of(
        cls,
        items: Items,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        diversity: float = 0.0,
        but: Mapping[str, str] | None = None,
        min_similarity: float | None = None,
    ) -> Self:
        """The wish, checked. Raises QueryError for a value out of range, or one that the catalogue does not have."""
        _check_number("diversity", diversity, 0)
        if min_similarity is not None:
            _check_number("min_similarity", min_similarity, -1)
        _check_ids("liked", liked)
        _check_ids("disliked", disliked)
        if but is not None and not (
            isinstance(but, Mapping) and all(isinstance(value, str) for pair in but.items() for value in pair)
        ):
            raise QueryError(f"but maps attributes to one value each, as {{'baseColour': 'Blue'}}; got {but!r:.200}.")
        items.passing(but or {})
        return cls(liked, disliked, float(diversity), but or {}, min_similarity)

    def filter(self, where: Where | None) -> Where | None:
        """The filter that a search has to pass: what is asked for instead goes before what was filtered by."""
        return {**(where or {}), **self.but} or None

    def pool(self, k: int) -> int:
        """How many candidates to choose k from."""
        return pool_size(k) if self.diversity else k


def _check_number(name: str, value: object, least: int) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and least <= value <= 1):  # type: ignore[operator]
        raise QueryError(f"{name} is a number from {least} to 1; got {value!r:.50}.")


def _check_ids(name: str, ids: object) -> None:
    several = isinstance(ids, Sequence) and not isinstance(ids, str)
    if not (several and all(isinstance(item_id, str) for item_id in ids)):  # type: ignore[attr-defined]
        raise QueryError(f"{name} is a list of item ids; got {ids!r:.200}.")
