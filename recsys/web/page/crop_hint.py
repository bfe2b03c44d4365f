"""The part of the picture to search with: the line under the picture, and the part that a visitor points to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from recsys.errors import QueryError
from recsys.images.box import Box
from recsys.images.crop import box_at
from recsys.images.segment import Segmentation
from recsys.recommend.picture_part import MAX_THINGS
from recsys.web.page.templates import render


def markup(items: Sequence[Box], box: Box | None) -> Markup:
    """The line under the picture; `items` are the products found in it, `box` the part to search with."""
    things = [_edges(item) for item in items[:MAX_THINGS]]
    return render("crop_hint.html", things=things, frame=_edges(box) if box else "")


def box_of(part: Any, segmentation: Segmentation) -> Box | None:
    """The box that was dragged, {"box": [left, top, right, bottom]}, or that a click means, {"point": [x, y]}.

    None for the whole picture. Raises QueryError for anything else.
    """
    if part is None:
        return None
    if isinstance(part, Mapping) and isinstance(part.get("box"), list) and len(part["box"]) == 4:
        return Box(*part["box"])
    if isinstance(part, Mapping) and isinstance(part.get("point"), list) and len(part["point"]) == 2:
        return box_at(segmentation, *part["point"])
    raise QueryError(f"A part of a picture is a box or a point; got {part!r:.200}.")


def box_from(name: str) -> Box | None:
    """The box of `Query.part_name`; None for the whole picture. Raises QueryError for anything else."""
    edges = name.split()
    if name == "whole":
        return None
    if len(edges) != 4 or not all(edge.replace(".", "", 1).isdecimal() for edge in edges):
        raise QueryError(f"A part of a picture is four edges, or whole; got {name!r:.100}.")
    return Box(*map(float, edges))


def _edges(box: Box) -> str:
    return " ".join(f"{edge:.4f}" for edge in (box.left, box.top, box.right, box.bottom))
