"""The JSON of the API's answers: TypedDicts, whose fields Gradio publishes, and the functions that fill them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast

from recsys.recommend.outfit import Outfit, Piece
from recsys.recommend.recommender import Recommender
from recsys.recommend.suggestions import Suggestions
from recsys.types import (
    Answer,
    Guess,
    Item,
    Match,
    Range,
    Value,
    Where,
    item_facts,
    offer_facts,
)
from recsys.web.api.word_schemas import WordsFacts, words_facts
from recsys.web.server import thumbnails


class IndexFacts(TypedDict):
    """The index that answered; `revision` is its commit on the Hub, null for a folder."""

    name: str
    revision: str | None
    items: int


class GuessFacts(TypedDict):
    """The prediction of one attribute of a picture: `value` is null if no value is likely enough.

    `probability` is that of the most likely value, and `likely` lists the three most likely values.
    """

    value: str | None
    probability: float
    likely: list[tuple[str, float]]


class QueryFacts(TypedDict):
    """The predicted attributes of a picture; empty if the query is a product, whose attributes are known."""

    attributes: dict[str, GuessFacts]


class ReasonFacts(TypedDict):
    """An attribute value that the query and the product have in common."""

    attribute: str
    value: str


class ItemFacts(TypedDict):
    """A product; `image` is the absolute URL of its picture. An attribute with several values is a list.

    Prices are in `currency` (ISO 4217). `availability` is "in stock", "out of stock" or "preorder". `url` is the page
    of the product in the shop. All of these are null if the catalogue does not say.
    """

    id: str
    name: str | None
    attributes: dict[str, Any]
    image: str
    price: float | None
    sale_price: float | None
    currency: str | None
    availability: str | None
    url: str | None
    brand: str | None
    description: str | None


class MatchFacts(ItemFacts):
    """A product found by a search; `similarity` is the cosine similarity to the query, in [-1, 1].

    `image` is the picture of the product that is nearest to the query.

    `confidence` is the probability that the product is of the same type as the query; null if the catalogue has no
    product types. `reasons` are the attribute values that the query and the product have in common. `variants` are the
    ids of the other items of the same product. `chances` are the probabilities, as far as they are known, that the
    product has the query's "kind" and "colour", and of the nearest match that it is the very "product" in the picture.
    """

    similarity: float
    confidence: float | None
    chances: dict[str, float]
    reasons: list[ReasonFacts]
    variants: list[str]


class PartFacts(TypedDict):
    """The answer for one of several things in a picture; the fields are those of an answer."""

    query: QueryFacts
    close: bool | None
    box: list[float] | None
    matches: list[MatchFacts]


class AnswerFacts(TypedDict):
    """The products found, most similar first.

    `close` is false if no product is close to the query: the matches are then the nearest of the dissimilar products.
    It is null if the index is not calibrated. `box` is the part of the picture that was searched with, as left, top,
    right and bottom from 0 to 1; null for the whole picture. `parts` has an answer for each of several things in the
    picture, if it was asked for; else null. `words` says how the text was understood; null without a text.
    """

    index: IndexFacts
    query: QueryFacts
    close: bool | None
    box: list[float] | None
    matches: list[MatchFacts]
    parts: list[PartFacts] | None
    words: WordsFacts | None


class PieceFacts(ItemFacts):
    """A product of an outfit; `reasons` are the rules that it fulfils, in words."""

    reasons: list[str]


class ThemeFacts(TypedDict):
    """What all products of an outfit have in common; null if the catalogue does not say."""

    wearer: str | None
    usage: str | None
    season: str | None


class LookFacts(TypedDict):
    """An outfit: a product for each slot (top, bottom, shoes, bag, accessory) that the picture or product leaves open.

    `missing` maps each slot that stays empty to the reason.
    """

    index: IndexFacts
    theme: ThemeFacts
    slots: dict[str, PieceFacts]
    missing: dict[str, str]


class ValueFacts(TypedDict):
    """A value that completes a text; `count` is the number of products that the completed `text` leaves."""

    text: str
    attribute: str
    value: str
    count: int


class SuggestionFacts(TypedDict):
    """How a text query may go on: values of the shop's attributes, and products by name."""

    values: list[ValueFacts]
    products: list[ItemFacts]


