"""The field of the filters: its menus, and its value with the number of products that each choice would leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from recsys.core.filters import parse_filter
from recsys.core.items import Items
from recsys.recommend.options import BY_PRICE, CLOSENESS, NEWEST, SearchOptions, sorts_of
from recsys.types import Range, Value, Where
from recsys.web.page.facets import ABSENT, facets, title
from recsys.web.page.languages import say
from recsys.web.page.templates import render
from recsys.words.synonyms import Synonyms

ORDERS = {CLOSENESS: "Featured", BY_PRICE: "Lowest price first", NEWEST: "Newest first"}


def panels(items: Items, index: str | None = None, synonyms: Synonyms | None = None) -> Markup:
    """The menus of all filters of an index, whose values are found by these synonyms too, and of its orders.

    The first order is called "Closest first" by static/filters.js where something is searched for.
    """
    found = facets(items, synonyms)
    orders = {order: say(ORDERS[order]) for order in sorts_of(items)}
    return render("filters.html", facets=found, orders=orders, index=index or "", total=len(items))


def to_loosen(items: Items, options: SearchOptions) -> dict[str, tuple[str, int]]:
    """The filters whose removal lets products pass, such as "Gender: Women or Girls", with the number of products.

    The filter whose removal lets most products pass comes first.
    """
    wanted, where = parse_filter(options.where), options.filter or {}
    without = {name: {other: where[other] for other in where if other != name} for name in where}
    counts = {name: len(items.passing(without[name])) for name in wanted if name not in options.but}
    ordered = sorted((name for name in counts if counts[name]), key=lambda name: -counts[name])
    return {name: (_in_words(title(items, name), wanted[name]), counts[name]) for name in ordered}


def state(
    items: Items,
    where: Where,
    index: str | None,
    shown: str | None,
    choice: int = 0,
    sort: str = CLOSENESS,
    synonyms: Synonyms | None = None,
) -> dict[str, Any]:
    """The value of the filters' field.

    It has the filter `where`, the order `sort` and the `total` of products that pass. `counts` has for each value of an
    attribute, in its order, the number of products that it would leave; `nested` has the same for attributes that are
    one filter, whose values take each other's place. `choice` is the number of the visitor's choice that it answers. If
    the page still shows the filters of another index, whose revision is `shown`, it also has the HTML of the filters of
    this `index`.
    """
    counts = {name: list(column.values()) for name, column in items.facets(where).items()}
    value = {"where": dict(where), "counts": counts, "index": index, "choice": choice, "sort": sort}
    value |= {"total": len(items.passing(where)), "nested": _nested_counts(items, where)}
    return value if shown == index else value | {"markup": panels(items, index, synonyms)}


def _nested_counts(items: Items, where: Where) -> dict[str, list[int]]:
    names = items.kind_levels
    if len(names) < 2 or not set(names).intersection(where):
        return {}
    counts = items.facets({name: wanted for name, wanted in where.items() if name not in names})
    return {name: list(counts[name].values()) for name in names}


def _in_words(name: str, values: Sequence[Value] | Range) -> str:
    if isinstance(values, dict):
        bounds = [
            say("from {bound}", bound=f"{values['min']:g}") if "min" in values else "",
            say("to {bound}", bound=f"{values['max']:g}") if "max" in values else "",
        ]
        return f"{name} {' '.join(filter(None, bounds))}"
    return f"{name}: {say(' or ').join(say(ABSENT) if value is None else value for value in values)}"
