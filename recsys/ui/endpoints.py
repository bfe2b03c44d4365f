"""The API: the same questions as the page, for programs. Values are checked here, since Gradio does not.

Gradio reads the types of these functions as they stand, so this module keeps its annotations evaluated.
"""

from collections.abc import Mapping
from typing import Any, TypedDict

import gradio as gr
from gradio.data_classes import FileData
from gradio.route_utils import get_root_url

from recsys.recommender import Recommender
from recsys.types import Answer, Guess, Match
from recsys.ui import thumbnails
from recsys.ui.answers import told
from recsys.ui.filters import checked
from recsys.ui.query import picture_of

GRADIO_ROUTES = "/gradio_api/"


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


class MatchFacts(TypedDict):
    """One product: `similarity` is the cosine, in [-1, 1]; `image` is the URL of its picture.

    `confidence` is the probability that it is of the query's kind, null where the catalogue does not say what things
    are; `reasons` are what both share.
    """

    id: str
    name: str | None
    similarity: float
    confidence: float | None
    attributes: dict[str, Any]
    image: str
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


def add_endpoints(recommender: Recommender) -> None:
    """Add /recommend, /similar and /describe to the page that is being built."""

    def recommend(
        request: gr.Request, image: FileData | None = None, k: int = 5, where: dict[str, Any] | None = None
    ) -> AnswerFacts:
        """The k products most like a picture, best first.

        image: an uploaded file, or an http(s) link to a picture.
        k: how many products, from 1 to 100.
        where: a filter: attribute to a value, a list of values, or null for "not given".
        """
        where = checked(where)
        return _answer(recommender, recommender.recommend(picture_of(image), k, where), request)

    def similar(request: gr.Request, item_id: str, k: int = 5, where: dict[str, Any] | None = None) -> AnswerFacts:
        """The k products most like one of the catalogue, which is left out.

        item_id: the id of the product.
        k: how many products, from 1 to 100.
        where: a filter: attribute to a value, a list of values, or null for "not given".
        """
        where = checked(where)
        return _answer(recommender, recommender.similar(str(item_id), k, where), request)

    def describe(image: FileData | None = None) -> QueryFacts:
        """What a picture seems to be, attribute by attribute, with probabilities.

        image: an uploaded file, or an http(s) link to a picture.
        """
        return _query(recommender.describe(picture_of(image)))

    gr.api(told(recommend), api_name="recommend")
    gr.api(told(similar), api_name="similar")
    gr.api(told(describe), api_name="describe")


def _answer(recommender: Recommender, answer: Answer, request: gr.Request) -> AnswerFacts:
    origin, root = recommender.origin, _root(request)
    return {
        "index": {"name": origin.name, "revision": origin.revision, "items": len(recommender.items)},
        "query": _query(answer.seen),
        "close": answer.close,
        "matches": [_match(match, f"{root}/{thumbnails.url(recommender, match.item.id)}") for match in answer],
    }


def _query(seen: Mapping[str, Guess]) -> QueryFacts:
    return {
        "attributes": {
            name: {"value": guess.value, "probability": guess.probability, "likely": list(guess.likely)}
            for name, guess in seen.items()
        }
    }


def _match(match: Match, image: str) -> MatchFacts:
    return {
        "id": match.item.id,
        "name": match.item.name,
        "similarity": match.similarity,
        "confidence": match.confidence,
        "attributes": dict(match.item.attributes),
        "image": image,
        "reasons": [{"attribute": reason.attribute, "value": reason.value} for reason in match.reasons],
    }


def _root(request: gr.Request) -> str:
    """The address of this app as the caller sees it, behind a proxy too."""
    path = request.request.url.path
    route = path[path.rfind(GRADIO_ROUTES) :]
    return get_root_url(request.request, route, request.request.app.root_path)
