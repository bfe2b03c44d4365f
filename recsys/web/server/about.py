"""The page about the shop: the index's own card, with its plots. It needs no script and asks no other host."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from recsys.recommend.recommender import Recommender
from recsys.serving.live import LiveRecommender

STYLE = (Path(__file__).parent / "static" / "about.css").read_text(encoding="utf-8")
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
ASSETS = "assets"
POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": POLICY}


def routes(served: LiveRecommender | Recommender, title: str) -> list[Route]:
    """GET /about, the card as a page, and GET /about/{name}, its plots: /assets is Gradio's own."""
    shop = LiveRecommender.ensure(served)

    def about(request: Request) -> Response:
        return HTMLResponse(page(shop.current.assets.card, title), headers=HEADERS)

    def asset(request: Request) -> Response:
        picture = shop.current.assets.plots.get(request.path_params["name"])
        if picture is None:
            return PlainTextResponse("There is no such plot.", status_code=404, headers=HEADERS)
        return Response(picture, media_type="image/png", headers=HEADERS)

    return [Route("/about", about, methods=["GET"]), Route("/about/{name}", asset, methods=["GET"])]


@lru_cache(2)
def page(card: str, title: str) -> str:
    """The page of a card in Markdown; any HTML in it stays text. Made once, since that can take seconds."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(FRONT_MATTER.sub("", card))
    wide = body.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")
    wide = wide.replace(f'src="{ASSETS}/', 'src="about/')
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>About · {escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        f'content="light dark"><style>{STYLE}</style></head><body><nav><a href="./">← {escape(title)}</a></nav>'
        f"<main>{wide}</main></body></html>"
    )
