"""The API: the same questions as the page, for programs. Values are checked here, since Gradio does not.

Gradio reads the types of these functions as they stand, so this module keeps its annotations evaluated.
"""

from typing import Any, TypedDict

import gradio as gr
from gradio.data_classes import FileData
from gradio.route_utils import get_root_url

from recsys.recommender import Recommender
from recsys.types import Match
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


class MatchAnswer(TypedDict):
    """One product: `similarity` is the cosine, in [-1, 1]; `image` is the URL of its picture."""

    id: str
    name: str | None
    similarity: float
    attributes: dict[str, Any]
    image: str


class Answer(TypedDict):
    """The products found, best first."""

    index: IndexFacts
    matches: list[MatchAnswer]


def add_endpoints(recommender: Recommender) -> None:
    """Add /recommend and /similar to the page that is being built."""

    def recommend(
        request: gr.Request, image: FileData | None = None, k: int = 5, where: dict[str, Any] | None = None
    ) -> Answer:
        """The k products most like a picture, best first.

        image: an uploaded file, or an http(s) link to a picture.
        k: how many products, from 1 to 100.
        where: a filter: attribute to a value, a list of values, or null for "not given".
        """
        where = checked(where)
        return _answer(recommender, recommender.recommend(picture_of(image), k, where), request)

    def similar(request: gr.Request, item_id: str, k: int = 5, where: dict[str, Any] | None = None) -> Answer:
        """The k products most like one of the catalogue, which is left out.

        item_id: the id of the product.
        k: how many products, from 1 to 100.
        where: a filter: attribute to a value, a list of values, or null for "not given".
        """
        where = checked(where)
        return _answer(recommender, recommender.similar(str(item_id), k, where), request)

    gr.api(told(recommend), api_name="recommend")
    gr.api(told(similar), api_name="similar")


def _answer(recommender: Recommender, matches: tuple[Match, ...], request: gr.Request) -> Answer:
    origin, root = recommender.origin, _root(request)
    return {
        "index": {"name": origin.name, "revision": origin.revision, "items": len(recommender.items)},
        "matches": [
            {
                "id": match.item.id,
                "name": match.item.name,
                "similarity": match.similarity,
                "attributes": dict(match.item.attributes),
                "image": f"{root}/{thumbnails.url(recommender, match.item.id)}",
            }
            for match in matches
        ],
    }


def _root(request: gr.Request) -> str:
    """The address of this app as the caller sees it, behind a proxy too."""
    path = request.request.url.path
    route = path[path.rfind(GRADIO_ROUTES) :]
    return get_root_url(request.request, route, request.request.app.root_path)
