"""Products as HTML. Everything a catalogue says is escaped here: Gradio's own templates would run it as code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import quote

from recsys.recommender import Recommender
from recsys.types import Item, Match, Value
from recsys.ui import thumbnails


def title(item: Item, telling: list[str]) -> str:
    """What to call a product: its name, or else what tells it apart, or else its id."""
    return item.name or _facts(item, telling) or f"Product {item.id}"


def grid(cards: Iterable[str]) -> str:
    """A list of cards."""
    return f'<ul class="grid">{"".join(cards)}</ul>'


def match_card(recommender: Recommender, match: Match, telling: list[str]) -> str:
    """A product found, with its similarity to the query."""
    explained = "The cosine between the two pictures as the encoder sees them: 1 is the same, 0 is unrelated"
    label = f'<span class="similarity" title="{explained}">similarity {_two_digits(match.similarity)}</span>'
    return product_card(recommender, match.item, telling, label)


def product_card(recommender: Recommender, item: Item, telling: list[str], label: str = "") -> str:
    """A product. Its picture is a link to the products like it, which the page follows in place."""
    name = escape(title(item, telling))
    facts = escape(_facts(item, telling)) if item.name else ""
    return (
        f'<li class="card"><a href="?item={quote(item.id, safe="")}" data-item="{escape(item.id)}" '
        f'aria-label="More like {name}"><span class="tile">{picture(recommender, item)}'
        f'<span class="more" aria-hidden="true">More like this</span></span></a>'
        f'<span class="name" title="{name}">{name}</span><span class="facts">{facts}</span>{label}</li>'
    )


def examples(recommender: Recommender, items: Iterable[Item], telling: list[str]) -> str:
    """Small pictures to search with."""
    buttons = (
        f'<button type="button" data-item="{escape(item.id)}" aria-label="Search with the picture of '
        f'{escape(title(item, telling))}"><span class="tile">{picture(recommender, item)}</span></button>'
        for item in items
    )
    return f'<p class="label">Or try one of these</p><div class="strip">{"".join(buttons)}</div>'


def picture(recommender: Recommender, item: Item) -> str:
    """The thumbnail, at twice its size at most: the density in `srcset` caps how far a small one is enlarged."""
    url = escape(thumbnails.url(recommender, item.id))
    return f'<img srcset="{url} 0.5x" alt="" loading="lazy" decoding="async">'


def heading(text: str, detail: str, *, query: str, thumbnail: str = "", back: str = "") -> str:
    """What the cards below are. `query` tells one search from the next, so that the page can scroll to a new one."""
    way_back = f'<button type="button" class="back" data-back>{escape(back)}</button>' if back else ""
    face = f'<span class="tile face">{thumbnail}</span>' if thumbnail else ""
    return (
        f'<div class="heading" data-query="{escape(query)}">{face}<div><h2>{escape(text)}</h2>'
        f'<p role="status">{escape(detail)}</p></div>{way_back}</div>'
    )


def nothing_passes(loosen: Mapping[str, tuple[str, int]]) -> str:
    """Why there are no cards. `loosen` maps an attribute to its words and to the number of products without it."""
    buttons = "".join(
        f'<button type="button" data-loosen="{escape(name)}">Without {escape(words)} ({count:,})</button>'
        for name, (words, count) in loosen.items()
    )
    advice = (
        "Leave one out to see the products that pass the others." if buttons else "Clear some of them to see products."
    )
    return f'<div class="nothing"><h3>No product passes all these filters</h3><p>{advice}</p>{buttons}</div>'


def header(text: str, origin: str) -> str:
    """The head of the page."""
    return f'<h1>{escape(text)}</h1><p class="origin">{escape(origin)}</p>'


def notice(text: str) -> str:
    """Something about this shop that its visitors should know."""
    return f'<p class="notice" role="status">{escape(text)}</p>'


def _facts(item: Item, telling: list[str]) -> str:
    values: list[Value] = [item.attributes.get(name) for name in telling]
    return " · ".join(value for value in values if value)


def _two_digits(similarity: float) -> str:
    return f"{similarity:.2f}".replace("-0.00", "0.00").replace("-", "−")
