"""The endpoints of the API. Gradio publishes their signatures and docstrings, on the API page and as tools of agents.

Gradio evaluates the annotations, so this module does not use `from __future__ import annotations`.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import gradio as gr
from gradio.data_classes import FileData
from gradio.route_utils import get_root_url

from recsys.errors import PictureError
from recsys.serving.live import LiveRecommender
from recsys.web.api.arguments import file_reference, filter_from, ids_from, locked_from, options_from, pictures_from
from recsys.web.api.schemas import (
    AnswerFacts,
    CatalogFacts,
    LookFacts,
    QueryFacts,
    SuggestionFacts,
    answer_facts,
    catalog_facts,
    look_facts,
    query_facts,
    suggestion_facts,
)
from recsys.web.server.admission import JSON_ROUTES
from recsys.web.server.error_responses import Failure, api_errors, failure_from
from recsys.web.server.uploads import decode, picture_bytes, read_picture

GRADIO_ROUTES = "/gradio_api/"
CONCURRENCY = {"recommend_batch": 1}
"""Calls of an endpoint at a time, where the number differs from the usual one."""


def add_endpoints(shop: LiveRecommender) -> None:
    """Add the API to the Blocks that are being built."""
    for name, endpoint in Endpoints(shop).by_name().items():
        gr.api(api_errors(endpoint), api_name=name, concurrency_limit=CONCURRENCY.get(name, "default"))


class Endpoints:
    """The endpoints over a shop. A call uses one recommender throughout, even if the index is renewed meanwhile."""

    def __init__(self, shop: LiveRecommender):
        self._shop = shop

    def by_name(self) -> dict[str, Callable[..., Any]]:
        """The endpoints by their names."""
        endpoints = (
            *(self.recommend, self.similar, self.closest_for_less, self.describe, self.complete_the_look),
            *(self.catalog, self.recommend_batch, self.suggest),
        )
        return {endpoint.__name__: endpoint for endpoint in endpoints}

    def recommend(
        self,
        request: gr.Request,
        image: FileData | None = None,
        k: int = 5,
        where: dict[str, Any] | None = None,
        liked: list[str] | None = None,
        disliked: list[str] | None = None,
        diversity: float = 0.0,
        but: dict[str, str] | None = None,
        min_similarity: float | None = None,
        refine: bool = True,
        parts: bool = False,
        sort: str = "closeness",
        text: str | None = None,
        offset: int = 0,
    ) -> AnswerFacts:
        """Find products by words, by a picture, or by both: with both, the words say what should be different.

        With words alone, the products that fit come first, the most typical ones of them. With a picture, the most
        similar ones come first. With neither, products are recommended from `liked`.

        Args:
            image: An uploaded file, or an http(s) link to a picture.
            k: Number of products, from 1 to 100.
            where: Filter: attribute to a value, a list of values, a range such as {"price": {"min": 10, "max": 30}}, or
                null for "not given". /catalog lists them. "in_stock" is true or false.
            liked: Ids of at most 200 liked products, latest last. They re-rank the results, which do not contain them.
            disliked: Ids of at most 200 disliked products, latest last. Products like them rank lower.
            diversity: From 0 (most similar products) to 1 (most varied products).
            but: Attribute values to search with instead of the picture's own, such as {"baseColour": "Blue"}.
            min_similarity: Leave out products with a lower cosine similarity, from -1 to 1.
            refine: Choose the part of the picture to search with. If false, search with the whole picture.
            parts: Also answer for each of several things in the picture, in `parts`.
            sort: Order of the products found: "closeness", "price" (lowest first) or "newest".
            text: What is wanted in plain English, such as "red dress for women under 50, not long". The answer's
                `words` say how each was understood, which no product fulfils together, and which mean nothing here.
            offset: Number of the best products to skip. With the same parameters otherwise, the answers at 0, k, 2 k
                and so on are the whole catalogue in one order.
        """
        recommender, root = self._shop.current, _root(request)
        options = options_from(where, liked, disliked, diversity, but, min_similarity, refine, sort, text, offset)
        picture = (
            None if image is None and (options.liked or options.text) else read_picture(file_reference(image, root))
        )
        answer = recommender.search(picture, k, options)
        if picture is None or parts is not True:
            return answer_facts(recommender, answer, root)
        return answer_facts(recommender, answer, root, recommender.search_parts(picture, k, options))

    def similar(
        self,
        request: gr.Request,
        item_id: str,
        k: int = 5,
        where: dict[str, Any] | None = None,
        liked: list[str] | None = None,
        disliked: list[str] | None = None,
        diversity: float = 0.0,
        but: dict[str, str] | None = None,
        min_similarity: float | None = None,
        refine: bool = True,
        sort: str = "closeness",
        text: str | None = None,
        offset: int = 0,
    ) -> AnswerFacts:
        """Find the products most similar to a product of the shop, most similar first, without the product itself.

        Args:
            item_id: The id of the product.
            k: Number of products, from 1 to 100.
            where: Filter: attribute to a value, a list of values, a range such as {"price": {"min": 10, "max": 30}}, or
                null for "not given". /catalog lists them. "in_stock" is true or false.
            liked: Ids of at most 200 liked products, latest last. They re-rank the results, which do not contain them.
            disliked: Ids of at most 200 disliked products, latest last. Products like them rank lower.
            diversity: From 0 (most similar products) to 1 (most varied products).
            but: Attribute values to search with instead of the product's own, such as {"baseColour": "Blue"}.
            min_similarity: Leave out products with a lower cosine similarity, from -1 to 1.
            refine: If false, the products keep the order of their cosine similarities.
            sort: Order of the products found: "closeness", "price" (lowest first) or "newest".
            text: What should be different, in plain English, such as "but red and cheaper".
            offset: Number of the best products to skip, as in /recommend.
        """
        recommender = self._shop.current
        options = options_from(where, liked, disliked, diversity, but, min_similarity, refine, sort, text, offset)
        return answer_facts(recommender, recommender.search(str(item_id), k, options), _root(request))

    def describe(self, request: gr.Request, image: FileData | None = None) -> QueryFacts:
        """Predict the attributes of the product in a picture, such as its type and colour, with probabilities.

        Args:
            image: An uploaded file, or an http(s) link to a picture.
        """
        return query_facts(self._shop.current.describe(read_picture(file_reference(image, _root(request)))))

    def closest_for_less(
        self,
        request: gr.Request,
        image: FileData | None = None,
        item_id: str | None = None,
        k: int = 5,
        where: dict[str, Any] | None = None,
        min_similarity: float | None = None,
    ) -> AnswerFacts:
        """Find the closest products that cost less than a product; for a picture, the closest ones at falling prices.

        No other product is at least as close and cheaper than one of them. Products that are not close are left out.

        Args:
            image: An uploaded file, or an http(s) link to a picture. Give either image or item_id.
            item_id: The id of a product of the shop.
            k: Number of products, from 1 to 100.
            where: Filter as in /recommend.
            min_similarity: The cosine similarity that is close enough, from -1 to 1.
        """
        recommender, root = self._shop.current, _root(request)
        picture = None if image is None else read_picture(file_reference(image, root))
        item = None if item_id is None else str(item_id)
        answer = recommender.closest_for_less(picture, item, k, filter_from(where), min_similarity=min_similarity)
        return answer_facts(recommender, answer, root)

    def complete_the_look(
        self,
        request: gr.Request,
        image: FileData | None = None,
        item_id: str | None = None,
        locked: dict[str, str] | None = None,
        passed_over: list[str] | None = None,
    ) -> LookFacts:
        """Put together an outfit around a picture or a product: one product for each slot that it leaves open.

        The slots are top, bottom, shoes, bag and accessory. Products are chosen by rules: the same wearer, usage and
        season, and colours that go together.

        Args:
            image: An uploaded file, or an http(s) link to a picture. Give either image or item_id.
            item_id: The id of a product of the shop.
            locked: Products to keep: slot to the id of the product.
            passed_over: Ids of at most 200 products to avoid. A repeated id makes its product less likely still.
        """
        recommender, root = self._shop.current, _root(request)
        kept, avoided = locked_from(locked), ids_from("passed_over", passed_over)
        picture = None if image is None else read_picture(file_reference(image, root))
        item = None if item_id is None else str(item_id)
        look = recommender.complete_the_look(picture, item, locked=kept, passed_over=avoided)
        return look_facts(recommender, look, root)

    def suggest(self, request: gr.Request, text: str) -> SuggestionFacts:
        """Complete a text query: values of the shop's attributes with their number of products, and products by name.

        Args:
            text: The beginning of a query, such as "red dr".
        """
        recommender = self._shop.current
        return suggestion_facts(recommender, recommender.suggest(text), _root(request))

    def catalog(self, request: gr.Request, where: dict[str, Any] | None = None) -> CatalogFacts:
        """List the attributes of the shop's products, with their values and the number of products of each value.

        Args:
            where: Filter as in /recommend: count only the products that pass it.
        """
        return catalog_facts(self._shop.current, filter_from(where))

    def recommend_batch(
        self,
        request: gr.Request,
        images: list[FileData],
        k: int = 5,
        where: dict[str, Any] | None = None,
        refine: bool = True,
        sort: str = "closeness",
        text: str | None = None,
    ) -> list[AnswerFacts | Failure]:
        """Find the most similar products for each of several pictures: an answer of /recommend each, or an error.

        Args:
            images: 1 to 16 uploaded files, or http(s) links to pictures.
            k: Number of products for each picture, from 1 to 100.
            where: Filter: attribute to a value, a list of values, a range such as {"price": {"min": 10, "max": 30}}, or
                null for "not given". /catalog lists them. "in_stock" is true or false.
            refine: Choose the part of each picture to search with. If false, search with the whole pictures.
            sort: Order of the products found: "closeness", "price" (lowest first) or "newest".
            text: What should be different from each picture, in plain English, as in /recommend.
        """
        recommender, root = self._shop.current, _root(request)
        pictures, options = pictures_from(images), options_from(where, refine=refine, sort=sort, text=text)

        def answer(data: Future[bytes]) -> AnswerFacts | Failure:
            try:
                picture = decode(data.result())
            except PictureError as error:
                return failure_from(error, "recommend_batch")
            return answer_facts(recommender, recommender.search(picture, k, options), root)

        with ThreadPoolExecutor(len(pictures)) as pool:
            files = [pool.submit(picture_bytes, file_reference(picture, root)) for picture in pictures]
        return [answer(data) for data in files]


def _root(request: gr.Request) -> str:
    """The address of this app as the caller sees it, also behind a proxy."""
    path = request.request.url.path
    route = path[max(path.rfind(GRADIO_ROUTES), path.rfind(JSON_ROUTES)) :]
    return get_root_url(request.request, route, request.request.app.root_path)
