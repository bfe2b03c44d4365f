"""Products as HTML. Everything a catalogue says is escaped here: Gradio's own templates would run it as code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from urllib.parse import quote

from recsys.recommend.recommender import Recommender
from recsys.types import Item, Match
from recsys.web.page import attribute_display as highlights
from recsys.web.server import thumbnails

WORDS = {0.8: "Very close", 0.5: "Close", 0.2: "Somewhat like it", 0.0: "Only a little like it"}
"""What to say of a match from this confidence on."""
OPINIONS = {"liked": "Like", "disliked": "Not for me"}
VARIANTS_SHOWN = 3


def title(item: Item, telling: Sequence[str]) -> str:
    """What to call a product: its name, or else what tells it apart, or else its id."""
    return item.name or " · ".join(_facts(item, telling).values()) or f"Product {item.id}"


def grid(cards: Iterable[str]) -> str:
    """A list of cards."""
    return f'<ul class="grid">{"".join(cards)}</ul>'


def match_card(
    recommender: Recommender,
    match: Match,
    telling: Sequence[str],
    *,
    opinion: str = "",
    variants: Sequence[Item] = (),
) -> str:
    """A product found: how close it is, and what it shares with the query."""
    shared = highlights.shared(match.reasons, telling)
    found = closeness(match)
    return product_card(recommender, match.item, telling, shared, found, opinion=opinion, variants=variants)


def product_card(
    recommender: Recommender,
    item: Item,
    telling: Sequence[str],
    shared: Sequence[str] = (),
    closeness: str = "",
    *,
    opinion: str = "",
    variants: Sequence[Item] = (),
    above: str = "",
) -> str:
    """A product. Its picture is a link to the products like it; the page opens the product instead.

    Facts that are `shared` with the query are marked; without a name, the facts stand in its place. `opinion` is
    "liked" or "disliked", `variants` are the same product in other colours, `above` is markup over the picture.
    """
    name = escape(title(item, telling))
    facts = marked(_facts(item, dict.fromkeys([*telling, *shared])), shared)
    shown, facts = (name, facts) if item.name or not facts else (facts, "")
    return (
        f'<li class="card">{above}<div class="front">{opener(recommender, item, telling)}'
        f'{opinions(item, telling, opinion)}</div><span class="name" title="{name}">{shown}</span>'
        f'<span class="facts">{facts}</span>{closeness}{_variants(recommender, variants, telling)}</li>'
    )


def opener(recommender: Recommender, item: Item, telling: Sequence[str]) -> str:
    """The picture of a product, which the page opens."""
    return (
        f'<a href="?item={quote(item.id, safe="")}" data-item="{escape(item.id)}" aria-label="Look closer at '
        f'{escape(title(item, telling))}"><span class="tile">{picture(recommender, item)}</span></a>'
    )


def opinions(item: Item, telling: Sequence[str], opinion: str) -> str:
    """Two buttons: to like a product, and not to."""
    name = escape(title(item, telling))
    return "".join(
        f'<button type="button" class="opinion" data-opinion="{side}" data-id="{escape(item.id)}" title="{words}" '
        f'aria-pressed="{str(opinion == side).lower()}" aria-label="{words}: {name}"></button>'
        for side, words in OPINIONS.items()
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


def marked(facts: Mapping[str, str], shared: Sequence[str]) -> str:
    """Facts in a line, those that are shared marked."""
    return " · ".join(
        f'<mark title="What you search with has this too">{escape(value)}</mark>' if name in shared else escape(value)
        for name, value in facts.items()
    )


def closeness(match: Match) -> str:
    """How close a match is, in words with the numbers behind them; the similarity alone where there is no more."""
    similarity = f"similarity {_two_digits(match.similarity)}"
    if match.confidence is None:
        explained = "The cosine between the two pictures as the encoder sees them: 1 is the same, 0 is unrelated"
        return f'<span class="similarity" title="{explained}">{similarity}</span>'
    words = next(text for least, text in WORDS.items() if match.confidence >= least)
    detail = f"{percent(match.confidence)} sure to be the same kind of thing; {similarity}"
    return f'<span class="closeness" title="{detail}">{words}<span class="unseen"> ({detail})</span></span>'


def percent(share: float) -> str:
    """A probability for people, who take "100 %" at its word."""
    rounded = round(100 * share)
    return "over 99 %" if rounded > 99 else "under 1 %" if rounded < 1 else f"{rounded} %"


def _facts(item: Item, names: Iterable[str]) -> dict[str, str]:
    return {name: value for name in names if (value := item.attributes.get(name))}


def _variants(recommender: Recommender, variants: Sequence[Item], telling: Sequence[str]) -> str:
    if not variants:
        return ""
    shown = "".join(opener(recommender, item, telling) for item in variants[:VARIANTS_SHOWN])
    rest = len(variants) - VARIANTS_SHOWN
    more = f"<span>+{rest}</span>" if rest > 0 else ""
    return f'<div class="variants" role="group" aria-label="Also as">{shown}{more}</div>'


def _two_digits(similarity: float) -> str:
    return f"{similarity:.2f}".replace("-0.00", "0.00").replace("-", "−")
