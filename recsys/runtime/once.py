"""A property that is computed once, however many threads ask for it first."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from threading import RLock
from typing import Any, TypeVar

T = TypeVar("T")


class once(cached_property[T]):
    """`cached_property`, but while one thread computes the value, the others wait for it."""

    def __init__(self, compute: Callable[[Any], T]):
        super().__init__(compute)
        self._computing = RLock()

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        with self._computing:
            return super().__get__(instance, owner)
