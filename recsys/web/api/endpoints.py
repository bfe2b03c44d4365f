"""The API: the same questions as the page, for programs. Values are checked, since Gradio does not.

Gradio reads the types of these functions as they stand, so this module keeps its annotations evaluated, and gives
their docstrings to agents as those of tools.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import gradio as gr
from gradio.data_classes import FileData
from gradio.route_utils import get_root_url

from recsys.errors import PictureError
from recsys.serving.live import LiveRecommender
from recsys.web.api.arguments import ids_of, locks_of, options_of, pictures_of, reference, where_of
from recsys.web.api.schemas import (
    AnswerFacts,
    CatalogFacts,
    LookFacts,
    QueryFacts,
    answer_facts,
    catalog_facts,
    look_facts,
    query_facts,
)
from recsys.web.server.error_responses import Failure, failure, replied
from recsys.web.server.uploads import bytes_of, decode, picture_of

GRADIO_ROUTES = "/gradio_api/"


def add_endpoints(shop: LiveRecommender) -> None:
    """Add the API to the page that is being built. Each call is answered by the recommender of its beginning."""
    for endpoint in (*_searches(shop), *_others(shop)):
        gr.api(replied(endpoint), api_name=endpoint.__name__)
    batch = _batch(shop)
    gr.api(replied(batch), api_name=batch.__name__, concurrency_limit=1)


def _searches(shop: LiveRecommender) -> tuple[Callable[..., AnswerFacts], ...]:
    def recommend(
        request: gr.Request,
        image: FileData | None = None,
        k: int = 5,
        where: dict[str, Any] | None = None,
        liked: list[str] | None = None,
        disliked: list[str] | None = None,
        diversity: float = 0.0,
        but: dict[str, str] | None = None,
        min_similarity: float | None = None,
    ) -> AnswerFacts:
        """The k products of the shop most like a picture, best first; without a picture, those for who likes `liked`.

        Args:
            image: An uploaded file, or an http(s) link to a picture.
            k: How many products, from 1 to 100.
            where: A filter: attribute to a value, a list of values, or null for "not given". /catalog lists them.
            liked: Ids of products that are liked, at most 200, the latest last; the answer moves towards them.
            disliked: Ids of products that are not liked; the answer moves away from them.
            diversity: From 0, the most similar, to 1, the most varied.
            but: What to have in place of the picture's own, as attribute to value, such as {"baseColour": "Blue"}.
            min_similarity: Leave out products of a lower similarity, from -1 to 1.
        """
        recommender, root = shop.current, _root(request)
        options = options_of(where, liked, disliked, diversity, but, min_similarity)
        picture = None if image is None and options.liked else picture_of(reference(image, root))
        return answer_facts(recommender, recommender.search(picture, k, options), root)

    def similar(
        request: gr.Request,
        item_id: str,
        k: int = 5,
        where: dict[str, Any] | None = None,
        liked: list[str] | None = None,
        disliked: list[str] | None = None,
        diversity: float = 0.0,
        but: dict[str, str] | None = None,
        min_similarity: float | None = None,
    ) -> AnswerFacts:
        """The k products of the shop most like one of them, which is left out, best first.

        Args:
            item_id: The id of the product.
            k: How many products, from 1 to 100.
            where: A filter: attribute to a value, a list of values, or null for "not given". /catalog lists them.
            liked: Ids of products that are liked, at most 200, the latest last; the answer moves towards them.
            disliked: Ids of products that are not liked; the answer moves away from them.
            diversity: From 0, the most similar, to 1, the most varied.
            but: What to have in place of the product's own, as attribute to value, such as {"baseColour": "Blue"}.
            min_similarity: Leave out products of a lower similarity, from -1 to 1.
        """
        recommender = shop.current
        options = options_of(where, liked, disliked, diversity, but, min_similarity)
        return answer_facts(recommender, recommender.search(str(item_id), k, options), _root(request))

    return recommend, similar


def _others(shop: LiveRecommender) -> tuple[Callable[..., Any], ...]:
    def describe(request: gr.Request, image: FileData | None = None) -> QueryFacts:
        """What a picture seems to be, attribute by attribute, with probabilities.

        Args:
            image: An uploaded file, or an http(s) link to a picture.
        """
        return query_facts(shop.current.describe(picture_of(reference(image, _root(request)))))

    def complete_the_look(
        request: gr.Request,
        image: FileData | None = None,
        item_id: str | None = None,
        locked: dict[str, str] | None = None,
        passed_over: list[str] | None = None,
    ) -> LookFacts:
        """An outfit around a picture or a product of the shop: a product for each slot that it leaves open.

        The slots are top, bottom, shoes, bag and accessory. It goes by rules: the same wearer, usage and season, and
        colours that go together.

        Args:
            image: An uploaded file, or an http(s) link to a picture.
            item_id: In place of a picture, the id of the product.
            locked: Slot to the id of a product that is to stay there.
            passed_over: Ids of products to be passed over for others, at most 200; one that is named again, more so.
        """
        recommender = shop.current
        kept, passed, root = locks_of(locked), ids_of("passed_over", passed_over), _root(request)
        picture = None if image is None else picture_of(reference(image, root))
        item = None if item_id is None else str(item_id)
        look = recommender.complete_the_look(picture, item, locked=kept, passed_over=passed)
        return look_facts(recommender, look, root)

    def catalog(request: gr.Request, where: dict[str, Any] | None = None) -> CatalogFacts:
        """What the shop has: its attributes with their values and how many products have each, the most common first.

        Args:
            where: Count those products only that pass this filter: attribute to a value, a list of values, or null.
        """
        return catalog_facts(shop.current, where_of(where))

    return describe, complete_the_look, catalog


def _batch(shop: LiveRecommender) -> Callable[..., Any]:
    def recommend_batch(
        request: gr.Request, images: list[FileData], k: int = 5, where: dict[str, Any] | None = None
    ) -> list[AnswerFacts | Failure]:
        """For each of several pictures the k products most like it, as /recommend answers, or an error in its place.

        Args:
            images: 1 to 16 uploaded files, or http(s) links to pictures.
            k: How many products for each, from 1 to 100.
            where: A filter: attribute to a value, a list of values, or null for "not given". /catalog lists them.
        """
        recommender = shop.current
        pictures, filtered, root = pictures_of(images), where_of(where), _root(request)

        def answer(data: Future[bytes]) -> AnswerFacts | Failure:
            try:
                picture = decode(data.result())
            except PictureError as error:
                return failure(error, "recommend_batch")
            return answer_facts(recommender, recommender.recommend(picture, k, filtered), root)

        with ThreadPoolExecutor(len(pictures)) as pool:
            fetched = [pool.submit(bytes_of, reference(picture, root)) for picture in pictures]
        return [answer(data) for data in fetched]

    return recommend_batch


def _root(request: gr.Request) -> str:
    """The address of this app as the caller sees it, behind a proxy too."""
    path = request.request.url.path
    route = path[path.rfind(GRADIO_ROUTES) :]
    return get_root_url(request.request, route, request.request.app.root_path)
