"""Renders the answer to a query: the heading, the cards and the filters."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup
from PIL import Image

from recsys.errors import QueryError
from recsys.images.decode import decode
from recsys.recommend.outfit import PictureAnchor
from recsys.recommend.recommender import MAX_K, Recommender
from recsys.types import Answer, Match, Vectors
from recsys.web.page import attribute_display, cards, filters, headings, likes, outfit_view, permalink, product
from recsys.web.page.state import PAGE, LookState, PageOptions, Query
from recsys.web.server import thumbnails

PREVIEW_SIDE = 640
OTHERS = 6

Shown = tuple[Query, str, str, dict[str, Any]]
"""The query, the heading, the cards, and the filters with their counts."""


class ResultsView:
    """Renders the answers of one recommender."""

    def __init__(self, recommender: Recommender):
        self.recommender, self.items = recommender, recommender.items
        self.index = recommender.origin.revision
        self.card_attributes = attribute_display.card_attributes(recommender.items)
        self.steerable = attribute_display.steerable(recommender.items)

    def show(self, options: PageOptions, query: Query) -> Shown:
        """The answer to a query with these search options."""
        options = replace(options, but=query.but)
        narrow = filters.state(self.items, options.where, self.index, options.index, options.choice)
        if query.look is not None:
            return *self._look(query, query.look, options), narrow
        where = options.filter or {}
        passing = len(self.items.passing(where))
        if not passing:
            loosen = filters.to_loosen(self.items, where)
            nothing = headings.nothing_passes({name: loosen[name] for name in loosen if name not in query.but})
            return query, self._heading(query, options, "0 products"), nothing, narrow
        answer = self._ask(query, options)
        if answer is None:
            return query, *self.window(options, query), narrow
        groups = self.recommender.variants.group(answer)
        shared = query.picture is None and query.item is None
        shown = cards.gallery(self._card(group, options, shared) for group in groups)
        detail = self._detail(answer, passing, bool(where))
        more = headings.longer(len(answer), min(passing, MAX_K)) if len(answer) == query.k else ""
        return query, self._heading(query, options, detail, answer), shown + more, narrow

    def window(self, options: PageOptions, query: Query) -> tuple[str, str]:
        """The heading and the cards of the shop window, which the page shows before the first search."""
        rows = self.items.passing(options.where)
        shown = attribute_display.showcase(self.items, rows, query.k, "window")
        detail = (
            f"{len(shown)} of {len(rows):,} products. Open one to see more like it, or search with your own picture."
        )
        found = cards.gallery(
            cards.product_card(self.recommender, item, self.card_attributes, opinion=options.opinion(item.id))
            for item in shown
        )
        return self._heading(query, options, detail), found + headings.longer(len(shown), min(len(rows), MAX_K))

    def for_you(self, options: PageOptions) -> dict[str, Any]:
        """The value of the field of likes: the likes, and the row "For you"."""
        liked, disliked = options.liked, options.disliked
        found = self.recommender.for_you(liked, likes.FOR_YOU, disliked=disliked) if liked else ()
        items = [match.item for match in found]
        panel = likes.panel(self.recommender, items, self.card_attributes, len(liked), len(disliked))
        return {"liked": list(liked), "disliked": list(disliked), "panel": panel}

    def closely(self, item_id: str, options: PageOptions, query: Query) -> str:
        """The dialog of a product. Raises QueryError for an unknown id."""
        item = self.items[self.items.row(item_id)]
        others = [match.item for match in self.recommender.similar(item_id, OTHERS)]
        variants = self.recommender.variants.of(item_id)[:OTHERS]
        why, opinion = self._why(item_id, query), options.opinion(item_id)
        dressable = bool(self.recommender.stylist.slots(item_id))
        return product.view(self.recommender, item, self.card_attributes, opinion, dressable, why, variants, others)

    def _ask(self, query: Query, options: PageOptions) -> Answer | None:
        searched = query.item if query.item is not None else self._embedding(query)
        if searched is None:
            return None
        answer = self.recommender.search(searched, query.k, options)
        if query.item is not None:
            return answer
        return self._as_shared(answer, query, options) if query.picture is None and not query.but else answer

    def _as_shared(self, answer: Answer, query: Query, options: PageOptions) -> Answer:
        """The products of a link in its order, then others like them, without the scores: there is no picture."""
        passing = set(self.items.passing(options.where).tolist())
        rows = [row for row in map(self.items.row, query.found) if row in passing]
        first = [Match(self.items[row], 1.0, row=row) for row in rows]
        rest = [match for match in answer if match.item.id not in query.found]
        return Answer((*first, *rest)[: query.k], None, {})

    def _embedding(self, query: Query) -> Vectors | None:
        """The embedding of the picture, or of the products that stand for it in a link; None in the shop window."""
        shared = query.picture is None and query.found
        return self.recommender.embed_items(query.found) if shared else query.picture

    def _named(self, query: Query, answer: Answer | None) -> list[str]:
        """The products that stand for the picture in a link: those of the answer, or else the nearest ones."""
        if not answer and query.picture is not None and query.item is None:
            answer = self.recommender.nearest(query.picture, PAGE)
        return [match.item.id for match in answer or ()]

    def _card(self, group: Sequence[Match], options: PageOptions, shared: bool) -> Markup:
        """The card of a product and its variants. If the answer comes from a link, it does not say how close it is."""
        first, *others = group
        opinion, variants = options.opinion(first.item.id), [match.item for match in others]
        if shared:
            return cards.product_card(
                self.recommender, first.item, self.card_attributes, opinion=opinion, variants=variants
            )
        return cards.match_card(self.recommender, first, self.card_attributes, opinion=opinion, variants=variants)

    def _why(self, item_id: str, query: Query) -> product.Why | None:
        """Why a product was found; None if there was no query."""
        if query.item is not None and query.item != item_id:
            picture = decode(self.recommender.thumbnail(query.item))
            match = self.recommender.compare(self.recommender.embed_items([query.item]), item_id)
        elif query.picture is not None and query.shown is not None and query.item is None:
            picture = decode(query.shown)
            picture = query.box.crop(picture) if query.box else picture
            match = self.recommender.compare(query.picture, item_id)
        else:
            return None
        heat = self.recommender.heat(picture, item_id)
        shown = product.data_url(in_small(picture), "image/jpeg")
        return product.Why(match, shown, None if heat is None else product.heat_picture(heat))

    def _look(self, query: Query, look: LookState, options: PageOptions) -> tuple[Query, str, str]:
        around = query.item if query.item is not None else self._embedding(query)
        if around is None:
            raise QueryError("A look is built around a product or a picture. Open a product or upload a picture first.")
        outfit = self.recommender.outfit(around, locked=look.pieces, passed_over=look.passed)
        look = replace(look, pieces={slot: piece.item.id for slot, piece in outfit.pieces.items()})
        query = replace(query, look=look)
        own = None if query.item is None else self.items[self.items.row(query.item)]
        found = outfit_view.shown(self.recommender, outfit, look, self.card_attributes, options, own)
        return query, self._heading(query, options, outfit_view.RULE), found

    def _detail(self, answer: Answer, passing: int, filtered: bool) -> str:
        number = f"{len(answer)} of {passing:,} products" + (" that match the filters" if filtered else "")
        return f"These come nearest: {number}" if answer.close is False else number

    def _heading(self, query: Query, options: PageOptions, detail: str, answer: Answer | None = None) -> str:
        link = permalink.link(query, options, self._named(query, answer), self.index)
        text, face = self._title(query, answer, bool(options.where)), ""
        if query.item is not None:
            face = thumbnails.url(self.recommender, query.item)
        pictured = query.picture if query.item is None and query.look is None else None
        guesses = answer.seen if answer else {}
        seen = attribute_display.seen(guesses, self.card_attributes, self.items.role_overrides)
        tools = headings.tools(
            headings.chips(seen, options.where, self.items) if answer else "",
            headings.same_but(self.steerable, query.but) if answer or query.but else "",
            outfit_view.START if answer and pictured is not None and self._has_slots(pictured, answer) else "",
        )
        back = self._back(query)
        return headings.heading(
            text,
            detail,
            query=str(query.search),
            thumbnail=face,
            back=back,
            link=link,
            below=tools,
            look=query.look is not None,
        )

    def _has_slots(self, picture: Vectors, answer: Answer) -> bool:
        """Whether an outfit can be built around a picture [1, dim], which seems to be what its answer says."""
        return bool(self.recommender.stylist.slots(PictureAnchor.from_guesses(picture, answer.seen)))

    def _back(self, query: Query) -> str:
        if query.look is not None and query.item is not None:
            return "Back to the products"
        if query.item is None and query.look is None:
            return ""
        if query.picture is not None:
            return "Back to your picture"
        return "Back to what was shared" if query.found else "Back to the shop"

    def _title(self, query: Query, answer: Answer | None, filtered: bool) -> str:
        far = answer is not None and answer.close is False
        name = "your picture"
        if query.item is not None:
            name = cards.title(self.items[self.items.row(query.item)], self.card_attributes)
        if query.look is not None:
            shared = query.item is None and query.picture is None
            return "A look that was shared with you" if shared else f"A look with {name}"
        if query.item is None and query.picture is None:
            return "A result that was shared with you" if query.found else "From the shop"
        if far:
            return _nothing_close(name, filtered, other=query.item is not None)
        return f"More like {name}" if query.item is not None else "Closest to your picture"


def in_small(picture: Image.Image) -> bytes:
    """The picture as a JPEG of at most 640 px, in memory only."""
    small = picture.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=88)
    return out.getvalue()


def _nothing_close(what: str, filtered: bool, other: bool = False) -> str:
    nothing = "Nothing else" if other else "Nothing"
    return f"{nothing} {'with these filters' if filtered else 'in this shop'} is close to {what}"
