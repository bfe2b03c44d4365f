"""The layout of the page, and the handler of each of its events."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial, wraps
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from gradio.routes import toorjson
from markupsafe import Markup

from recsys.errors import RecsysError
from recsys.format.layout import SAMPLE
from recsys.recommend.recommender import Recommender
from recsys.serving.live import LiveRecommender
from recsys.types import Origin
from recsys.web.page import filters
from recsys.web.page.attribute_display import showcase
from recsys.web.page.clicks import choice_number, clicked, has_answer, preview
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.languages import ENGLISH, LANGUAGES, number, preferred, say, say_message, speaking
from recsys.web.page.state import PageOptions, Query
from recsys.web.page.templates import render
from recsys.web.page.visit import Visit, order_of
from recsys.web.server.error_responses import user_errors
from recsys.web.server.uploads import Translations

HERE = Path(__file__).parent
TITLE = "Find it by picture"
BODY = b"<gradio-app"
"""Where Gradio's scripts put the page."""
FIRST_SHOWN = 8
"""How many products are there before the scripts are."""
COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)
"""A line of a script that is not sent: all of them are a fifteenth of the page."""
QUIETLY: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "minimal",
    "trigger_mode": "multiple",
    "preprocess": False,
    "postprocess": False,
}
"""How the page calls its handlers: with plain values, and not listed in the API."""

SHOWN_AT_ONCE = (PageHandlers.search_upload, PageHandlers.search_photo)
"""The searches with a picture that the page shows before they are answered."""


class Fields:
    """The components of the page, which are inputs of the handlers, outputs, or both. Adds them to the open blocks."""

    def __init__(self) -> None:
        self.clicks = _html({}, "clicks", "", js=("speech", "problems", "history", "again"))
        self.problem = _html("", "problem", "", js="problem")
        self.header = _html("", "header")
        self.notice = _html("", "notice")
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="ask", min_width=300):
                self.picture = _html(None, "picture", render("picture.html"), js=("send", "picture"))
                self.part = _html("", "part", js=("frame", "focus"))
                self.link = _html({}, "link", render("words_field.html"), js="link")
                self.examples = _html("", "examples", js="examples")
            with gr.Column(elem_id="answer", min_width=300):
                self.heading = _html("", "heading", js="heading")
                with gr.Row(elem_id="bend"):
                    self.narrow = _html({}, "filters", "${markup}", js="filters")
                    self.variety = _html(0.0, "variety", render("variety.html"), js="variety")
                self.found = _html("", "cards", js="cards")
                self.likes = _html({}, "taste", "<div data-panel></div><div data-sheet></div>", js="likes")
        self.product = _html("", "product", js="product")
        self.visit = gr.State(Visit())


def add_page(blocks: gr.Blocks, live: LiveRecommender) -> Translations:
    """Add the page to the blocks that are being built. It follows the recommender when another index is loaded.

    Returns the translations of what a new visit shows, which are kept up to date too.
    """
    answers = PageHandlers(live.current)
    fields = Fields()
    _wire(lambda: answers, fields)

    def prepare(recommender: Recommender) -> None:
        """Use this recommender for new visits, and for the next events of open ones."""
        nonlocal answers
        newer = PageHandlers(recommender)
        _begin_with(newer, fields)
        blocks.config = blocks.get_config_file()
        first_texts.update(_translations(newer))
        answers = newer

    _begin_with(answers, fields)
    first_texts = _translations(answers)
    live.before_swap(prepare)
    return first_texts


def _begin_with(answers: PageHandlers, on: Fields) -> None:
    """Set what a new visit shows. Gradio sends it with the page, so that it needs no request."""
    origin, items, first = answers.recommender.origin, answers.items, _first_values(answers)
    on.header.value, on.examples.value = first["header"], first["examples"]
    on.notice.value = render("notice.html", text=origin.notice) if origin.notice else ""
    on.likes.value = answers.results.for_you(PageOptions())
    on.likes.props["shop"] = f"{origin.dataset} {origin.name}"
    on.heading.value, on.found.value = first["heading"], first["found"]
    on.narrow.value = filters.state(items, {}, origin.revision, origin.revision)
    on.narrow.props["markup"] = first["filters"]


