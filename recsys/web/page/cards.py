"""Products as HTML: the cards of the gallery, and the examples to search with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from recsys.recommend.recommender import Recommender
from recsys.types import Item, Match
from recsys.web.page import attribute_display
from recsys.web.page.templates import render
from recsys.web.server import thumbnails

WORDS = {0.8: "Very close", 0.5: "Close", 0.2: "Somewhat like it", 0.0: "Only a little like it"}
"""What a card says of a match, by the least confidence for it."""
MAX_VARIANTS_SHOWN = 3


class ProductView(NamedTuple):
    """A product as the templates show it: `image` is the URL of its picture, `link` the address of products like it."""

    id: str
    title: str
    image: str
    link: str
    has_name: bool


class Fact(NamedTuple):
    """The value of an attribute, and whether the query has it too."""

    value: str
    is_shared: bool


class Closeness(NamedTuple):
    """How close a product is to the query, in words; `words` and `detail` are "" where its confidence is unknown."""

    similarity: str
    words: str = ""
    detail: str = ""


class Slot(NamedTuple):
    """A place in a look. That of the product which the look is for has no `name`: it cannot be changed."""

    title: str
    name: str = ""
    is_kept: bool = False


def title(item: Item, card_attributes: Sequence[str]) -> str:
    """The name of a product, or else the values of its attributes on cards, or else its id."""
    return (
        item.name or " · ".join(fact.value for fact in facts(item.attributes, card_attributes)) or f"Product {item.id}"
    )


def product_view(recommender: Recommender, item: Item, card_attributes: Sequence[str]) -> ProductView:
    """A product as the templates show it."""
    image, link = thumbnails.url(recommender, item.id), f"?item={quote(item.id, safe='')}"
    return ProductView(item.id, title(item, card_attributes), image, link, bool(item.name))


def product_views(recommender: Recommender, items: Iterable[Item], card_attributes: Sequence[str]) -> list[ProductView]:
    """Products as the templates show them."""
    return [product_view(recommender, item, card_attributes) for item in items]


def facts(attributes: Mapping[str, str | None], names: Iterable[str], shared: Sequence[str] = ()) -> list[Fact]:
    """The values of these attributes, without those that the product lacks."""
    return [Fact(value, name in shared) for name in names if (value := attributes.get(name))]


def gallery(cards: Iterable[Markup]) -> Markup:
    """A list of cards."""
    return render("gallery.html", cards=cards)


def match_card(
    recommender: Recommender,
    match: Match,
    card_attributes: Sequence[str],
    *,
    opinion: str = "",
    variants: Sequence[Item] = (),
) -> Markup:
    """A product found: how close it is, and what it shares with the query."""
    return product_card(
        recommender,
        match.item,
        card_attributes,
        attribute_display.shared(match.reasons, card_attributes, recommender.items.role_overrides),
        closeness=closeness(match),
        opinion=opinion,
        variants=variants,
    )


def product_card(
    recommender: Recommender,
    item: Item,
    card_attributes: Sequence[str],
    shared: Sequence[str] = (),
    *,
    closeness: Closeness | None = None,
    opinion: str = "",
    variants: Sequence[Item] = (),
    slot: Slot | None = None,
    reasons: Sequence[str] = (),
) -> Markup:
    """A product. Its picture is a link to the products like it; the page opens the product instead.

    Attributes that are `shared` with the query are marked. Without a name, the attributes stand in its place. `opinion`
    is "liked", "disliked" or "". `variants` are the same product in other colours. In a look, a product has a `slot`,
    and `reasons` to be in it.
    """
    return render(
        "card.html",
        product=product_view(recommender, item, card_attributes),
        facts=facts(item.attributes, dict.fromkeys([*card_attributes, *shared]), shared),
        closeness=closeness,
        opinion=opinion,
        variants=product_views(recommender, variants[:MAX_VARIANTS_SHOWN], card_attributes),
        more_variants=max(0, len(variants) - MAX_VARIANTS_SHOWN),
        slot=slot,
        reasons=reasons,
    )


def examples(recommender: Recommender, items: Iterable[Item], card_attributes: Sequence[str]) -> Markup:
    """Small pictures to search with."""
    return render("examples.html", products=product_views(recommender, items, card_attributes))


def closeness(match: Match) -> Closeness:
    """How close a match is, in words with the numbers behind them; without a confidence, the similarity alone."""
    similarity = f"similarity {_two_digits(match.similarity)}"
    if match.confidence is None:
        return Closeness(similarity)
    words = next(text for least, text in WORDS.items() if match.confidence >= least)
    detail = f"{percent(match.confidence)} sure to be the same kind of thing; {similarity}"
    return Closeness(similarity, words, detail)


def percent(share: float) -> str:
    """A probability in percent. It never reads "100 %" or "0 %", which people take literally."""
    rounded = round(100 * share)
    return "over 99 %" if rounded > 99 else "under 1 %" if rounded < 1 else f"{rounded} %"


def _two_digits(similarity: float) -> str:
    return f"{similarity:.2f}".replace("-0.00", "0.00").replace("-", "−")
