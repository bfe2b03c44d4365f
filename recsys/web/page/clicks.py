"""What a visitor clicked, as the page sends it.

The page keeps the latest click of each event in one input, "clicks". An event's own data cannot be used: while a
handler runs, Gradio holds back the next event of that handler, and then sends it with the data of the first one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recsys.errors import QueryError

MAX_CHARACTERS = 8_000


def clicked(clicks: Any, event: str, kind: type, keys: Sequence[str] = ()) -> Any:
    """What was clicked for an event: an id, a link, or texts by these keys.

    Raises QueryError if it is not of this kind, lacks a key, or is longer than the page ever sends.
    """
    found = clicks.get(event) if isinstance(clicks, dict) else None
    if isinstance(found, str | dict) and len(str(found)) > MAX_CHARACTERS:
        raise QueryError(
            f"What was clicked has more than {MAX_CHARACTERS:,} characters. Reload the page and try again."
        )
    if not isinstance(found, kind) or (kind is dict and not _has_texts(found, keys)):
        raise QueryError("What was clicked cannot be read. Reload the page and try again.")
    return found


def _has_texts(found: Any, keys: Sequence[str]) -> bool:
    return found.keys() >= set(keys) and all(isinstance(value, str) for value in found.values())
