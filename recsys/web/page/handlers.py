"""The handlers of the page: each takes search options and a query, and returns what to show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr
from PIL import Image

from recsys.errors import QueryError
from recsys.images.box import Box
from recsys.images.media_type import media_type
from recsys.images.segment import Segmentation
from recsys.recommend.recommender import MAX_K, Recommender
from recsys.types import Vectors
from recsys.web.page import attribute_display, crop_hint, outfit_view, permalink, photos, product, word_chips
from recsys.web.page.results import ResultsView, Shown
from recsys.web.page.state import PAGE, PageOptions, Query, longer
from recsys.web.page.templates import render
from recsys.web.page.visit import only_looks, starts_a_search
from recsys.web.server.uploads import decode, picture_bytes, read_picture
from recsys.words.query import MAX_TEXT_CHARACTERS

EXAMPLES = 6
IN_ADDRESS = ("item", "text", "text_beside_item", "but", "look", "k", "offset")
"""The fields of a query that its address holds, beside the products that stand for its picture."""
PICTURE_ID = re.compile(r"[0-9a-f]{18}")


class PageHandlers:
    """The handlers of the page, over one recommender."""

    def __init__(self, recommender: Recommender):
        self.recommender, self.items = recommender, recommender.items
        self.results = ResultsView(recommender)

    @starts_a_search
    def search_upload(self, upload: Any, options: PageOptions, query: Query) -> tuple[Any, ...]:
        """Search with an uploaded, photographed or pasted picture. Also returns it if browsers cannot show it."""
        data = picture_bytes(upload)
        picture = decode(data)
        *shown, preview, around = self._search_picture(picture, options, query)
        return *shown, gr.skip() if media_type(data) else preview, around

    @starts_a_search
    def search_link(self, link: str, options: PageOptions, query: Query) -> tuple[Any, ...]:
        """Search with the picture behind a link. Also returns the picture, to show it."""
        return *self._search_picture(read_picture(str(link).strip()), options, query), ""

    def search_typed(self, field: Any, options: PageOptions, query: Query) -> tuple[Any, ...]:
        """Search with what was typed: the picture behind a link, or words, alone or beside the picture or the item."""
        text = word_chips.typed(field)
        if link := word_chips.as_link(text):
            return self.search_link(link, options, query)
        return *self._search_words(text, options, query), gr.skip(), gr.skip(), gr.skip()

    def search_words(self, text: str, options: PageOptions, query: Query) -> Shown:
        """Search with other words, as where one of them was taken out."""
        return self._search_words(text, options, query)

    @starts_a_search
    def search_example(self, item_id: str, options: PageOptions, query: Query) -> tuple[Any, ...]:
        """Search with the picture of an item. Also returns the picture, to show it."""
        return self._search_picture(decode(self.recommender.thumbnail(item_id)), options, query)

    @starts_a_search
    def search_photo(self, name: str, options: PageOptions, query: Query) -> tuple[Any, ...]:
        """Search with one of the photos to try. The page shows it already."""
        *shown, _, around = self._search_picture(decode(photos.read(name)), options, query)
        return *shown, gr.skip(), around

    def search_part(self, part: Any, options: PageOptions, query: Query) -> tuple[Any, ...]:
        """Search with a part of the picture: a box, the thing at a point, or all of it if the part is None."""
        if query.shown is None:
            raise QueryError("There is no picture yet. Upload one, and then choose a part of it.")
        picture = decode(query.shown)
        segmentation = Segmentation.from_picture(picture)
        query = self._with_part(self._next_search(query), picture, crop_hint.box_of(part, segmentation))
        return *self.results.show(options, query), crop_hint.markup(query.things, query.box)

    def search_similar(self, item_id: str, options: PageOptions, query: Query) -> Shown:
        """Search for products like an item of the shop."""
        return self.results.show(options, replace(self._next_search(query), item=item_id))

    def go_back(self, options: PageOptions, query: Query) -> Shown:
        """Go back from an item or a look to the answer for the picture, or to the shop window."""
        return self.results.show(options, replace(self._next_search(query), item=query.item if query.look else None))

    def picture_cleared(self, options: PageOptions, query: Query) -> tuple[Any, ...]:
        """Show the shop window after the picture was removed."""
        return (gr.skip(),) * 5 if query.picture is None else (*self._shop_window(options, query), "")

    def picture_refused(self, options: PageOptions, query: Query) -> tuple[Any, ...]:
        """Keep the answer that is shown, and show its picture again, after an upload that could not be used."""
        shown = self.results.show(options, query) if query.kind == "window" else (gr.skip(),) * 4
        return *shown, *self._picture_shown(query)

    def filters_changed(self, options: PageOptions, query: Query) -> Shown:
        """Repeat the query with other filters or another diversity."""
        return self.results.show(options, replace(query, look=None, k=PAGE, offset=0, pins={}))

    def change_value(self, change: Mapping[str, str], options: PageOptions, query: Query) -> Shown:
        """Repeat the query with another value of an attribute, or with its own value again if `value` is ""."""
        but = {name: value for name, value in query.but.items() if name != change["attribute"]}
        if change["value"]:
            self.items.passing({change["attribute"]: change["value"]})  # raises QueryError where the shop lacks it
            but[change["attribute"]] = change["value"]
        return self.results.show(options, replace(query, but=but, k=PAGE, offset=0, pins={}))

    def show_more(self, options: PageOptions, query: Query) -> Shown:
        """Repeat the query for more products."""
        return self.results.show(options, replace(query, k=longer(query.k)))

    def turn_page(self, which: str, options: PageOptions, query: Query) -> Shown:
        """Show the products after those of this page, or before them."""
        offset = query.offset + (MAX_K if which == "next" else -MAX_K)
        return self.results.show(options, replace(query, offset=max(0, offset), k=MAX_K, look=None, pins={}))

    @only_looks
    def open_product(self, item_id: str, options: PageOptions, query: Query) -> str:
        """The dialog of a product."""
        return self.results.dialog(item_id, options, query)

    def start_look(self, product: Mapping[str, str], options: PageOptions, query: Query) -> Shown:
        """Start a look around a product."""
        return self.change_look({"item": product["item"]}, options, query)

    def change_look(self, change: Mapping[str, Any], options: PageOptions, query: Query) -> Shown:
        """Start a look around the query or a product, or keep, swap or replace products of the present look."""
        if query.look is None or "item" in change:
            query = replace(self._next_search(query), item=change.get("item", query.item))
        return self.results.show(options, replace(query, look=outfit_view.changed(query.look, change)))

    def likes_changed(self, options: PageOptions, query: Query) -> tuple[Any, ...]:
        """Repeat the query with the changed likes. Also returns the row "For you".

        What was liked or disliked stays where it is, so that nothing moves under the visitor's finger.
        """
        query = replace(query, pins={id_: at for at, id_ in enumerate(query.listed) if id_ in options.judged})
        return *self.results.show(options, query), self.results.for_you(options)

    def open_link(self, address: str, options: PageOptions, query: Query) -> tuple[Any, ...]:
        """Show the answer that a shared link describes, re-ranked by the likes in the browser.

        Also returns a notice if the index has changed since the link was made.
        """
        *shown, _, _, diversity, for_you, notice = self.open_visit({"address": address}, None, options, query)
        return *shown, diversity, for_you, notice

    @starts_a_search
    def open_visit(
        self, visit: Mapping[str, str], preview: bytes | None, options: PageOptions, query: Query
    ) -> tuple[Any, ...]:
        """Show the answer at an address: of a link, or one that the visitor goes back or forward to.

        For the visitor's own answers, `visit` also names the "picture", the "part" of it that was pointed to, and the
        "text" that was searched with before an item was followed. `preview` is the small JPEG that the browser kept of
        that picture; "reload" says that the page was reloaded.
        Also returns the picture, the line under it, the diversity, the row "For you", and a notice.
        """
        read = permalink.read(visit["address"], self.items)
        options = replace(options, where=read.options.where, diversity=read.options.diversity, sort=read.options.sort)
        pictured = self._pictured(visit, preview, query)
        found, before = read.query.found if pictured.shown is None else (), query.picture_id
        query = replace(
            pictured,
            **{name: getattr(read.query, name) for name in IN_ADDRESS},
            found=found,
            search=query.search + 1,
            is_restored=bool(visit.get("reload")),
            pins={},
            choice=query.choice,
            recent=query.recent,
        )
        if query.item is not None:
            query = replace(query, text=visit.get("text", ""))
        change = permalink.moved_on(read, self.results.index)
        is_shown = query.shown is not None and query.picture_id == before and not query.is_restored
        picture, line = self._picture_shown(query)
        return (
            *self.results.show(options, query),
            gr.skip() if is_shown else picture,
            line,
            options.diversity,
            self.results.for_you(options),
            render("notice.html", text=change) if change else gr.skip(),
        )

    def up_to_date(self, query: Query) -> Query:
        """The query, made valid for the index that is served now.

        Products that it no longer has are dropped. A picture that was embedded for another index is embedded again.
        """
        query = self._without_missing(query)
        if query.picture is None or query.shown is None or query.index == self.results.index:
            return query
        picture, whole = self._embeddings(decode(query.shown), query.box)
        return replace(query, picture=picture, whole=whole, index=self.results.index)

    def examples(self) -> str:
        """Pictures to try: photos of such things as the shop has, or else pictures of the shop."""
        found = photos.photos_for(self.items)
        items = [] if found else attribute_display.showcase(self.items, self.items.passing({}), EXAMPLES, "examples")
        return render("examples.html", photos=found, products=self.results.views.products(items))

    def _without_missing(self, query: Query) -> Query:
        """The query without products of a link or a look that this index lacks."""
        found = tuple(item_id for item_id in query.found if item_id in self.items)
        look = query.look and outfit_view.among(query.look, self.items)
        return query if (found, look) == (query.found, query.look) else replace(query, found=found, look=look)

    def _embeddings(self, picture: Image.Image, box: Box | None) -> tuple[Vectors, Vectors]:
        """The embeddings [1, dim] of the part in the box and of the whole picture; without a box, the same twice."""
        whole = self.recommender.embed(picture)
        return (self.recommender.embed(box.crop(picture)) if box else whole), whole

    def _next_search(self, query: Query) -> Query:
        """The next search of the visit, with the same picture."""
        return replace(
            query,
            item=None,
            text_beside_item="",
            but={},
            look=None,
            k=PAGE,
            offset=0,
            pins={},
            search=query.search + 1,
        )

    def _search_words(self, text: str, options: PageOptions, query: Query) -> Shown:
        """Words that say what kind of product is meant begin a search of their own where an item was followed."""
        if len(text) > MAX_TEXT_CHARACTERS:
            raise QueryError(
                f"Your words have {len(text):,} characters; at most {MAX_TEXT_CHARACTERS} characters can be searched"
                " for. Say it in fewer words."
            )
        following = replace(self._next_search(query), look=None)
        if query.item is not None and text and not self.recommender.names_kind(text):
            return self.results.show(options, replace(following, item=query.item, text_beside_item=text))
        return self.results.show(options, replace(following, text=text))

    def _shop_window(self, options: PageOptions, query: Query) -> Shown:
        return self.results.show(options, Query(search=query.search + 1, text=query.text, choice=query.choice))

    def _search_picture(self, picture: Image.Image, options: PageOptions, query: Query) -> tuple[Any, ...]:
        """Search with the part of a picture that is chosen for it. Also returns the picture and the line under it."""
        query = replace(self._of_picture(picture), search=query.search + 1, text=query.text, choice=query.choice)
        return *self.results.show(options, query), *self._picture_shown(query)

    def _of_picture(self, picture: Image.Image) -> Query:
        """The query for the part of a picture that is chosen for it."""
        part = self.recommender.choose_part(picture)
        return Query(
            part.embedding,
            part.whole,
            product.preview(picture),
            part.box,
            index=self.results.index,
            by_crops=part.by_crops,
            size=part.size,
            things=part.things,
        )

    def _with_part(self, query: Query, picture: Image.Image, box: Box | None) -> Query:
        """The query for the part of its picture in the box, which the visitor chose; None is the whole picture."""
        embedding = query.whole if box is None else self.recommender.embed(box.crop(picture))
        return replace(query, picture=embedding, box=box, index=self.results.index, by_crops=False, is_pointed=True)

    def _pictured(self, visit: Mapping[str, str], preview: bytes | None, query: Query) -> Query:
        """The query for the picture of a visit: as it was searched with in this visit, or else by its preview."""
        name, part = visit.get("picture", ""), visit.get("part", "")
        if not PICTURE_ID.fullmatch(name):
            return Query()
        known = [query, *query.recent]
        for part_name in (part, ""):
            same = [other for other in known if (other.picture_id, other.part_name) == (name, part_name)]
            if same:
                return self._of_part(self.up_to_date(same[0]), part)
        if preview is None:
            return Query()
        return self._of_part(replace(self._of_picture(decode(preview)), kept_as=name), part)

    def _of_part(self, query: Query, part: str) -> Query:
        """The query with the part of its picture of this name."""
        if part == query.part_name or query.shown is None:
            return query
        return self._with_part(query, decode(query.shown), crop_hint.box_from(part))

    def _picture_shown(self, query: Query) -> tuple[Any, str]:
        """The picture for the page, and the line under it; None and "" without a picture."""
        if query.shown is None:
            return None, ""
        picture = {"path": None, "url": product.data_url(query.shown), "choice": query.choice}
        return picture, crop_hint.markup(query.things, query.box)
