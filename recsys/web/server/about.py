"""The page about the shop, `/about`: the card of the index, with its plots. It uses no script and no other host."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from recsys.recommend.recommender import Recommender
from recsys.serving.live import LiveRecommender
from recsys.web.server.health import search_problem

HERE = Path(__file__).parent
TEMPLATE = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True).get_template("about.html")
STYLE = Markup((HERE / "static" / "about.css").read_text(encoding="utf-8"))
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
ASSETS = "assets"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
}


def routes(served: LiveRecommender | Recommender, title: str) -> list[Route]:
    """`GET /about`, the card as a page, and `GET /about/{name}`, its plots. (`/assets` is a route of Gradio.)"""
    shop = LiveRecommender.ensure(served)

    def about(request: Request) -> Response:
        recommender = shop.current
        return HTMLResponse(page(recommender.assets.card, title, search_problem(recommender)), headers=HEADERS)

    def plot(request: Request) -> Response:
        png = shop.current.assets.plots.get(request.path_params["name"])
        if png is None:
            return PlainTextResponse("There is no such plot.", status_code=404, headers=HEADERS)
        return Response(png, media_type="image/png", headers=HEADERS)

    return [Route("/about", about, methods=["GET"]), Route("/about/{name}", plot, methods=["GET"])]


@lru_cache(2)
def page(card: str, title: str, problem: str | None = None) -> str:
    """The page of a Markdown card, in which HTML is shown as text. Cached, because a hostile card takes seconds.

    `problem` says which search serves instead of that of the index.
    """
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(FRONT_MATTER.sub("", card))
    html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")
    html = html.replace(f'src="{ASSETS}/', 'src="about/')
    return TEMPLATE.render(title=title, style=STYLE, card=Markup(html), problem=problem)
