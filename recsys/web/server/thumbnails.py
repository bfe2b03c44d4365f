"""Serves the stored pictures of the products at `/thumbs/{item id}`, cacheable for a year."""

from __future__ import annotations

from urllib.parse import quote
from zlib import crc32

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from recsys.errors import QueryError
from recsys.images.media_type import media_type
from recsys.recommend.recommender import Recommender
from recsys.serving.live import LiveRecommender

PREFIX = "thumbs"
MAX_AGE_S = 365 * 24 * 3600
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}


def url(recommender: Recommender, item_id: str, view: int = 0) -> str:
    """The URL of a picture of the product, relative to the page: the first, or the further picture 1, 2, …

    It changes with the version of the index.
    """
    further = f"&view={view}" if view else ""
    return f"{PREFIX}/{quote(item_id, safe='')}?v={recommender.assets.version}{further}"


def route(served: LiveRecommender | Recommender) -> Route:
    """`GET /thumbs/{item_id}`. Status 404 for an unknown id and for a picture that browsers do not show."""
    shop = LiveRecommender.ensure(served)

    def thumbnail(request: Request) -> Response:
        recommender = shop.current
        try:
            view = request.query_params.get("view", "0")
            number = int(view) if len(view) < 4 and view.isascii() and view.isdigit() else -1
            data = recommender.thumbnail(request.path_params["item_id"], number)
        except QueryError:
            return PlainTextResponse("There is no such item.", status_code=404, headers=SAFE_HEADERS)
        return _response(request, data, recommender.assets.version)

    return Route(f"/{PREFIX}/{{item_id:path}}", thumbnail, methods=["GET"])


def _response(request: Request, data: bytes, version: str) -> Response:
    kind = media_type(data)
    if kind is None:
        return PlainTextResponse("This item has no picture.", status_code=404, headers=SAFE_HEADERS)
    is_current = request.query_params.get("v") == version
    cache_control = f"public, max-age={MAX_AGE_S}, immutable" if is_current else "no-cache"
    headers = {**SAFE_HEADERS, "ETag": f'"{crc32(data):08x}"', "Cache-Control": cache_control}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)
