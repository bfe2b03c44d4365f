"""Filters by the attributes of the catalogue: a menu for each, with its values and their number of products."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from recsys.core.items import Items, parse_filter
from recsys.types import Value, Where
from recsys.web.page.templates import render

ABSENT = "Not given"
SEARCHED_FROM = 13


def panels(items: Items, index: str | None = None) -> Markup:
    """The menus of all filters of an index. An attribute with a single value has none, as it would filter nothing."""
    facets = [
        {"attribute": name, "label": label(name), "counts": counts, "has_search": len(counts) >= SEARCHED_FROM}
        for name, counts in items.facets().items()
        if len(counts) > 1
    ]
    return render("filters.html", facets=facets, index=index or "", absent=ABSENT)


def label(attribute: str) -> str:
    """An attribute's name for people: "baseColour" and "base_colour" are "Base colour"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", attribute).replace("_", " ").strip()
    return (words[:1].upper() + words[1:].lower()) if words else attribute


def in_words(attribute: str, wanted: Value | Sequence[Value]) -> str:
    """One filter for people: "Gender: Women or Girls"."""
    values = [wanted] if wanted is None or isinstance(wanted, str) else wanted
    return f"{label(attribute)}: {' or '.join(ABSENT if value is None else value for value in values)}"


def to_loosen(items: Items, where: Where) -> dict[str, tuple[str, int]]:
    """The filters whose removal lets products pass: each in words, with the number of products, the most first."""
    without = {name: len(items.passing({other: where[other] for other in where if other != name})) for name in where}
    ordered = sorted((name for name in without if without[name]), key=lambda name: -without[name])
    return {name: (in_words(name, where[name]), without[name]) for name in ordered}


def state(items: Items, where: Where, index: str | None, shown: str | None, choice: int = 0) -> dict[str, Any]:
    """The value of the filters' field.

    It has the filter `where`; for each option, in its order, the number of products that it would leave; and the number
    of the visitor's `choice` that it answers. If the page has `shown` the options of an index other than this one, it
    also has the HTML of this one's.
    """
    counts = {name: list(column.values()) for name, column in items.facets(where).items()}
    value = {"where": dict(where), "counts": counts, "index": index, "choice": choice}
    return value if shown == index else value | {"markup": panels(items, index)}


def checked(where: Any) -> dict[str, list[Value]]:
    """The filter of a request; null means no filter. Raises QueryError if it is not a filter."""
    return {} if where is None else parse_filter(where)
