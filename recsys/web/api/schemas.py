"""What the API answers: the JSON of each thing, as types that Gradio publishes, and how it is made."""

from collections.abc import Mapping
from typing import Any, TypedDict

from recsys.recommend.outfit import Outfit, Piece
from recsys.recommend.recommender import Recommender
from recsys.types import Answer, Guess, Item, Match, Value, Where
from recsys.web.server import thumbnails


class IndexFacts(TypedDict):
    """Which index answered."""

    name: str
    revision: str | None
    items: int


class GuessFacts(TypedDict):
    """What a picture seems to be in one attribute: `value` is null where that is too unsure to say.

    `probability` is that of the most likely value, `likely` the three most likely values with theirs.
    """

    value: str | None
    probability: float
    likely: list[tuple[str, float]]


class QueryFacts(TypedDict):
    """What a picture seems to be, attribute by attribute; nothing for a product, whose attributes are known."""

    attributes: dict[str, GuessFacts]


class ReasonFacts(TypedDict):
    """A value of an attribute that the query and the product share."""

    attribute: str
    value: str


class ItemFacts(TypedDict):
    """One product: `image` is the URL of its picture."""

    id: str
    name: str | None
    attributes: dict[str, Any]
    image: str


class MatchFacts(ItemFacts):
    """A product that answers a query: `similarity` is the cosine, in [-1, 1].

    `confidence` is the probability that it is of the query's kind, null where the catalogue does not say what things
    are; `reasons` are what both share.
    """

    similarity: float
    confidence: float | None
    reasons: list[ReasonFacts]


class AnswerFacts(TypedDict):
    """The products found, best first.

    `close` is false where nothing of the catalogue is close to the query, the products being the nearest all the same;
    null where the index does not know.
    """

    index: IndexFacts
    query: QueryFacts
    close: bool | None
    matches: list[MatchFacts]


class PieceFacts(ItemFacts):
    """A product of a look; `reasons` are the rules that it obeys, in words."""

    reasons: list[str]


class ThemeFacts(TypedDict):
    """What all pieces of a look agree in; null where no product says."""

    wearer: str | None
    usage: str | None
    season: str | None


class LookFacts(TypedDict):
    """A look: a product for each slot (top, bottom, shoes, bag, accessory) that the picture or item leaves open.

    `missing` says of a slot that stays empty why.
    """

    index: IndexFacts
    theme: ThemeFacts
    slots: dict[str, PieceFacts]
    missing: dict[str, str]


class CountFacts(TypedDict):
    """How many products have a value; a null value is "not given"."""

    value: str | None
    count: int


class CatalogFacts(TypedDict):
    """What there is to filter by.

    `passing` is how many products pass the filter; each attribute counts those that pass the filters on the others.
    `notice` says why the index is not the newest one, where it is not.
    """

    index: IndexFacts
    notice: str | None
    passing: int
    attributes: dict[str, list[CountFacts]]


def answer_facts(recommender: Recommender, answer: Answer, root: str) -> AnswerFacts:
    """An answer; `root` is the address of this app."""
    return {
        "index": index_facts(recommender),
        "query": query_facts(answer.seen),
        "close": answer.close,
        "matches": [_match(recommender, match, root) for match in answer],
    }


def look_facts(recommender: Recommender, look: Outfit, root: str) -> LookFacts:
    """A look; `root` is the address of this app."""
    wearer, usage, season = look.theme
    return {
        "index": index_facts(recommender),
        "theme": {"wearer": wearer, "usage": usage, "season": season},
        "slots": {slot: _piece(recommender, piece, root) for slot, piece in look.pieces.items()},
        "missing": dict(look.missing),
    }


def catalog_facts(recommender: Recommender, where: Where) -> CatalogFacts:
    """The catalogue, as far as it passes this filter."""
    items = recommender.items
    return {
        "index": index_facts(recommender),
        "notice": recommender.origin.notice,
        "passing": len(items.passing(where)),
        "attributes": {name: _counts(counts) for name, counts in items.facets(where).items()},
    }


def query_facts(seen: Mapping[str, Guess]) -> QueryFacts:
    """What a picture seems to be."""
    return {
        "attributes": {
            name: {"value": guess.value, "probability": guess.probability, "likely": list(guess.likely)}
            for name, guess in seen.items()
        }
    }


def index_facts(recommender: Recommender) -> IndexFacts:
    """The index that answers."""
    origin = recommender.origin
    return {"name": origin.name, "revision": origin.revision, "items": len(recommender.items)}


def _item(recommender: Recommender, item: Item, root: str) -> ItemFacts:
    image = f"{root}/{thumbnails.url(recommender, item.id)}"
    return {"id": item.id, "name": item.name, "attributes": dict(item.attributes), "image": image}


def _match(recommender: Recommender, match: Match, root: str) -> MatchFacts:
    reasons: list[ReasonFacts] = [{"attribute": reason.attribute, "value": reason.value} for reason in match.reasons]
    return {
        **_item(recommender, match.item, root),
        "similarity": match.similarity,
        "confidence": match.confidence,
        "reasons": reasons,
    }


def _piece(recommender: Recommender, piece: Piece, root: str) -> PieceFacts:
    return {**_item(recommender, piece.item, root), "reasons": list(piece.reasons)}


def _counts(counts: Mapping[Value, int]) -> list[CountFacts]:
    return [{"value": value, "count": count} for value, count in counts.items()]
