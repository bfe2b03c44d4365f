"""What the page does: each handler takes the query, the filters and the number of cards, and returns what to show."""

from __future__ import annotations

import base64
import functools
import io
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar

import gradio as gr
from PIL import Image

from recsys.errors import RecsysError
from recsys.picture import decode
from recsys.recommender import Recommender
from recsys.types import Answer, Vectors, Where
from recsys.ui import cards, filters, highlights, thumbnails
from recsys.ui.query import bytes_of, picture_of

P = ParamSpec("P")
T = TypeVar("T")

OUR_FAULT = "Something went wrong here, not with what you did. Please try again."
PREVIEW_SIDE = 640
SHOP_WINDOW = 10
EXAMPLES = 6

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Query:
    """What is looked for: a picture, by its embedding alone, and the item that was opened since, if any."""

    picture: Vectors | None = None
    item: str | None = None
    search: int = 0


Shown = tuple[Query, str, str]
"""The query, the heading and the cards."""


def told(handler: Callable[P, T]) -> Callable[P, T]:
    """The handler, with errors that a visitor can read; a fault of ours goes to the log in full."""

    @functools.wraps(handler)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return handler(*args, **kwargs)
        except RecsysError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except Exception as error:
            logger.exception("%s failed", handler.__name__)
            raise gr.Error(OUR_FAULT, print_exception=False) from error

    return guarded


class Answers:
    """The handlers of the page, over one recommender."""

    def __init__(self, recommender: Recommender):
        self.recommender, self.items = recommender, recommender.items
        self.telling = highlights.telling(recommender.items)

    def by_upload(self, upload: Any, where: Where, k: int, query: Query) -> tuple[Any, ...]:
        """The products like an uploaded, photographed or pasted picture; also that, where no browser shows it."""
        data = bytes_of(upload)
        picture = decode(data)
        shown = gr.skip() if thumbnails.media_type(data) else _preview(picture)
        return *self._by_picture(picture, where, k, query), shown

    def by_link(self, link: str, where: Where, k: int, query: Query) -> tuple[Any, ...]:
        """The products like the picture behind a link; also the picture, to show it."""
        picture = picture_of(link.strip())
        return *self._by_picture(picture, where, k, query), _preview(picture), ""

    def by_example(self, item_id: str, where: Where, k: int, query: Query) -> tuple[Any, ...]:
        """The products like the picture of an item; also the picture, to show it."""
        picture = decode(self.recommender.thumbnail(item_id))
        return *self._by_picture(picture, where, k, query), _preview(picture)

    def by_item(self, item_id: str, where: Where, k: int, query: Query) -> Shown:
        """The products like an item of the shop."""
        return self.show(where, k, replace(query, item=item_id, search=query.search + 1))

    def back(self, where: Where, k: int, query: Query) -> Shown:
        """From an item, to the picture's products or the shop window again."""
        return self.show(where, k, replace(query, item=None, search=query.search + 1))

    def cleared(self, where: Where, k: int, query: Query) -> Any:
        """The shop window, after the picture was taken away. Changing to the camera or the clipboard clears as well."""
        return gr.skip() if query.picture is None else self._start_again(where, k, query)

    def refused(self, where: Where, k: int, query: Query) -> tuple[Any, ...]:
        """The shop window, and no picture, after one that could not be used."""
        return *self._start_again(where, k, query), None

    def loosen(self, attribute: str, where: Where, k: int, query: Query) -> tuple[Any, ...]:
        """The same query without the filter on this attribute; also the filters that remain."""
        rest = {name: wanted for name, wanted in filters.checked(where).items() if name != attribute}
        return *self.show(rest, k, query), rest

    def show(self, where: Where, k: int, query: Query) -> Shown:
        """The answer to a query under these filters."""
        where = filters.checked(where)
        passing = len(self.items.passing(where))
        if not passing:
            nothing = cards.nothing_passes(filters.to_loosen(self.items, where))
            return query, self._heading(query, "0 products"), nothing
        answer = self._ask(query, where, k)
        if answer is None:
            return query, *self.window(where, k)
        number = f"{len(answer)} of {passing:,} products" + (" that pass the filters" if where else "")
        detail = f"These are the nearest all the same: {number}" if answer.close is False else number
        found = cards.grid(cards.match_card(self.recommender, match, self.telling) for match in answer)
        return query, self._heading(query, detail, answer, bool(where)), found

    def window(self, where: Where, k: int = SHOP_WINDOW) -> tuple[str, str]:
        """Heading and cards of the shop window: what is seen before anything is looked for."""
        rows = self.items.passing(where)
        shown = highlights.showcase(self.items, rows, max(k, SHOP_WINDOW), "window")
        detail = f"{len(shown)} of {len(rows):,} products. Open one to see more like it, or bring your own picture."
        found = cards.grid(cards.product_card(self.recommender, item, self.telling) for item in shown)
        return self._heading(Query(), detail), found

    def examples(self) -> str:
        """Pictures of the shop's own to search with."""
        items = highlights.showcase(self.items, self.items.passing({}), EXAMPLES, "examples")
        return cards.examples(self.recommender, items, self.telling)

    def _ask(self, query: Query, where: Where, k: int) -> Answer | None:
        if query.item is not None:
            return self.recommender.similar(query.item, k, where)
        return None if query.picture is None else self.recommender.nearest(query.picture, k, where)

    def _start_again(self, where: Where, k: int, query: Query) -> Shown:
        return self.show(where, k, Query(search=query.search + 1))

    def _by_picture(self, picture: Image.Image, where: Where, k: int, query: Query) -> Shown:
        embedding = self.recommender.embed(picture)
        return self.show(where, k, Query(picture=embedding, search=query.search + 1))

    def _heading(self, query: Query, detail: str, answer: Answer | None = None, filtered: bool = False) -> str:
        key = str(query.search)
        far = answer is not None and answer.close is False
        if query.item is not None:
            item = self.items[self.items.row(query.item)]
            back = "Back to the shop" if query.picture is None else "Back to your picture"
            face = cards.picture(self.recommender, item)
            name = cards.title(item, self.telling)
            text = _nothing_close(name, filtered, other=True) if far else f"More like {name}"
            return cards.heading(text, detail, query=key, thumbnail=face, back=back)
        if query.picture is None:
            return cards.heading("From the shop", detail, query=key)
        text = _nothing_close("your picture", filtered) if far else "Closest to your picture"
        seen = cards.seen(highlights.seen(answer.seen, self.telling)) if answer else ""
        return cards.heading(text, detail, query=key, seen=seen)


def _nothing_close(what: str, filtered: bool, other: bool = False) -> str:
    nothing = "Nothing else" if other else "Nothing"
    return f"{nothing} {'with these filters' if filtered else 'in this shop'} is close to {what}"


def _preview(picture: Image.Image) -> dict[str, Any]:
    """The picture as a value of the picture field, inside the page: no file of it is written."""
    small = picture.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=85)
    data = out.getvalue()
    return {"path": None, "url": f"data:{thumbnails.media_type(data)};base64,{base64.b64encode(data).decode()}"}
