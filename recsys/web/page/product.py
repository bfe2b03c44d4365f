"""One product, looked at closely: all there is to know, why it was found, and where one can go from it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys.recommend.recommender import Recommender
from recsys.types import Item, Match
from recsys.web.page import attribute_display as highlights
from recsys.web.page import cards
from recsys.web.page.filters import label

ACCENT = (198, 84, 56)
STRONGEST = 0.75


@dataclass(frozen=True)
class Why:
    """Why a product was found: the match, the query's picture as a URL, and the heat on it as another."""

    match: Match
    picture: str
    heat: str | None


def view(
    recommender: Recommender,
    item: Item,
    telling: Sequence[str],
    opinion: str,
    dressable: bool,
    why: Why | None,
    variants: Sequence[Item],
    others: Sequence[Item],
) -> str:
    """The product as a dialog; `variants` are the same in other colours, `others` are like it."""
    name = escape(cards.title(item, telling))

    def strip(words: str, items: Sequence[Item]) -> str:
        shown = "".join(f"<li>{cards.opener(recommender, other, telling)}</li>" for other in items)
        return f'<h3>{words}</h3><ul class="strip">{shown}</ul>' if shown else ""

    return (
        f'<dialog aria-labelledby="product-name"><div class="product"><button type="button" class="close" data-close '
        f'aria-label="Close"></button><div class="front"><span class="tile">{cards.picture(recommender, item)}</span>'
        f'{cards.opinions(item, telling, opinion)}</div><div class="about"><h2 id="product-name">{name}</h2>'
        f"{_facts(item)}{_actions(item, dressable)}{_why(why, telling) if why else ''}"
        f"{strip('Also available', variants)}{strip('More like this', others)}</div></div></dialog>"
    )


def heat_picture(heat: npt.NDArray[np.float32]) -> str:
    """The shares of regions [rows, columns] as a picture to lay over the query's: the more, the redder. A data: URL."""
    share = np.clip(heat, 0, None)
    alpha = share / max(float(share.max()), 1e-6) * STRONGEST
    pixels = np.empty((*heat.shape, 4), np.uint8)
    pixels[..., :3] = ACCENT
    pixels[..., 3] = (255 * alpha).round().astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(out, "PNG")
    return data_url(out.getvalue(), "image/png")


def data_url(data: bytes, media_type: str) -> str:
    """The bytes as an address that needs no request."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _facts(item: Item) -> str:
    rows = "".join(
        f"<div><dt>{escape(label(name))}</dt><dd>{escape(value)}</dd></div>"
        for name, value in item.attributes.items()
        if value is not None
    )
    return f'<dl class="all">{rows}</dl>'


def _actions(item: Item, dressable: bool) -> str:
    chosen = escape(item.id)
    look = f'<button type="button" data-look="{chosen}">Complete the look</button>' if dressable else ""
    return (
        f'<div class="actions"><button type="button" class="primary" data-similar="{chosen}">More like this</button>'
        f"{look}</div>"
    )


def _why(why: Why, telling: Sequence[str]) -> str:
    shared = highlights.shared(why.match.reasons, telling)
    facts = {reason.attribute: reason.value for reason in why.match.reasons if reason.attribute in shared}
    both = f"<p>Both: {cards.marked(facts, shared)}</p>" if facts else ""
    over = f'<img class="heat" src="{why.heat}" alt="">' if why.heat else ""
    explained = "The warmer a part of what you search with, the more it speaks for this product." if why.heat else ""
    return (
        f'<h3>Why it is here</h3><div class="why"><span class="seen"><img src="{escape(why.picture)}" '
        f'alt="What you search with">{over}</span><div>{cards.closeness(why.match)}{both}<p>{explained}</p></div></div>'
    )
