"""The page about the shop, `/about`: what shoppers ask, and the card of the index. It uses no script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from jinja2 import Environment, FileSystemLoader
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
TEMPLATE = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True).get_template("about.html")
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


def routes(served: LiveRecommender | Recommender, title: str) -> list[Route]:
    """`GET /about`, the card as a page, and `GET /about/{name}`, its plots. (`/assets` is a route of Gradio.)"""
    shop = LiveRecommender.ensure(served)

    def about(request: Request) -> Response:
        recommender = shop.current
        facts = ShopFacts.of(recommender)
        return HTMLResponse(page(recommender.assets.card, title, search_problem(recommender), facts), headers=HEADERS)

    def plot(request: Request) -> Response:
        png = shop.current.assets.plots.get(request.path_params["name"])
        if png is None:
            return PlainTextResponse("There is no such plot.", status_code=404, headers=HEADERS)
        return Response(png, media_type="image/png", headers=HEADERS)

    return [Route("/about", about, methods=["GET"]), Route("/about/{name}", plot, methods=["GET"])]


@lru_cache(2)
def page(card: str, title: str, problem: str | None = None, shop: ShopFacts | None = None) -> str:
    """The page of a Markdown card, in which HTML is shown as text. Cached, because a hostile card takes seconds.

    `problem` says which search serves instead of that of the index. With the facts about a `shop`, these come first.
    """
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(FRONT_MATTER.sub("", card))
    html = html.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")
    html = html.replace(f'src="{ASSETS}/', 'src="about/')
    return TEMPLATE.render(title=title, style=STYLE, card=Markup(html), problem=problem, shop=shop)
