"""Products as HTML. Everything a catalogue says is escaped here: Gradio's own templates would run it as code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from urllib.parse import quote

from recsys.recommender import Recommender
from recsys.types import Guess, Item, Match
from recsys.ui import highlights, thumbnails
from recsys.ui.filters import label

WORDS = {0.8: "Very close", 0.5: "Close", 0.2: "Somewhat like it", 0.0: "Only a little like it"}
"""What to say of a match from this confidence on."""


def title(item: Item, telling: Sequence[str]) -> str:
    """What to call a product: its name, or else what tells it apart, or else its id."""
    return item.name or " · ".join(_facts(item, telling).values()) or f"Product {item.id}"


def grid(cards: Iterable[str]) -> str:
    """A list of cards."""
    return f'<ul class="grid">{"".join(cards)}</ul>'


def match_card(recommender: Recommender, match: Match, telling: Sequence[str]) -> str:
    """A product found: how close it is, and what it shares with the query."""
    shared = highlights.shared(match.reasons, telling)
    return product_card(recommender, match.item, telling, shared, _closeness(match))


def product_card(
    recommender: Recommender, item: Item, telling: Sequence[str], shared: Sequence[str] = (), closeness: str = ""
) -> str:
    """A product. Its picture is a link to the products like it, which the page follows in place.

    Facts that are `shared` with the query are marked; without a name, the facts stand in its place.
    """
    name = escape(title(item, telling))
    facts = _marked(_facts(item, dict.fromkeys([*telling, *shared])), shared)
    shown, facts = (name, facts) if item.name or not facts else (facts, "")
    return (
        f'<li class="card"><a href="?item={quote(item.id, safe="")}" data-item="{escape(item.id)}" '
        f'aria-label="More like {name}"><span class="tile">{picture(recommender, item)}'
        f'<span class="more" aria-hidden="true">More like this</span></span></a>'
        f'<span class="name" title="{name}">{shown}</span><span class="facts">{facts}</span>{closeness}</li>'
    )


def examples(recommender: Recommender, items: Iterable[Item], telling: Sequence[str]) -> str:
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


def heading(text: str, detail: str, *, query: str, seen: str = "", thumbnail: str = "", back: str = "") -> str:
    """What the cards below are. `query` tells one search from the next, so that the page can scroll to a new one."""
    way_back = f'<button type="button" class="back" data-back>{escape(back)}</button>' if back else ""
    face = f'<span class="tile face">{thumbnail}</span>' if thumbnail else ""
    return (
        f'<div class="heading" data-query="{escape(query)}">{face}<div><h2>{escape(text)}</h2>'
        f'<p role="status">{escape(detail)}</p>{seen}</div>{way_back}</div>'
    )


def seen(guesses: Sequence[Guess]) -> str:
    """What a picture seems to be: "We see: Shirts, Blue". Nothing, where that is not sure."""
    if not guesses:
        return ""
    sure = "; ".join(f"{label(guess.attribute)}: {guess.value}, {_percent(guess.probability)}" for guess in guesses)
    values = ", ".join(str(guess.value) for guess in guesses)
    return f'<p class="seen" title="{escape(sure)}">We see: {escape(values)}</p>'


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


def _facts(item: Item, names: Iterable[str]) -> dict[str, str]:
    return {name: value for name in names if (value := item.attributes.get(name))}


def _marked(facts: Mapping[str, str], shared: Sequence[str]) -> str:
    return " · ".join(
        f'<mark title="What you search with has this too">{escape(value)}</mark>' if name in shared else escape(value)
        for name, value in facts.items()
    )


def _closeness(match: Match) -> str:
    """How close a match is, in words with the numbers behind them; the similarity alone where there is no more."""
    similarity = f"similarity {_two_digits(match.similarity)}"
    if match.confidence is None:
        explained = "The cosine between the two pictures as the encoder sees them: 1 is the same, 0 is unrelated"
        return f'<span class="similarity" title="{explained}">{similarity}</span>'
    words = next(text for least, text in WORDS.items() if match.confidence >= least)
    detail = f"{_percent(match.confidence)} sure to be the same kind of thing; {similarity}"
    return f'<span class="closeness" title="{detail}">{words}<span class="unseen"> ({detail})</span></span>'


def _percent(share: float) -> str:
    """A probability for people, who take "100 %" at its word."""
    rounded = round(100 * share)
    return "over 99 %" if rounded > 99 else "under 1 %" if rounded < 1 else f"{rounded} %"


def _two_digits(similarity: float) -> str:
    return f"{similarity:.2f}".replace("-0.00", "0.00").replace("-", "−")
