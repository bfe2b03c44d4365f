"""What a visitor clicked, as the page sends it.

The page keeps the latest click of each event in one input, "clicks", with the number of the visitor's latest choice. An
event's own data is not used: Gradio can send it with an event that was held back.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from recsys.errors import QueryError

MAX_CHARACTERS = 8_000
MAX_PREVIEW_CHARACTERS = 150_000
JPEG_URL = "data:image/jpeg;base64,"


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


def choice_number(clicks: Any) -> int:
    """The number of the visitor's latest choice; 0 where the page did not send one."""
    number = clicks.get("choice") if isinstance(clicks, dict) else None
    return number if isinstance(number, int) and number > 0 else 0


def has_answer(clicks: Any) -> bool:
    """Whether the page shows an answer to an earlier choice."""
    answered = clicks.get("answered") if isinstance(clicks, dict) else None
    return isinstance(answered, int) and answered > 0


def preview(clicks: Any) -> bytes | None:
    """The small JPEG that the browser kept of a picture; None if there is none, or it is too long or malformed."""
    url = clicks.get("preview") if isinstance(clicks, dict) else None
    if not isinstance(url, str) or not url.startswith(JPEG_URL) or len(url) > MAX_PREVIEW_CHARACTERS:
        return None
    try:
        return base64.b64decode(url.removeprefix(JPEG_URL), validate=True)
    except binascii.Error:
        return None
