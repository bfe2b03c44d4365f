"""Renders the answer to a query: the heading, the cards and the filters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from recsys.errors import QueryError
from recsys.images.decode import decode
from recsys.recommend.options import CLOSENESS, SearchOptions, sorted_places
from recsys.recommend.outfit import Outfit, PictureAnchor
from recsys.recommend.picture_part import ChosenPart
from recsys.recommend.recommender import MAX_K, Recommender
from recsys.types import Answer, Guess, Item, Match, Vectors
from recsys.web.page import attribute_display, filters, headings, instead, outfit_view, permalink, product, word_chips
from recsys.web.page.cards import Card, ProductViews, gallery
from recsys.web.page.languages import say
from recsys.web.page.liked import liked_sheet
from recsys.web.page.pages import Page
from recsys.web.page.state import PAGE, LookState, PageOptions, Query
from recsys.web.page.templates import render
from recsys.web.server import thumbnails

OTHERS = 6
NOTHING = Markup()
FOR_YOU = 6
WHAT_NEXT = "Open one to see more like it, or search with your own picture."

Shown = tuple[Query, str, str, dict[str, Any]]
"""The query, the heading, the cards, and the filters with their counts."""


class ResultsView:
    """Renders the answers of one recommender."""

    def __init__(self, recommender: Recommender):
        self.recommender, self.items = recommender, recommender.items
        self.index = recommender.origin.revision
        self.views = ProductViews(recommender, attribute_display.card_attributes(recommender.items))
        self.steerable = attribute_display.steerable(recommender.items)

    def show(self, options: PageOptions, query: Query) -> Shown:
        """The answer to a query with these search options."""
        options = replace(options, but=query.but, text=query.words or None)
        if query.offset:
            query = replace(query, offset=0 if options.diversity else self._offset(query.offset, options))
        shown = (options.index, options.choice, options.sort, self.recommender.synonyms)
        narrow = filters.state(self.items, options.where, self.index, *shown)
        if query.look is not None:
            return *self._look(query, query.look, options), narrow
        return *self._results(options, query), narrow

    def _offset(self, offset: int, options: PageOptions) -> int:
        """The offset of a page that there is."""
        return min(offset, max(0, len(self.items.passing(options.filter or {})) - 1) // MAX_K * MAX_K)

    def window(self, options: PageOptions, query: Query) -> tuple[str, str]:
        """The heading and the cards of the shop window, which the page shows before the first search."""
        rows = self.items.passing(options.where)
        if options.sort == CLOSENESS:
            shown = attribute_display.showcase(self.items, rows, query.k, "window", query.offset)
        else:
            places = sorted_places(self.items, rows, options.sort)[query.offset : query.offset + query.k]
            shown = [self.items[row] for row in rows[places].tolist()]
        page = Page(query.offset, query.k, len(shown), len(shown), len(rows))
        heading = self._heading(query, options, f"{page.number}. {say(WHAT_NEXT)}")
        cards = [self.views.card(item, options.opinion(item.id)) for item in shown]
        return heading, gallery(cards, page)

    def for_you(self, options: PageOptions) -> dict[str, Any]:
        """The value of the field of likes: the likes, the row "For you", and the sheet of what was liked."""
        likes = SearchOptions(liked=options.liked, disliked=options.disliked)
        found = self.recommender.search(None, FOR_YOU, likes) if likes.liked else ()
        products = self.views.products(match.item for match in found)
        panel = render("likes.html", products=products, liked=len(likes.liked), disliked=len(likes.disliked))
        sheet = liked_sheet(self.views, [self.items[self.items.row(item_id)] for item_id in options.liked[::-1]])
        off = {"off": True} if options.likes_off else {}
        return {"liked": list(likes.liked), "disliked": list(likes.disliked), **off, "panel": panel, "sheet": sheet}

    def dialog(self, item_id: str, options: PageOptions, query: Query) -> str:
        """The dialog of a product. Raises QueryError for an unknown id."""
        return product.dialog(
            self.views,
            self.items[self.items.row(item_id)],
            options.opinion(item_id),
            has_looks=self.recommender.stylist.has_looks(item_id),
            why=self._why(item_id, query),
            choice=query.choice,
            variants=self.recommender.variants.of(item_id)[:OTHERS],
            others=[match.item for match in self.recommender.similar(item_id, OTHERS)],
            cheaper=self._cheaper(item_id),
        )

    def _cheaper(self, item_id: str) -> list[Item]:
        """The closest products that cost less than this one; none where its price is not known."""
        if self.items.cost(self.items.row(item_id)) is None:
            return []
        return [match.item for match in self.recommender.closest_for_less(item_id=item_id, k=OTHERS)]

    def _results(self, options: PageOptions, query: Query) -> tuple[Query, str, str]:
        passing = len(self.items.passing(options.filter or {}))
        if not passing:
            loosen = filters.to_loosen(self.items, options)
            return query, self._heading(query, options, say("0 products")), render("nothing_passes.html", loosen=loosen)
        if query.kind == "window":
            return query, *self.window(options, query)
        asked, note = self._of_the_kind(options, query)
        answer = self._found(asked, query)
        if query.kind == "link" and not query.but and not query.words:
            answer = self._as_shared(answer, query, options)
        query = replace(query, listed=tuple(match.item.id for match in answer))
        passing = len(self.items.passing(asked.filter or {})) if note else passing
        passing = answer.words.count if answer.words and answer.words.count is not None else passing
        cards = [self._card(group, options, query) for group in self.recommender.variants.group(answer)]
        found = sum(match.item.id not in self._kept_out(options, query) for match in answer)
        how = {"is_filtered": bool(options.filter), "has_pages": not options.diversity}
        page = Page(query.offset, query.k, found, len(cards), passing, **how)
        detail = say("These come nearest: {number}", number=page.number) if answer.close is False else page.number
        return query, self._heading(query, options, detail, answer, note), gallery(cards, page)

    def _of_the_kind(self, options: PageOptions, query: Query) -> tuple[PageOptions, Markup]:
        """The options to search with, and what is offered where nothing of the query's kind has a value of `but`.

        Then the kind counts for more than the value: products of the kind are shown, and not others with the value.
        """
        kind = self.items.roles.kind
        if not query.but or not kind or kind in {*options.where, *query.but}:
            return options, Markup()
        value = self._kind_of(kind, options, query)
        of_kind = {**options.where, kind: [value]}
        if value is None or len(self.items.passing({**of_kind, **query.but})) or not len(self.items.passing(of_kind)):
            return options, Markup()
        attribute, wanted = list(query.but.items())[-1]
        return replace(options, where=of_kind, but={}), instead.offer(self.items, of_kind, value, attribute, wanted)

    def _kind_of(self, kind: str, options: PageOptions, query: Query) -> str | None:
        """The kind of the product or of the picture that is searched with, if the shop has it."""
        seen = {} if query.item else self.recommender.search(self._searched(query), 1, replace(options, but={})).seen
        return self._kind_among(kind, query, seen)

    def _kind_among(self, kind: str, query: Query, seen: Mapping[str, Guess]) -> str | None:
        if query.item is not None:
            return self.items[self.items.row(query.item)].single_values.get(kind)
        guess = seen.get(kind)
        return guess.value if guess and guess.value in self.items.values(kind) else None

    def _found(self, options: PageOptions, query: Query) -> Answer:
        """The answer to a query. What the visitor liked stays in it, and what was pinned to its place stays there."""
        likes = replace(options, keep_liked=True, offset=query.offset)
        if options.likes_off:
            likes = replace(likes, liked=(), disliked=())
        searched = self._searched(query)
        answer = self.recommender.search(searched, query.k, likes)
        matches = [match for match in answer if match.item.id not in query.pins]
        known = {match.item.id: match for match in answer}
        for item_id, place in sorted(query.pins.items(), key=lambda pin: pin[1]):
            matches.insert(place, known.get(item_id) or self._match(item_id, searched))
        return replace(answer, matches=tuple(matches[: max(query.k, len(query.listed))]), assets=None)

    def _kept_out(self, options: PageOptions, query: Query) -> set[str]:
        """What stays on the page only until the next search: the products that were not wanted in this one."""
        return set() if options.likes_off else {item_id for item_id in options.disliked if item_id in query.pins}

    def _match(self, item_id: str, searched: str | ChosenPart | Vectors | None) -> Match:
        """A product that the search did not find, as a match of the query."""
        if searched is None:
            row = self.items.row(item_id)
            return Match(self.items[row], 0.0, row=row)
        if isinstance(searched, str):
            searched = self.recommender.embed_items([searched])
        embedding = searched.embedding if isinstance(searched, ChosenPart) else searched
        return self.recommender.compare(embedding, item_id)

    def _searched(self, query: Query) -> str | ChosenPart | Vectors | None:
        """The id, the part of the picture or the embedding to search with; None for words, and in the shop window."""
        if query.kind == "link":
            return self.recommender.embed_items(query.found)
        return query.part if query.item is None else query.item

    def _as_shared(self, answer: Answer, query: Query, options: PageOptions) -> Answer:
        """The products of a link in its order, then others like them. Without a picture there are no scores."""
        passing = set(self.items.passing(options.where).tolist())
        rows = [row for row in map(self.items.row, query.found) if row in passing]
        first = [Match(self.items[row], 1.0, row=row) for row in rows]
        rest = [match for match in answer if match.item.id not in query.found]
        return Answer((*first, *rest)[: query.k] if not query.offset else tuple(rest), None, {})

    def _card(self, group: Sequence[Match], options: PageOptions, query: Query) -> Card:
        """The card of a product and its variants. If the answer comes from a link, it does not say how close it is."""
        first, *others = group
        match = None if query.kind in ("link", "words") else first
        variants = [*first.variants, *(match.item for match in others)]
        return self.views.card(first.item, options.opinion(first.item.id), match=match, variants=variants)

    def _why(self, item_id: str, query: Query) -> product.Why | None:
        """Why a product was found; None if there was no query."""
        if query.item is not None and query.item != item_id:
            picture = decode(self.recommender.thumbnail(query.item))
            embedding = self.recommender.embed_items([query.item])
        elif query.kind == "picture" and query.picture is not None and query.shown is not None:
            picture = query.box.crop(decode(query.shown)) if query.box else decode(query.shown)
            embedding = query.picture
        else:
            return None
        match, heat = self.recommender.compare(embedding, item_id), self.recommender.heat(picture, item_id)
        shown = product.data_url(product.preview(picture))
        return product.Why(match, shown, None if heat is None else product.heat_picture(heat))

    def _look(self, query: Query, look: LookState, options: PageOptions) -> tuple[Query, str, str]:
        around = self._searched(query)
        if around is None:
            raise QueryError("A look is built around a product or a picture. Open a product or upload a picture first.")
        around = around.embedding if isinstance(around, ChosenPart) else around
        outfit = self._outfit(query, look, around)
        pieces = {slot: piece.item.id for slot, piece in outfit.pieces.items()}
        query = replace(query, look=replace(look, pieces=pieces))
        own = None if query.item is None else self.items[self.items.row(query.item)]
        found = outfit_view.markup(self.views, outfit, look.kept, options, own)
        return query, self._heading(query, options, say(outfit_view.RULE)), found

    def _outfit(self, query: Query, look: LookState, around: str | Vectors) -> Outfit:
        """A new look by the rules, or the look of a link as it was made.

        The rules are not applied to a link, whose products in place of the picture need not agree with it.
        """
        if query.kind == "link" and look.pieces and not look.passed:
            return self.recommender.stylist.as_given(look.pieces)
        is_strict = query.item is not None
        return self.recommender.outfit(around, locked=look.pieces, passed_over=look.passed, is_strict=is_strict)

    def _heading(
        self, query: Query, options: PageOptions, detail: str, answer: Answer | None = None, note: Markup = NOTHING
    ) -> str:
        item = None if query.item is None else self.items[self.items.row(query.item)]
        name = self.views.title(item) if item else "your picture"
        words = answer.words if answer else None
        about: dict[str, Any] = {
            "is_close": answer.close if answer else None,
            "missing_kind": headings.missing_kind(answer.seen, self.items) if answer else None,
            "knows": not words or bool(words.understood or words.loosened),
        }
        return render(
            "heading.html",
            text=headings.title(query, name, is_filtered=bool(options.where), **about),
            detail=detail,
            query=str(query.search),
            kind=query.kind,
            asked=query,
            thumbnail=thumbnails.url(self.recommender, item.id) if item else "",
            back=headings.back(query),
            link=permalink.link(query, options, self._named(query, answer), self.index),
            tools=[tool for tool in (note, *self._tools(query, options, answer)) if tool],
            look=query.look is not None,
            words=query.words,
            liked=len(options.liked),
            product=self.views.product(item) if item else None,
            offer=self.views.offer(item) if item else None,
        )

    def _tools(self, query: Query, options: PageOptions, answer: Answer | None) -> Iterator[Markup]:
        """The parts of the line under the heading: what the picture seems to be, "Same but …", "Complete the look"."""
        if answer is not None and answer.words:
            yield word_chips.chips(answer.words, self.items)
        if answer:
            guesses = attribute_display.seen(answer.seen, self.views.attributes, self.items.role_overrides)
            yield headings.chips(guesses, options.where, self.items)
        if answer and self._are_moved(answer, options):
            yield render("moved_by_likes.html", other="on" if options.likes_off else "off")
        if (answer and query.kind != "words") or query.but:
            yield self._same_but(query, options, answer)
        if answer and query.kind == "picture" and query.picture is not None:
            anchor = PictureAnchor.from_guesses(query.picture, answer.seen)
            if answer.close is not False and self.recommender.stylist.has_looks(anchor):
                yield render("look_start.html")
            if answer.close is False and not (options.where or headings.missing_kind(answer.seen, self.items)):
                yield render("point_out.html")

    def _same_but(self, query: Query, options: PageOptions, answer: Answer | None) -> Markup:
        kind = self.items.roles.kind
        own = self._kind_among(kind, query, answer.seen if answer else {}) if kind else None
        where = {kind: [own], **options.where} if kind and own else options.where
        values = self.items[self.items.row(query.item)].single_values if query.item is not None else {}
        choices = instead.counted(self.items, self.steerable, where, {**values, **query.but})
        return render("same_but.html", choices=choices, chosen=query.but)

    def _are_moved(self, answer: Answer, options: PageOptions) -> bool:
        """Whether likes order these products: likes of a kind that the answer has."""
        kind = self.items.roles.kind
        kinds = [self.items[self.items.row(item_id)].value(kind) if kind else None for item_id in options.judged]
        return not set(kinds).isdisjoint(match.item.value(kind) if kind else None for match in answer)

    def _named(self, query: Query, answer: Answer | None) -> list[str]:
        """The products that stand for the picture in a link: those of the answer, or else the nearest ones."""
        if not answer and query.kind == "picture":
            answer = self.recommender.search(query.part, PAGE)
        return [match.item.id for match in answer or ()]
