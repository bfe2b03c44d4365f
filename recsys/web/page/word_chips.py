"""What a visitor typed: a link or words, and the chips that say how the words were understood."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

from recsys.core.filters import IN_STOCK, PRICE
from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.types import BY_LOOK, BY_SPELLING, Range, Understood, Words
from recsys.web.page.attribute_display import label
from recsys.web.page.languages import say
from recsys.web.page.templates import render
from recsys.words.prices import prices_in

LINK = re.compile(r"(https?://|www\.)\S+|[\w-]+(\.[\w-]+)+(:\d+)?/\S*", re.IGNORECASE)
"""A link, or one without its https://, which has a path unless it begins with www."""
SCHEME = re.compile(r"https?://", re.IGNORECASE)
MAX_VALUES_IN_WORDS = 3


def typed(field: Any) -> str:
    """The text of the field. Raises QueryError if it cannot be read."""
    text = field.get("text") if isinstance(field, dict) else None
    if not isinstance(text, str):
        raise QueryError("What was typed cannot be read. Reload the page and try again.")
    return text.strip()


def as_link(text: str) -> str:
    """The link that a text is, with https:// in front if it has no scheme; "" for any other text."""
    if not LINK.fullmatch(text):
        return ""
    return text if SCHEME.match(text) else f"https://{text}"


def chips(words: Words, items: Items) -> Markup:
    """How each word was understood. A chip takes its word out of the text; words without effect are struck out."""
    unit = items.offers.usual_currency if items.offers else None
    prices = [] if items.has_prices else [text for text in words.ignored if _is_price(text)]
    return render(
        "words.html",
        understood=[_chip(words, term, unit) for term in words.understood],
        loosened=[_chip(words, term, unit) for term in words.loosened],
        prices=prices,
        ignored=[text for text in words.ignored if text not in prices],
    )


def _is_price(text: str) -> bool:
    return any(term.attribute == PRICE for term in prices_in(text))


def _chip(words: Words, term: Understood, unit: str | None) -> dict[str, str]:
    meaning = _meaning(term, unit)
    meaning = say("not {meaning}", meaning=meaning) if term.is_negated else meaning
    return {
        "meaning": meaning,
        "words": term.words,
        "left": words.without(term),
        "about": label(term.attribute or (BY_LOOK if term.how == BY_LOOK else "name")),
    }


def _meaning(term: Understood, unit: str | None) -> str:
    if term.attribute == PRICE:
        return f"{_range(term.bounds)} {unit or ''}".strip() if term.bounds else say("lowest price first")
    if term.attribute == IN_STOCK:
        return say("in stock")
    if term.attribute is None:
        return f"“{term.values[0] if term.how in (BY_SPELLING, BY_LOOK) else term.words}”"
    more = " …" if len(term.values) > MAX_VALUES_IN_WORDS else ""
    return say(" or ").join(term.values[:MAX_VALUES_IN_WORDS]) + more


def _range(bounds: Range) -> str:
    if "min" in bounds and "max" in bounds:
        return say("{least} to {most}", least=f"{bounds['min']:g}", most=f"{bounds['max']:g}")
    if "min" in bounds:
        return say("from {bound}", bound=f"{bounds['min']:g}")
    return say("up to {bound}", bound=f"{bounds['max']:.6g}")
