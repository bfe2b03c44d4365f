"""Work in a process of its own, which has nothing loaded yet and gives its memory back."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from typing import Any


def fresh(work: str, *args: Any, **options: Any) -> Any:
    """What `module.function` returns in a fresh process, which alone imports it. Raises what it raised there."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_call, work, args, options).result()


def _call(work: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    module, function = work.rsplit(".", 1)
    return getattr(import_module(module), function)(*args, **options)
