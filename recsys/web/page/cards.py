"""Products as the templates show them, and the gallery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from recsys.recommend.recommender import MAX_K, Recommender
from recsys.types import Attribute, Item, Match, Reason, Value, as_tuple
from recsys.web.page import attribute_display
from recsys.web.page.languages import decimal, say
from recsys.web.page.offers import OfferView, offer_view
from recsys.web.page.pages import Page
from recsys.web.page.templates import render
from recsys.web.server import thumbnails
from recsys.web.server.about import PERHAPS, SAME_KIND

WORDS = {SAME_KIND: "Same kind", PERHAPS: "Perhaps the same kind", 0.0: "Probably another kind"}
"""What a match has in common with the query, in words, by the least confidence for them."""
VERY_PRODUCT = 0.7
"""The nearest match of this chance is said to be the product in the picture."""
SAME_COLOUR = 0.5
"""A match of this chance is said to have the query's colour."""
MAX_VARIANTS_SHOWN = 3


class ProductView(NamedTuple):
    """A product: `image` is the URL of its picture, `link` the address of the products like it."""

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
    """How close a product is to the query, in numbers and in words; "" where its confidence is unknown."""

    detail: str
    words: str = ""


class Slot(NamedTuple):
    """A slot of a look. That of the product which the look is for has no `name`: it cannot be changed.

    `word` is the name in the language of the page.
    """

    title: str
    name: str = ""
    is_kept: bool = False
    word: str = ""


class Card(NamedTuple):
    """A product in the gallery.

    `opinion` is "liked", "disliked" or "". `variants` are the first few variants: the same product in other colours.
    `more_variants` is the number of variants that are not shown. In an outfit, a product also has the `slot` that it
    fills, and the `reasons` why it was chosen.
    """

    product: ProductView
    facts: list[Fact]
    closeness: Closeness | None
    opinion: str
    variants: list[ProductView]
    more_variants: int
    slot: Slot | None
    reasons: Sequence[str]
    offer: OfferView


@dataclass(frozen=True)
class ProductViews:
    """Makes the views of a recommender's products, which show the values of these attributes."""

    recommender: Recommender
    attributes: Sequence[str]

    def title(self, item: Item) -> str:
        """The name of a product, or else the values of its attributes, or else its id."""
        values = (fact.value for fact in facts(item.attributes, self.attributes))
        return item.name or " · ".join(values) or say("Product {name}", name=item.id)

    def colour(self, item: Item) -> Value:
        """The colour of a product; None where the catalogue does not say."""
        name = self.recommender.items.roles.colour
        return item.value(name) if name else None

    def product(self, item: Item, view: int = 0) -> ProductView:
        """One product, with its first picture or its further picture 1, 2, …"""
        image, link = thumbnails.url(self.recommender, item.id, view), f"?item={quote(item.id, safe='')}"
        return ProductView(item.id, self.title(item), image, link, bool(item.name))

    def products(self, items: Iterable[Item]) -> list[ProductView]:
        """Several products."""
        return [self.product(item) for item in items]

    def offer(self, item: Item) -> OfferView:
        """What a product costs, whether it is in stock, its sizes, and its page in the shop."""
        return offer_view(item, self.recommender.storefront.utm_source)

    def shared(self, reasons: Iterable[Reason]) -> list[str]:
        """The attributes to mark as shared with the query."""
        return attribute_display.shared(reasons, self.attributes, self.recommender.items.role_overrides)

    def card(
        self,
        item: Item,
        opinion: str = "",
        *,
        match: Match | None = None,
        variants: Sequence[Item] = (),
        slot: Slot | None = None,
        reasons: Sequence[str] = (),
    ) -> Card:
        """The card of a product. With a `match`, it says how close the product is, and marks what the query has too."""
        shared = self.shared(match.reasons) if match else []
        return Card(
            self.product(item, match.view if match else 0),
            facts(item.attributes, dict.fromkeys([*self.attributes, *shared]), shared),
            closeness(match, self.colour(match.item)) if match else None,
            opinion,
            self.products(variants[:MAX_VARIANTS_SHOWN]),
            max(0, len(variants) - MAX_VARIANTS_SHOWN),
            slot,
            reasons,
            self.offer(item),
        )


def gallery(cards: Sequence[Card], page: Page | None = None, *, has_more: bool = False) -> Markup:
    """The cards, the button "Show more" if there are more products, and those that lead to other pages."""
    return render("gallery.html", cards=cards, has_more=page.has_more if page else has_more, page=page, most=MAX_K)


def facts(attributes: Mapping[str, Attribute], names: Iterable[str], shared: Sequence[str] = ()) -> list[Fact]:
    """The values of these attributes, without those that the product lacks. Several values are one text."""
    texts = {name: ", ".join(as_tuple(attributes.get(name))) for name in names}
    return [Fact(text, name in shared) for name, text in texts.items() if text]


def closeness(match: Match, colour: Value = None) -> Closeness:
    """What a match of this colour has in common with the query, in words with the numbers behind them.

    Without a confidence, the similarity alone.
    """
    similarity, same_colour = (
        say("similarity {number}", number=_two_digits(match.similarity)),
        match.chances.get("colour"),
    )
    same_kind = match.chances.get("kind", match.confidence)
    if same_kind is None:
        return Closeness(similarity)
    words = say(next(text for least, text in WORDS.items() if same_kind >= least))
    detail = say("{chance} sure to be the same kind of thing", chance=percent(same_kind))
    if same_colour is not None and colour is not None:
        detail += say(", {chance} sure to have the same colour", chance=percent(same_colour))
        is_same, is_same_kind = same_colour >= SAME_COLOUR, same_kind >= SAME_KIND
        if is_same:
            words += say(" and colour" if is_same_kind else ", same colour")
        elif is_same_kind:
            words += say(", other colour ({colour})", colour=colour)
    if (very_product := match.chances.get("product", 0.0)) >= VERY_PRODUCT:
        words, detail = (
            say("Probably this very product"),
            say("{chance} sure to be this very product", chance=percent(very_product)) + f"; {detail}",
        )
    return Closeness(f"{detail}; {similarity}", words)


def percent(share: float) -> str:
    """A probability in percent. It never reads "100 %" or "0 %", which people take literally."""
    rounded = round(100 * share)
    return say("over 99 %") if rounded > 99 else say("under 1 %") if rounded < 1 else f"{rounded} %"


def _two_digits(similarity: float) -> str:
    return decimal(f"{similarity:.2f}".replace("-0.00", "0.00").replace("-", "−"))
