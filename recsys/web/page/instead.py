"""What "Same but …" offers, and what it shows where no product of the query's kind has the value that is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from markupsafe import Markup

from recsys.core.items import Items
from recsys.recommend.outfit.harmony import CIRCLE, distance, tone_of
from recsys.types import Value, Where
from recsys.web.page.languages import say
from recsys.web.page.templates import render

MAX_OFFERED = 6
NONE: Mapping[str, str | None] = MappingProxyType({})


def counted(
    items: Items, values: Mapping[str, Sequence[str]], where: Where, own: Mapping[str, str | None] = NONE
) -> dict[str, dict[str, int]]:
    """The values of the menu with the number of products that each would leave. Those without a product come last.

    The query has its `own` values already, which are not offered.
    """
    counts = items.facets(where)
    others = {name: [value for value in several if value != own.get(name)] for name, several in values.items()}
    left = {name: {value: counts[name][value] for value in several} for name, several in others.items() if several}
    return {name: dict(sorted(known.items(), key=lambda entry: not entry[1])) for name, known in left.items()}


def offer(items: Items, where: Where, kind: str, attribute: str, wanted: str) -> Markup:
    """Says that the shop has no such products of this kind, and offers the values that they have, the closest first.

    `where` is the filter to that kind.
    """
    counts = {value: count for value, count in items.facets(where)[attribute].items() if count and value is not None}
    closest = sorted(counts, key=lambda value: (_distance(value, wanted), -counts[value]))[:MAX_OFFERED]
    text = say("The shop has no {wanted} among its {kind}. These {kind} come nearest.", wanted=wanted, kind=kind)
    choices = {value: counts[value] for value in closest}
    return render("instead.html", text=text, attribute=attribute, choices=choices)


def _distance(one: Value, other: Value) -> int:
    """The distance of two colours on the colour circle. It is the largest where one of them has no hue."""
    first, second = tone_of(one), tone_of(other)
    if not isinstance(first, int) or not isinstance(second, int):
        return CIRCLE
    return distance(first, second)
