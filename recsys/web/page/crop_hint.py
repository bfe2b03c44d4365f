"""Which part of the picture is looked at: what the page says of it, and what a visitor points to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from recsys.errors import QueryError
from recsys.images.focus import Box, around

MOST_ITEMS = 6


def markup(items: Sequence[Box], box: Box | None) -> str:
    """The line under the picture; `items` are the products seen in it, `box` the part that is looked at."""
    choices = "".join(
        f'<button type="button" data-box="{_edges(item)}" aria-label="Thing {number} in the picture">{number}</button>'
        for number, item in enumerate(items[:MOST_ITEMS], 1)
    )
    several = f'<span class="hint">Things in it</span>{choices}' if len(items) > 1 else ""
    whole = '<button type="button" data-whole>Whole picture</button>' if box else ""
    hint = "Only the framed part is looked at." if box else "Click on a thing, or drag a frame, to look at that alone."
    return (
        f'<div class="focus" data-frame="{_edges(box) if box else ""}"><p class="hint">{hint}</p>'
        f'<div class="ways">{several}{whole}</div></div>'
    )


def box_of(part: Any, picture: Image.Image) -> Box | None:
    """The box that was dragged, {"box": [left, top, right, bottom]}, or that a click means, {"point": [x, y]}.

    None where that is all of the picture. Raises QueryError for anything else.
    """
    if part is None:
        return None
    if isinstance(part, Mapping) and isinstance(part.get("box"), list) and len(part["box"]) == 4:
        return Box(*part["box"])
    if isinstance(part, Mapping) and isinstance(part.get("point"), list) and len(part["point"]) == 2:
        return around(picture, *part["point"])
    raise QueryError(f"A part of a picture is a box or a point; got {part!r:.200}.")


def _edges(box: Box) -> str:
    return " ".join(f"{edge:.4f}" for edge in (box.left, box.top, box.right, box.bottom))