class CountFacts(TypedDict):
    """The number of products with a value; null stands for "not given"."""

    value: str | None
    count: int


class CatalogFacts(TypedDict):
    """The attributes to filter by.

    `passing` is the number of products that pass the filter. The counts of an attribute are those under the filters on
    the other attributes. `ranges` are the lowest and highest number of what is filtered by a range, such as the price
    in `currency`. `notice` says why an older index is served and not the newest; it is null if the newest is served.
    """

    index: IndexFacts
    notice: str | None
    passing: int
    attributes: dict[str, list[CountFacts]]
    ranges: dict[str, Range]
    currency: str | None


def answer_facts(
    recommender: Recommender, answer: Answer, root: str, parts: Sequence[Answer] | None = None
) -> AnswerFacts:
    """The JSON of an answer, and of those for its parts; `root` is the address of this app."""
    facts = None if parts is None else [_part(recommender, part, root) for part in parts]
    words = None if answer.words is None else words_facts(answer.words)
    return {"index": index_facts(recommender), **_part(recommender, answer, root), "parts": facts, "words": words}


def look_facts(recommender: Recommender, look: Outfit, root: str) -> LookFacts:
    """The JSON of an outfit; `root` is the address of this app."""
    wearer, usage, season = look.theme
    return {
        "index": index_facts(recommender),
        "theme": {"wearer": wearer, "usage": usage, "season": season},
        "slots": {slot: _piece(recommender, piece, root) for slot, piece in look.pieces.items()},
        "missing": dict(look.missing),
    }


def catalog_facts(recommender: Recommender, where: Where) -> CatalogFacts:
    """The JSON of the catalogue under a filter."""
    items = recommender.items
    return {
        "index": index_facts(recommender),
        "notice": recommender.origin.notice,
        "passing": len(items.passing(where)),
        "attributes": {name: _counts(counts) for name, counts in items.facets(where).items()},
        "ranges": items.ranges(),
        "currency": items.offers.usual_currency if items.offers else None,
    }


def query_facts(seen: Mapping[str, Guess]) -> QueryFacts:
    """The JSON of predicted attributes."""
    return {
        "attributes": {
            name: {"value": guess.value, "probability": guess.probability, "likely": list(guess.likely)}
            for name, guess in seen.items()
        }
    }


def suggestion_facts(recommender: Recommender, found: Suggestions, root: str) -> SuggestionFacts:
    """The JSON of suggestions; `root` is the address of this app."""
    values: list[ValueFacts] = [
        {"text": one.text, "attribute": one.attribute, "value": one.value, "count": one.count} for one in found.values
    ]
    return {"values": values, "products": [_item(recommender, item, root) for item in found.products]}


def index_facts(recommender: Recommender) -> IndexFacts:
    """The JSON that identifies the index."""
    origin = recommender.origin
    return {"name": origin.name, "revision": origin.revision, "items": len(recommender.items)}


def _part(recommender: Recommender, answer: Answer, root: str) -> PartFacts:
    return {
        "query": query_facts(answer.seen),
        "close": answer.close,
        "box": None if answer.box is None else list(answer.box),
        "matches": [_match(recommender, match, root) for match in answer],
    }


def _item(recommender: Recommender, item: Item, root: str, view: int = 0) -> ItemFacts:
    image = f"{root}/{thumbnails.url(recommender, item.id, view)}"
    return cast(ItemFacts, item_facts(item) | offer_facts(item.offer) | {"image": image})


def _match(recommender: Recommender, match: Match, root: str) -> MatchFacts:
    reasons: list[ReasonFacts] = [{"attribute": reason.attribute, "value": reason.value} for reason in match.reasons]
    return {
        **_item(recommender, match.item, root, match.view),
        "similarity": match.similarity,
        "confidence": match.confidence,
        "chances": dict(match.chances),
        "reasons": reasons,
        "variants": [item.id for item in match.variants],
    }


def _piece(recommender: Recommender, piece: Piece, root: str) -> PieceFacts:
    return {**_item(recommender, piece.item, root), "reasons": list(piece.reasons)}


def _counts(counts: Mapping[Value, int]) -> list[CountFacts]:
    return [{"value": value, "count": count} for value, count in counts.items()]
