"""The row "For you": products for what a visitor likes. The likes are kept in the browser; the server stores none."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from recsys.recommend.recommender import Recommender
from recsys.types import Item
from recsys.web.page import cards
from recsys.web.page.templates import render

FOR_YOU = 6


def panel(
    recommender: Recommender, found: Sequence[Item], card_attributes: Sequence[str], liked: int, disliked: int
) -> Markup:
    """The row "For you", with the number of likes and dislikes, and the buttons to undo, clear, save and load them."""
    products = cards.product_views(recommender, found, card_attributes)
    return render("likes.html", products=products, liked=liked, disliked=disliked)
