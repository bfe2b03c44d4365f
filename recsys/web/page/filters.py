"""Filters by the attributes of the catalogue: a menu for each, with its values and their number of products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from recsys.core.filters import IN_STOCK, parse_filter
from recsys.core.items import Items
from recsys.recommend.options import BY_PRICE, CLOSENESS, NEWEST, SearchOptions, sorts_of
from recsys.types import Range, Value, Where
from recsys.web.page.attribute_display import label
from recsys.web.page.templates import render

ABSENT = "Not given"
ORDERS = {CLOSENESS: "Closest first", BY_PRICE: "Lowest price first", NEWEST: "Newest first"}


def panels(items: Items, index: str | None = None) -> Markup:
    """The menus of all filters of an index, and of its orders.

    An attribute with a single value has no menu, as it would filter nothing. One of many numbers has a range.
    """
    ranges = {
        name: {"min": f"{ends['min']:g}", "max": f"{ends['max']:g}"}
        for name, ends in items.ranges().items()
        if ends["min"] < ends["max"]
    }
    facets = {name: counts for name, counts in items.facets().items() if len(counts) > 1 and name not in ranges}
    orders = {order: ORDERS[order] for order in sorts_of(items)}
    words = {name: {"True": "Yes", "False": "No"} if name == IN_STOCK else {} for name in facets}
    return render(
        "filters.html",
        facets=facets,
        ranges=ranges,
        unit=items.offers.usual_currency if items.offers else None,
        orders=orders,
        words=words,
        index=index or "",
        absent=ABSENT,
    )


def to_loosen(items: Items, options: SearchOptions) -> dict[str, tuple[str, int]]:
    """The filters whose removal lets products pass, such as "Gender: Women or Girls", with the number of products.

    The filter whose removal lets most products pass comes first.
    """
    wanted, where = parse_filter(options.where), options.filter or {}
    without = {name: {other: where[other] for other in where if other != name} for name in where}
    counts = {name: len(items.passing(without[name])) for name in wanted if name not in options.but}
    ordered = sorted((name for name in counts if counts[name]), key=lambda name: -counts[name])
    return {name: (_in_words(name, wanted[name]), counts[name]) for name in ordered}


def state(
    items: Items, where: Where, index: str | None, shown: str | None, choice: int = 0, sort: str = CLOSENESS
) -> dict[str, Any]:
    """The value of the filters' field.

    It has the filter `where` and the order `sort`; for each option, in its order, the number of products that it would
    leave; and the number of the visitor's `choice` that it answers. If the page still shows the filters of another
    index, whose revision is `shown`, it also has the HTML of the filters of this `index`.
    """
    counts = {name: list(column.values()) for name, column in items.facets(where).items()}
    value = {"where": dict(where), "counts": counts, "index": index, "choice": choice, "sort": sort}
    return value if shown == index else value | {"markup": panels(items, index)}


def _in_words(attribute: str, values: Sequence[Value] | Range) -> str:
    if isinstance(values, dict):
        bounds = [
            f"from {values['min']:g}" if "min" in values else "",
            f"to {values['max']:g}" if "max" in values else "",
        ]
        return f"{label(attribute)} {' '.join(filter(None, bounds))}"
    return f"{label(attribute)}: {' or '.join(ABSENT if value is None else value for value in values)}"