def _first_values(answers: PageHandlers) -> dict[str, str]:
    """The parts of the page as a new visit shows them, in the language of the page."""
    origin, items = answers.recommender.origin, answers.items
    heading, found = answers.results.window(PageOptions(), Query())
    header = render(
        "header.html",
        title=say(TITLE),
        shop=answers.recommender.storefront,
        origin=origin_line(origin, len(items)),
        count=len(items),
        is_demo=origin.dataset == SAMPLE,
    )
    return {
        "header": header,
        "examples": answers.examples(),
        "heading": heading,
        "found": found,
        "filters": filters.panels(items, origin.revision, answers.recommender.synonyms),
        "likes": answers.results.for_you(PageOptions())["panel"],
        "picture": render("picture.html"),
        "words": render("words_field.html"),
        "variety": render("variety.html"),
    }


def _first_view(answers: PageHandlers, header: str) -> bytes:
    """What a visitor sees until the scripts of the page have arrived: the header and the first products."""
    items = answers.items
    shown = showcase(items, items.passing({}), FIRST_SHOWN, "window")
    products = answers.results.views.products(shown)
    return render("first_view.html", header=Markup(header), products=products).encode()


def _translations(answers: PageHandlers) -> Translations:
    """For each language but English, the first parts of the page as JSON in English and in that language.

    For English, the first view, and where it stands.
    """
    english, found = _first_values(answers), {}
    first_view = _first_view(answers, english["header"])
    found[ENGLISH] = [(BODY, first_view + BODY)]
    for language in LANGUAGES[1:]:
        with speaking(language):
            other = _first_values(answers)
            views = (first_view, _first_view(answers, other["header"]))
        found[language] = [
            views,
            *((toorjson(english[name]).encode(), toorjson(other[name]).encode()) for name in english),
        ]
    return found


def _wire(latest: Callable[[], PageHandlers], on: Fields) -> None:
    """Connect each event to its handler: options and query → handler → query, heading, cards and filters.

    The handler is a method of the `PageHandlers` that are the latest at the time of the event.
    """
    inputs, shown = (
        [on.clicks, on.narrow, on.variety, on.likes, on.visit],
        [on.visit, on.heading, on.found, on.narrow],
    )
    shown, with_picture = [on.problem, *shown], [on.problem, *shown, on.picture, on.part]
    how = QUIETLY | {"show_progress_on": on.found}

    given, chosen = partial(_with_options, latest, on), partial(_with_click, latest, on)
    on.picture.give(given(PageHandlers.search_upload), [on.picture, *inputs], with_picture, **how)
    on.picture.remove(given(PageHandlers.picture_cleared), inputs, [*shown, on.part], **how)
    on.link.ask(given(PageHandlers.search_typed), [on.link, *inputs], [*with_picture, on.link], **how)
    on.picture.link(chosen(PageHandlers.search_link, "link"), inputs, [*with_picture, on.link], **how)
    on.examples.pick(chosen(PageHandlers.search_example, "pick"), inputs, with_picture, **how)
    on.examples.photo(chosen(PageHandlers.search_photo, "photo"), inputs, with_picture, **how)
    on.part.part(chosen(PageHandlers.search_part, "part", object), inputs, [*shown, on.part], **how)
    on.heading.back(given(PageHandlers.go_back), inputs, shown, **how)
    on.heading.words(chosen(PageHandlers.search_words, "words"), inputs, shown, **how)
    on.heading.but(chosen(PageHandlers.change_value, "but", dict, "attribute", "value"), inputs, shown, **how)
    on.narrow.narrow(given(PageHandlers.filters_changed), inputs, shown, **how)
    on.variety.vary(given(PageHandlers.filters_changed), inputs, shown, **how)
    on.found.turn(chosen(PageHandlers.turn_page, "turn"), inputs, shown, **how)
    on.found.longer(given(PageHandlers.show_more), inputs, shown, **how)
    on.product.similar(chosen(PageHandlers.search_similar, "similar"), inputs, shown, **how)
    on.product.dress(chosen(PageHandlers.start_look, "dress", dict, "item"), inputs, shown, **how)
    for place in (on.heading, on.found):
        place.dress(chosen(PageHandlers.change_look, "dress", dict), inputs, shown, **how)
    for place in (on.clicks, on.heading, on.found, on.product, on.likes, on.link):
        place.open(chosen(PageHandlers.open_product, "open"), inputs, [on.problem, on.product], **QUIETLY)
    on.likes.taste(given(PageHandlers.likes_changed), inputs, [*shown, on.likes], **how)
    visited = [*with_picture, on.variety, on.likes, on.notice]
    on.clicks.visit(given(PageHandlers.open_visit, _visited), inputs, visited, **how)
    on.clicks.poke(lambda: None, **QUIETLY)  # answers nothing: static/again.js says what it is for


