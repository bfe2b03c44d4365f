"""The arguments of an API request, checked, since Gradio hands on whatever JSON came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from recsys.errors import QueryError
from recsys.recommend.options import SearchOptions, check_ids
from recsys.types import Value
from recsys.web.page.filters import checked
from recsys.web.page.state import MOST_LIKES

MOST_PICTURES = 16


def where_of(value: Any) -> dict[str, list[Value]]:
    """The filter; null is none. Raises QueryError for what is no filter."""
    return {name: list(dict.fromkeys(wanted)) for name, wanted in checked(value).items()}


def ids_of(name: str, value: Any) -> list[str]:
    """A list of at most 200 item ids, where a number is one too; null is none. Raises QueryError for anything else."""
    if value is None:
        return []
    ids = [_as_text(item_id) for item_id in value] if isinstance(value, list) else value
    check_ids(name, ids)
    if len(ids) > MOST_LIKES:
        raise QueryError(f"{name} takes at most {MOST_LIKES} item ids; got {len(ids):,}. Send the latest ones.")
    return ids


def options_of(where: Any, liked: Any, disliked: Any, diversity: Any, but: Any, min_similarity: Any) -> SearchOptions:
    """The search options of a request, where null stands for the default. Raises QueryError."""
    return SearchOptions(
        where=checked(where),
        liked=ids_of("liked", liked),
        disliked=ids_of("disliked", disliked),
        diversity=0.0 if diversity is None else diversity,
        but={} if but is None else _texts_of(but),
        min_similarity=min_similarity,
    )


def locks_of(value: Any) -> dict[str, str]:
    """Slot → id of the item that is to stay there; null is none. Raises QueryError."""
    locked = {} if value is None else _texts_of(value)
    if not isinstance(locked, Mapping) or not all(isinstance(item_id, str) for item_id in locked.values()):
        raise QueryError(
            f"locked maps slots to the id of the item to keep there, such as {{'shoes': 'S0042'}}; got {value!r:.200}."
        )
    return dict(locked)


def reference(picture: Any, root: str) -> Any:
    """The file reference of a picture: the address of an upload to this app, at `root`, is that upload."""
    if not isinstance(picture, str):
        return picture
    upload = f"{root}/gradio_api/file="
    return {"path": unquote(picture.removeprefix(upload)) if picture.startswith(upload) else picture}


def pictures_of(value: Any) -> Sequence[Any]:
    """The pictures of a batch. Raises QueryError for none, too many, and what is no list."""
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_PICTURES:
        got = f"{len(value):,} of them" if isinstance(value, list) else f"{value!r:.200}"
        raise QueryError(f"images is a list of 1 to {MOST_PICTURES} pictures, uploaded files or links; got {got}.")
    return value


def _texts_of(value: Any) -> Any:
    """A mapping with its numbers as text; anything else unchanged."""
    return {key: _as_text(given) for key, given in value.items()} if isinstance(value, Mapping) else value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
