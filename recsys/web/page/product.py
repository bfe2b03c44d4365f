"""The dialog of a product: its attributes, why it was found, and products like it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from markupsafe import Markup
from PIL import Image

from recsys.types import Item, Match, as_tuple
from recsys.web.page.cards import Fact, ProductViews, closeness
from recsys.web.page.offers import json_ld
from recsys.web.page.templates import render

ACCENT = (198, 84, 56)
STRONGEST = 0.75
PREVIEW_SIDE_PX = 640


@dataclass(frozen=True)
class Why:
    """Why a product was found: the match, the query's picture as a URL, and the heat on it as another."""

    match: Match
    picture: str
    heat: str | None


def dialog(
    views: ProductViews,
    item: Item,
    opinion: str = "",
    *,
    has_looks: bool = False,
    why: Why | None = None,
    choice: int = 0,
    variants: Sequence[Item] = (),
    others: Sequence[Item] = (),
    cheaper: Sequence[Item] = (),
) -> Markup:
    """The product in a dialog; `variants` are the same product in other colours, `others` are like it.

    `cheaper` are the closest products that cost less. `choice` is the number of the visitor's choice to open it.
    """
    reasons = why.match.reasons if why else ()
    shared, product = views.shared(reasons), views.product(item)
    return render(
        "product.html",
        product=product,
        offer=views.offer(item),
        json_ld=json_ld(item, product.title, product.image),
        opinion=opinion,
        attributes=facts_of(item),
        has_looks=has_looks,
        why=why,
        choice=choice,
        closeness=closeness(why.match, views.colour(item)) if why else None,
        shared_facts=[Fact(reason.value, True) for reason in reasons if reason.attribute in shared],
        variants=views.products(variants),
        others=views.products(others),
        cheaper=[(views.product(other), views.offer(other).price) for other in cheaper],
    )


def facts_of(item: Item) -> dict[str, str]:
    """The values of a product's attributes; several of one attribute are one text."""
    return {name: text for name, values in item.attributes.items() if (text := ", ".join(as_tuple(values)))}


def heat_picture(heat: npt.NDArray[np.float32]) -> str:
    """A heat map [rows, columns] as a translucent picture, redder where higher, to lay over the query. A data: URL."""
    share = np.clip(heat, 0, None)
    alpha = share / max(float(share.max()), 1e-6) * STRONGEST
    pixels = np.empty((*heat.shape, 4), np.uint8)
    pixels[..., :3] = ACCENT
    pixels[..., 3] = (255 * alpha).round().astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(out, "PNG")
    return data_url(out.getvalue(), "image/png")


def preview(picture: Image.Image) -> bytes:
    """The picture as a JPEG of at most 640 px, in memory only."""
    small = picture.copy()
    small.thumbnail((PREVIEW_SIDE_PX, PREVIEW_SIDE_PX))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=88)
    return out.getvalue()


def data_url(data: bytes, media_type: str = "image/jpeg") -> str:
    """The bytes as a data: URL."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
