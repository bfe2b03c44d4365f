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

from recsys.recommend.recommender import Recommender
from recsys.types import Item, Match
from recsys.web.page import attribute_display, cards
from recsys.web.page.filters import label
from recsys.web.page.templates import render

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
    card_attributes: Sequence[str],
    opinion: str,
    dressable: bool,
    why: Why | None,
    variants: Sequence[Item],
    others: Sequence[Item],
) -> Markup:
    """The product in a dialog; `variants` are the same product in other colours, `others` are like it."""
    overrides = recommender.items.role_overrides
    shared = attribute_display.shared(why.match.reasons, card_attributes, overrides) if why else []
    both = {reason.attribute: reason.value for reason in why.match.reasons if reason.attribute in shared} if why else {}
    return render(
        "product.html",
        product=cards.product_view(recommender, item, card_attributes),
        opinion=opinion,
        facts=[(label(name), value) for name, value in item.attributes.items() if value is not None],
        has_looks=dressable,
        why=why,
        closeness=cards.closeness(why.match) if why else None,
        shared_facts=cards.facts(both, both, shared),
        variants=cards.product_views(recommender, variants, card_attributes),
        others=cards.product_views(recommender, others, card_attributes),
    )


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


def data_url(data: bytes, media_type: str) -> str:
    """The bytes as a data: URL."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
