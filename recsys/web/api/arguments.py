"""Checks the arguments of an API request: Gradio passes on any JSON value, whatever type a parameter has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from recsys.core.filters import Filter, parse_filter
from recsys.errors import QueryError
from recsys.recommend.options import CLOSENESS, MAX_LIKES, SearchOptions, check_ids

MAX_PICTURES = 16
"""Pictures in one call of /recommend_batch."""


def filter_from(value: Any) -> Filter:
    """The filter `where`, where null is no filter. Raises QueryError for anything but a filter."""
    return {} if value is None else parse_filter(value)


def ids_from(name: str, value: Any) -> list[str]:
    """The list of item ids of the parameter `name`; numbers become texts, and null is no id.

    Raises QueryError for anything but a list of ids, and for more than MAX_LIKES.
    """
    if value is None:
        return []
    ids = [_number_as_text(item_id) for item_id in value] if isinstance(value, list) else value
    check_ids(name, ids)
    if len(ids) > MAX_LIKES:
        raise QueryError(f"{name} takes at most {MAX_LIKES} item ids; got {len(ids):,}. Send the latest ones.")
    return ids


def options_from(
    where: Any,
    liked: Any = None,
    disliked: Any = None,
    diversity: Any = None,
    but: Any = None,
    min_similarity: Any = None,
    refine: Any = None,
    sort: Any = None,
    text: Any = None,
    offset: Any = None,
) -> SearchOptions:
    """The search options of a request, where null stands for the default. Raises QueryError."""
    return SearchOptions(
        where=filter_from(where),
        liked=ids_from("liked", liked),
        disliked=ids_from("disliked", disliked),
        diversity=0.0 if diversity is None else diversity,
        but={} if but is None else _numbers_as_texts(but),
        min_similarity=min_similarity,
        refine=True if refine is None else refine,
        sort=CLOSENESS if sort is None else sort,
        text=text,
        offset=0 if offset is None else offset,
    )


def locked_from(value: Any) -> dict[str, str]:
    """The parameter `locked`, slot → item id, where null is none. Raises QueryError for anything else."""
    locked = {} if value is None else _numbers_as_texts(value)
    if not isinstance(locked, Mapping) or not all(isinstance(item_id, str) for item_id in locked.values()):
        raise QueryError(
            f"locked maps slots to the id of the item to keep there, such as {{'shoes': 'S0042'}}; got {value!r:.200}."
        )
    return dict(locked)


def file_reference(picture: Any, root: str) -> Any:
    """The reference to a picture; the URL of an upload to this app, whose address is `root`, becomes its path."""
    if not isinstance(picture, str):
        return picture
    upload = f"{root}/gradio_api/file="
    return {"path": unquote(picture.removeprefix(upload)) if picture.startswith(upload) else picture}


def pictures_from(value: Any) -> Sequence[Any]:
    """The pictures of a batch. Raises QueryError for anything but a list of 1 to MAX_PICTURES."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_PICTURES:
        got = f"{len(value):,} of them" if isinstance(value, list) else f"{value!r:.200}"
        raise QueryError(f"images is a list of 1 to {MAX_PICTURES} pictures, uploaded files or links; got {got}.")
    return value


def _numbers_as_texts(value: Any) -> Any:
    """A mapping with its whole numbers as texts; any other value unchanged."""
    return {key: _number_as_text(entry) for key, entry in value.items()} if isinstance(value, Mapping) else value


def _number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
