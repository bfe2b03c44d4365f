"""The head of the page: its icon, and the preview that chats and networks show of a link to it or to a product."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from urllib.parse import quote

from gradio.route_utils import get_root_url
from gradio.routes import toorjson
from markupsafe import Markup
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.images.decode import decode
from recsys.recommend.recommender import Recommender
from recsys.serving.live import LiveRecommender
from recsys.web.page.attribute_display import card_attributes, showcase
from recsys.web.page.cards import ProductViews
from recsys.web.page.languages import ENGLISH, attributes, preferred, texts
from recsys.web.page.offers import json_ld
from recsys.web.page.preload import preloads
from recsys.web.page.templates import render
from recsys.web.server import thumbnails
from recsys.web.server.uploads import Translations

OTHERS_META = re.compile(rb'\s*<meta\s+(?:property|name)="(?:og|twitter):[^>]*>')
"""What Gradio says of the page: that it is Gradio's."""
ACCENT = "#9a3f2b"
BEFORE = b'<base href="./" />'
ICON = "data:image/svg+xml," + quote(
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="{ACCENT}"/>'
    '<g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round"><circle cx="14" cy="14" r="6.5"/>'
    '<path d="m19 19 6 6"/></g></svg>'
)
MAX_ICON_CHARACTERS = 10_000
"""A logo of more is not sent as the icon too."""
WIDTH, HEIGHT, COLUMNS, ROWS, GAP = 1200, 630, 4, 2, 12
PAPER, TILE = (251, 250, 247), (243, 240, 234)
NO_VISIT = ("__", "utm_")
"""Parameters of these names, which the Hub and statistics add to an address, say nothing about what it leads to."""
DESCRIPTION = "Show a picture of something you like, or describe it in words, and see which products come closest."


class PageHead:
    """Middleware that puts the head of this shop into the page, and the language of the visitor.

    A link to a product is previewed as the product. An address that leads to nothing else shows the first view of the
    shop until the scripts have arrived.
    """

    def __init__(self, app: ASGIApp, shop: LiveRecommender, title: str, texts: Translations | None = None):
        self.app, self.shop, self.title, self.texts = app, shop, title, texts or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != scope.get("root_path", "") + "/":
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def change(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body") or start is None:
                return
            if start["status"] == 200:
                body = self._with_head(body, Request(scope))
            headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
            await send({**message, "body": body})

        await self.app(scope, receive, change)

    def _with_head(self, page: bytes, request: Request) -> bytes:
        page = OTHERS_META.sub(b"", page)
        is_start = all(name.startswith(NO_VISIT) for name in request.query_params)
        for place, first_view in self.texts.get(ENGLISH, ()) if is_start else ():
            page = page.replace(place, first_view, 1)
        page = self.in_language(page, preferred(request.headers.get("accept-language")))
        head = preloads() + head_of(self.shop.current, self.title, request)
        return page.replace(BEFORE, BEFORE + head.encode(), 1)

    def in_language(self, page: bytes, language: str) -> bytes:
        """The page with its first parts in this language, and with the texts that its scripts say."""
        if language == ENGLISH:
            return page
        for english, other in self.texts.get(language, ()):
            page = page.replace(english, other)
        script = f"<script>window.shopTexts = {toorjson(dict(texts(language)))}</script>"
        page = page.replace(b'lang="en"', attributes(language).encode(), 1)
        return page.replace(BEFORE, BEFORE + script.encode(), 1)


def head_of(recommender: Recommender, title: str, request: Request) -> str:
    """The head for a request of the page, or of one of its products."""
    root, owner = get_root_url(request, "/", request.scope.get("root_path") or None), recommender.storefront
    item_id = request.query_params.get("item") or request.query_params.get("product")
    product = Markup()
    description, image, address = owner.tagline or DESCRIPTION, f"{root}/preview.jpg", f"{root}/"
    if item_id and item_id in recommender.items:
        item = recommender.items[recommender.items.row(item_id)]
        views = ProductViews(recommender, card_attributes(recommender.items))
        description, title = f"{views.title(item)} · {owner.name or title}", views.title(item)
        image, address = f"{root}/{thumbnails.url(recommender, item_id)}", f"{root}/?{request.url.query}"
        product = script_of(json_ld(item, title, image))
    own_icon = ICON.replace(quote(ACCENT), quote(owner.accent or ACCENT))
    icon = owner.logo if owner.logo and len(owner.logo) <= MAX_ICON_CHARACTERS else own_icon
    card = "summary" if item_id else "summary_large_image"
    facts = {"title": title, "description": description, "image": image, "address": address}
    return render("head.html", icon=icon, card=card, accent=owner.accent, **facts) + product


def script_of(facts: str) -> Markup:
    """JSON-LD as a script element, which no value in it can end."""
    inert = facts.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(f'<script type="application/ld+json">{inert}</script>')


def route(shop: LiveRecommender) -> Route:
    """`GET /preview.jpg`: some products of the shop, as the picture of a link to it."""

    def preview(request: Request) -> Response:
        headers = {**thumbnails.SAFE_HEADERS, "Cache-Control": "public, max-age=3600"}
        return Response(collage(shop.current), media_type="image/jpeg", headers=headers)

    return Route("/preview.jpg", preview, methods=["GET"])


@lru_cache(2)
def collage(recommender: Recommender) -> bytes:
    """Eight products of different kinds, a JPEG of 1200 × 630 px."""
    page = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    width, height = (WIDTH - GAP) // COLUMNS - GAP, (HEIGHT - GAP) // ROWS - GAP
    chosen = showcase(recommender.items, recommender.items.passing({}), COLUMNS * ROWS, "preview")
    for place, item in enumerate(chosen):
        left = GAP + place % COLUMNS * (width + GAP)
        top = GAP + place // COLUMNS * (height + GAP)
        page.paste(TILE, (left, top, left + width, top + height))
        picture = decode(recommender.thumbnail(item.id)).convert("RGB")
        picture.thumbnail((width - 2 * GAP, height - 2 * GAP))
        page.paste(picture, (left + (width - picture.width) // 2, top + (height - picture.height) // 2))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=85)
    return out.getvalue()
