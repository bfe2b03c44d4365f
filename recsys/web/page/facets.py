"""The filters of the page: what each is called, its values in their order, and those that nest in a tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from recsys.core.filters import IN_STOCK, PRICE
from recsys.core.items import Items
from recsys.core.nesting import parents
from recsys.types import Range, Value
from recsys.web.page.attribute_display import label
from recsys.web.page.languages import say
from recsys.web.page.swatches import swatch
from recsys.words.synonyms import Synonyms

ABSENT = "Not given"
YES_NO = {"True": "Yes", "False": "No"}
TITLES = {"wearer": "For whom", "colour": "Colour", "usage": "Occasion"}
"""Role → what the filter by it is called."""
KIND = "Kind"
FIRST = ("wearer", "kind", "colour", PRICE)
"""The filters that always show, in this order. The others are behind "More filters"."""
MIN_TO_SEARCH = 12
"""A filter of more values than this has a field to find one."""


class Option(NamedTuple):
    """A value of an attribute, with the `number` of its products; `place` is its place among the attribute's values.

    `swatch` is the colour to show, and `children` are the values that belong to this one. Where only one did, it stands
    here in place of the coarser ones, which are in `also` as attribute and value. `words` are other words for the
    value, in a filter that has a field to find one.
    """

    attribute: str
    value: Value
    text: str
    number: int
    place: int
    swatch: str = ""
    words: tuple[str, ...] = ()
    children: tuple[Option, ...] = ()
    also: tuple[tuple[str, str], ...] = ()


class Facet(NamedTuple):
    """A filter: values to tick, or `bounds`, the lowest and highest number of a range, with its `unit`.

    `attributes` are the names of the attributes that it filters by, the coarsest first.
    """

    title: str
    attributes: tuple[str, ...]
    options: tuple[Option, ...] = ()
    bounds: dict[str, str] | None = None
    unit: str = ""
    is_first: bool = False

    @property
    def size(self) -> int:
        """The number of values, with those in the tree."""
        return sum(1 for _ in _walk(self.options))

    @property
    def is_searched(self) -> bool:
        """Whether it has enough values to need a search field."""
        return self.size > MIN_TO_SEARCH

    @property
    def is_tree(self) -> bool:
        """Whether values nest."""
        return len(self.attributes) > 1


def facets(items: Items, synonyms: Synonyms | None = None) -> list[Facet]:
    """The filters of a shop, the most useful first. An attribute of a single value has none.

    The values of a filter with a field to find one are found by these synonyms too.
    """
    ranges = {name: ends for name, ends in items.ranges().items() if ends["min"] < ends["max"]}
    tree = [name for name in items.kind_levels if name not in ranges and len(items.values(name)) > 1]
    names = [name for name, column in items.filters.items() if len(column.vocabulary) > 1 and name not in ranges]
    found = {name: _ticked(items, name) for name in names if name not in tree}
    found |= {name: _range(items, name, ends) for name, ends in ranges.items()}
    if tree:
        found[tree[-1]] = Facet(say(KIND), tuple(tree), _tree(items, tree))
    first = [name for name in (_with_role(items, role, tree) for role in FIRST) if name in found]
    rest = [facet for name, facet in found.items() if name not in first]
    ordered = [*(found[name]._replace(is_first=True) for name in first), *rest]
    return [_with_words(facet, synonyms or Synonyms.read()) for facet in ordered]


def title(items: Items, attribute: str) -> str:
    """What the filter by an attribute is called."""
    if attribute in items.kind_levels:
        return say(KIND) if attribute == items.kind_levels[-1] else label(attribute)
    role = items.roles.role_of(attribute)
    return say(TITLES[role]) if role in TITLES else label(attribute)


def _with_role(items: Items, role: str, tree: Sequence[str]) -> str:
    if role == "kind":
        return tree[-1] if tree else ""
    return role if role == PRICE else getattr(items.roles, role) or ""


def _ticked(items: Items, name: str) -> Facet:
    words = {value: say(text) for value, text in YES_NO.items()} if name == IN_STOCK else {}
    is_colour, absent = name == items.roles.colour, say(ABSENT)
    options = (
        Option(name, value, words.get(value or "", value or absent), count, place, swatch(value) if is_colour else "")
        for place, (value, count) in enumerate(items.filters[name].counts.items())
    )
    return Facet(title(items, name), (name,), tuple(options))


def _range(items: Items, name: str, ends: Range) -> Facet:
    unit = (items.offers.usual_currency if name == PRICE and items.offers else None) or ""
    bounds = {"min": f"{ends['min']:g}", "max": f"{ends['max']:g}"}
    return Facet(title(items, name), (name,), bounds=bounds, unit=unit)


def _tree(items: Items, names: Sequence[str]) -> tuple[Option, ...]:
    """The values of the coarsest attribute, each with the values that belong to it. "Not given" comes last."""
    children: dict[Value, list[Option]] = {}
    for depth in reversed(range(len(names))):
        name, column = names[depth], items.columns[names[depth]]
        belongs = parents(column, items.columns[names[depth - 1]]) if depth else dict.fromkeys(column.vocabulary)
        grown: dict[Value, list[Option]] = {}
        for place, (value, count) in enumerate(column.counts.items()):
            below = tuple(children.get(value, ()))
            option = Option(name, value, value or say(ABSENT), count, place, children=below)
            if len(below) == 1 and value:
                option = below[0]._replace(also=((name, value), *below[0].also))
            grown.setdefault(belongs[value], []).append(option)
        children = grown
    options = children.get(None, [])
    return (*(option for option in options if option.value), *(option for option in options if not option.value))


def _with_words(facet: Facet, synonyms: Synonyms) -> Facet:
    def named(options: Sequence[Option]) -> tuple[Option, ...]:
        return tuple(
            option._replace(words=tuple(synonyms.standing_for(option.text)), children=named(option.children))
            for option in options
        )

    return facet._replace(options=named(facet.options)) if facet.is_searched else facet


def _walk(options: Sequence[Option]) -> Iterator[Option]:
    for option in options:
        yield option
        yield from _walk(option.children)
