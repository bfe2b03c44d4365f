"""The words above the gallery, and the chips that say what a picture seems to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from recsys.core.calibration import MISSING_KIND
from recsys.core.filters import parse_filter
from recsys.core.items import Items
from recsys.types import Guess, Value, Where
from recsys.web.page.attribute_display import label
from recsys.web.page.cards import percent
from recsys.web.page.languages import say
from recsys.web.page.state import Query
from recsys.web.page.templates import render

SURE = "{name}, {chance} sure"


def title(
    query: Query, name: str, *, is_close: bool | None, is_filtered: bool, missing_kind: Value = None, knows: bool = True
) -> str:
    """What the products are; `name` is that of the product searched with.

    `missing_kind` is the kind of product that the picture seems to show, if the shop has none. `knows` says whether a
    word of the query was understood.
    """
    if query.kind == "window":
        return say("From the shop")
    if query.look is not None:
        shared = "A look that was shared with you"
        return say(shared) if query.kind == "link" else say("A look with {name}", name=name)
    if query.kind == "words":
        if is_close is not False:
            return say("Products for “{text}”", text=query.text)
        return say("No product is all of “{text}”" if knows else "No word of “{text}” was understood", text=query.text)
    if query.kind == "link":
        return say("A result that was shared with you")
    if is_close is False and missing_kind:
        return say("This shop seems to have no {kind}", kind=missing_kind)
    if is_close is False:
        among = "with these filters" if is_filtered else "in this shop"
        is_item = query.kind == "item"
        return say(f"Nothing else {among} is close to {{name}}" if is_item else f"No close match {among}", name=name)
    found = say("More like {name}", name=name) if query.kind == "item" else say("Closest to your picture")
    if query.is_restored and query.kind == "picture":
        found = say("Your last search")
    return f"{found}: “{query.words}”" if query.words else found


def missing_kind(guesses: Mapping[str, Guess], items: Items) -> Value:
    """The kind of product that a picture surely shows, if no product is of that kind."""
    kind = items.roles.kind
    guess = guesses.get(kind or "")
    if kind is None or guess is None or guess.probability < 1 - MISSING_KIND or guess.value in items.values(kind):
        return None
    return guess.value


def back(query: Query) -> str:
    """The text of the button that goes back; "" where there is nothing to go back to."""
    if query.look is not None and query.item is not None:
        return say("Back to the products")
    if query.item is None and query.look is None:
        return ""
    if query.picture is not None:
        return say("Back to your picture")
    if query.found:
        return say("Back to what was shared")
    return say("Back to “{text}”", text=query.text) if query.text else say("Back to the shop")


def chips(guesses: Sequence[Guess], where: Where, items: Items) -> Markup:
    """What a picture seems to be. Each value that the shop has is a button that filters by it."""
    return render("chips.html", chips=[_chip(guess, where, items) for guess in guesses]) if guesses else Markup()


def _chip(guess: Guess, where: Where, items: Items) -> dict[str, object]:
    values = items.values(guess.attribute)
    return {
        "attribute": guess.attribute,
        "value": guess.value,
        "certainty": say(SURE, name=label(guess.attribute), chance=percent(guess.probability)),
        "is_filter": guess.value in values and len(values) > 1,
        "is_pressed": guess.value in parse_filter(where).get(guess.attribute, ()),
    }
