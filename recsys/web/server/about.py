"""The page about the shop, `/about`: what shoppers ask, and the card of the index. It uses no script."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from jinja2 import Environment, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from recsys.core.calibration import Calibration
from recsys.format.layout import SAMPLE
from recsys.recommend.recommender import Recommender
from recsys.serving.live import LiveRecommender
from recsys.web.server.health import search_problem
from recsys.web.server.uploads import USED_UPLOAD_LIFE_S

HERE = Path(__file__).parent
SOURCE = (HERE / "templates" / "about.html").read_text("utf-8")
STYLE = Markup((HERE / "static" / "about.css").read_text(encoding="utf-8"))
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
ASSETS = "assets"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; font-src 'self'",
}
SAME_KIND, PERHAPS = 0.8, 0.4
"""From which probability on a match is said to be, and to be perhaps, of the same kind."""


@dataclass(frozen=True)
class ShopFacts:
    """What the page says about a shop to shoppers. `sells` is whether products have links into the shop."""

    products: int
    owner: str | None
    dataset: str
    is_demo: bool
    sells: bool
    calibration: Calibration | None
    upload_life_s: int = round(USED_UPLOAD_LIFE_S)
    same_kind: int = round(100 * SAME_KIND)
    perhaps: int = round(100 * PERHAPS)

    @classmethod
    def of(cls, recommender: Recommender) -> Self:
        """The facts about the shop of a recommender."""
        items, origin, owner = recommender.items, recommender.origin, recommender.storefront
        sells = items.offers is not None and any(items.offers.url)
        is_demo = origin.dataset == SAMPLE
        return cls(len(items), owner.name or owner.title, origin.dataset, is_demo, sells, recommender.calibration)


Render = Callable[..., str]
"""Renders the source of a template for an Accept-Language header, with values."""


def in_english(source: str, accept_language: str | None, **values: Any) -> str:
    """Renders in English, whatever a browser asks for."""
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters["thousands"] = "{:,}".format
    return environment.from_string(source).render(values, html_attributes=Markup('lang="en"'))


def routes(served: LiveRecommender | Recommender, title: str, render: Render = in_english) -> list[Route]:
    """`GET /about`, the card as a page, and `GET /about/{name}`, its plots. (`/assets` is a route of Gradio.)"""
    shop = LiveRecommender.ensure(served)

    def about(request: Request) -> Response:
        recommender = shop.current
        facts = ShopFacts.of(recommender)
        language = request.headers.get("accept-language")
        html = page(recommender.assets.card, title, search_problem(recommender), facts, render, language)
        return HTMLResponse(html, headers=HEADERS)

    def plot(request: Request) -> Response:
        png = shop.current.assets.plots.get(request.path_params["name"])
        if png is None:
            return PlainTextResponse("There is no such plot.", status_code=404, headers=HEADERS)
        return Response(png, media_type="image/png", headers=HEADERS)

    return [Route("/about", about, methods=["GET"]), Route("/about/{name}", plot, methods=["GET"])]


def page(
    card: str,
    title: str,
    problem: str | None = None,
    shop: ShopFacts | None = None,
    render: Render = in_english,
    accept_language: str | None = None,
) -> str:
    """The page of a Markdown card, in which HTML is shown as text.

    `problem` says which search serves instead of that of the index. With the facts about a `shop`, these come first.
    """
    values = {"title": title, "style": STYLE, "card": _html(card), "problem": problem, "shop": shop}
    return render(SOURCE, accept_language, **values)


@lru_cache(2)
def _html(card: str) -> Markup:
    """The card as HTML. Cached, because a hostile card takes seconds."""
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(FRONT_MATTER.sub("", card))
    html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")
    return Markup(html.replace(f'src="{ASSETS}/', 'src="about/'))
