"""The arguments of an API request, checked, since Gradio hands on whatever JSON came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from recsys.errors import QueryError
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
    if not isinstance(value, list) or not all(_is_id(item_id) for item_id in value):
        raise QueryError(f"{name} is a list of item ids; got {value!r:.200}.")
    if len(value) > MOST_LIKES:
        raise QueryError(f"{name} takes at most {MOST_LIKES} item ids; got {len(value):,}. Send the latest ones.")
    return [str(item_id) for item_id in value]


def wish_of(liked: Any, disliked: Any, diversity: Any, but: Any, min_similarity: Any) -> dict[str, Any]:
    """How the answer is to be bent, as the recommender takes it; null is "as it is". Raises QueryError."""
    return {
        "liked": ids_of("liked", liked),
        "disliked": ids_of("disliked", disliked),
        "diversity": 0.0 if diversity is None else diversity,
        "but": _mapping("but", "attributes to the value to have instead", {"baseColour": "Blue"}, but),
        "min_similarity": min_similarity,
    }


def locks_of(value: Any) -> dict[str, str]:
    """Slot → id of the item that is to stay there; null is none. Raises QueryError."""
    return _mapping("locked", "slots to the id of the item to keep there", {"shoes": "S0042"}, value)


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


def _mapping(name: str, what: str, example: Mapping[str, str], value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(_is_id(given) for given in value.values()):
        raise QueryError(f"{name} maps {what}, such as {example}; got {value!r:.200}.")
    return {key: str(given) for key, given in value.items()}


def _is_id(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