def _in_language_of_request(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler, which answers in the language that the visitor's browser asks for."""

    @wraps(handler)
    def handle(*values: Any) -> Any:
        request = LocalContext.request.get(None)
        with speaking(preferred(request.headers.get("accept-language") if request else None)):
            return handler(*values)

    return handle


def _with_options(
    latest: Callable[[], PageHandlers],
    on: Fields,
    handler: Callable[..., Any],
    read: Callable[[Any], list[Any]] | None = None,
) -> Callable[..., Any]:
    """The handler, called with what it needs, the search options and the query of the visit.

    What it needs is the value of one field, if any, or what `read` makes of the clicks. The visit calls it in the
    order of the visitor's choices. An answer that a later search made obsolete is not shown. Where there is no answer,
    the first of the outputs, `on.problem`, says why, and what the page has shown meanwhile is taken back. It is "lost"
    where the server has forgotten the visit: then the page asks for its answer again, and makes the choice after that.
    """

    @user_errors
    def answered(*values: Any) -> Any:
        *value, clicks, narrow, variety, liked, visit = values
        given, answers, number = read(clicks) if read else value, latest(), choice_number(clicks)
        if order_of(handler) is not Visit.look:
            if not visit.is_known and has_answer(clicks) and handler is not PageHandlers.open_visit:
                return {on.problem: {"lost": True, "choice": number}}
            visit.is_known = True
        options = PageOptions.from_fields(narrow, variety, liked, answers.items)

        def answer(query: Query) -> tuple[Any, ...]:
            shown = handler(answers, *given, options, replace(answers.up_to_date(query), choice=number))
            return shown if isinstance(shown, tuple) else (shown,)

        shown = order_of(handler)(visit, number, answer)
        return [gr.skip(), *(visit if isinstance(part, Query) else part for part in shown)] if shown else gr.skip()

    @_in_language_of_request
    def handle(*values: Any) -> Any:
        try:
            return answered(*values)
        except gr.Error as error:
            problem = {on.problem: {"text": say_message(error.message), "choice": choice_number(values[-5])}}
            return problem | _taken_back(latest(), on, values) if handler in SHOWN_AT_ONCE else problem

    return handle


def _taken_back(answers: PageHandlers, on: Fields, values: Sequence[Any]) -> dict[gr.HTML | gr.State, Any]:
    """What the page shows again after a picture that could not be searched with."""
    *_, clicks, narrow, variety, liked, visit = values
    with contextlib.suppress(RecsysError):
        options = PageOptions.from_fields(narrow, variety, liked, answers.items)
        query = replace(answers.up_to_date(visit.query), choice=choice_number(clicks))
        _, *shown = answers.picture_refused(options, query)
        return dict(zip([on.heading, on.found, on.narrow, on.picture, on.part], shown, strict=True))
    return {}


def _with_click(
    latest: Callable[[], PageHandlers],
    on: Fields,
    handler: Callable[..., Any],
    event: str,
    kind: type = str,
    *keys: str,
) -> Callable[..., Any]:
    """The handler, called with what was clicked, of this kind and with these keys, the options and the query."""
    return _with_options(latest, on, handler, lambda clicks: [clicked(clicks, event, kind, keys)])


def _visited(clicks: Any) -> list[Any]:
    """The address that is visited, and the picture that the browser kept for it."""
    return [clicked(clicks, "visit", dict, ("address",)), preview(clicks)]


def origin_line(origin: Origin, items: int) -> str:
    """The index that is served, in words: "index shop @ 1a2b3c4 · 300 products from sample"."""
    name = origin.name if origin.name == "index" else f"index {origin.name}"
    revision = f" @ {origin.revision[:7]}" if origin.revision else ""
    products = say("{count} products from {dataset}", count=number(items), dataset=origin.dataset)
    return f"{name}{revision} · {products}"


def _html(value: Any, name: str, template: str = "${value}", js: str | Sequence[str] = (), **props: Any) -> gr.HTML:
    parts = ["common", *([js] if isinstance(js, str) else js)] if js else []
    script = COMMENT.sub("", "".join((HERE / "static" / f"{part}.js").read_text("utf-8") for part in parts)) or None
    return gr.HTML(value, html_template=template, js_on_load=script, apply_default_css=False, elem_id=name, **props)
