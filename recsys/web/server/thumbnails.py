"""The products' pictures over HTTP: the stored bytes as they are, cached for good under a URL that names them."""

from __future__ import annotations

from urllib.parse import quote
from zlib import crc32

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from recsys.errors import QueryError
from recsys.recommend.recommender import Recommender
from recsys.serving.live import LiveRecommender

PREFIX = "thumbs"
A_YEAR = 365 * 24 * 3600
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}


def url(recommender: Recommender, item_id: str) -> str:
    """Where the picture of this product is, relative to the page."""
    return f"{PREFIX}/{quote(item_id, safe='')}?v={recommender.assets.version}"


def media_type(data: bytes) -> str | None:
    """The type of an encoded picture by its first bytes; None for what no browser shows."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    return None


def route(served: LiveRecommender | Recommender) -> Route:
    """GET /thumbs/{item id}."""
    shop = LiveRecommender.ensure(served)

    def serve(request: Request) -> Response:
        recommender = shop.current
        try:
            data = recommender.thumbnail(request.path_params["item_id"])
        except QueryError:
            return PlainTextResponse("There is no such item.", status_code=404, headers=SAFE_HEADERS)
        return _answer(request, data, recommender.assets.version)

    return Route(f"/{PREFIX}/{{item_id:path}}", serve, methods=["GET"])


def _answer(request: Request, data: bytes, version: str) -> Response:
    kind = media_type(data)
    if kind is None:
        return PlainTextResponse("This item has no picture.", status_code=404, headers=SAFE_HEADERS)
    lasting = f"public, max-age={A_YEAR}, immutable" if request.query_params.get("v") == version else "no-cache"
    headers = {**SAFE_HEADERS, "ETag": f'"{crc32(data):08x}"', "Cache-Control": lasting}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)
