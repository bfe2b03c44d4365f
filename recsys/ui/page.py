"""The page: what is where, and which handler answers what. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from recsys.recommender import Recommender
from recsys.types import Origin
from recsys.ui import filters, headings, likes
from recsys.ui.answers import Answers
from recsys.ui.endpoints import add_endpoints
from recsys.ui.query import GuardedBlocks
from recsys.ui.session import Asked, Query
from recsys.ui.told import told

HERE = Path(__file__).parent
TITLE = "Find it by picture"
REAR_CAMERA_FIRST = {"video": {"facingMode": {"ideal": "environment"}}}
REMOVE_UNUSED_UPLOADS = (60, 600)
VARIETY = (
    '<label class="variety">Similar <input type="range" min="0" max="1" step="0.25" value="0" '
    'aria-label="From similar to varied"> Varied</label>'
)
QUIETLY: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "minimal",
    "trigger_mode": "always_last",
    "preprocess": False,
    "postprocess": False,
}
"""How the page calls its handlers: with plain values, and out of sight of the API."""


@dataclass(frozen=True)
class Fields:
    """What a visitor can change, and what changes in answer."""

    query: gr.State
    notice: gr.HTML
    picture: gr.Image
    part: gr.HTML
    link: gr.Textbox
    examples: gr.HTML
    taste: gr.HTML
    heading: gr.HTML
    narrow: gr.HTML
    variety: gr.HTML
    found: gr.HTML
    product: gr.HTML


def build_page(recommender: Recommender) -> gr.Blocks:
    """The page and the API over this recommender, to be served by `launch`."""
    answers = Answers(recommender)
    with GuardedBlocks(
        title=TITLE, fill_width=True, analytics_enabled=False, delete_cache=REMOVE_UNUSED_UPLOADS
    ) as page:
        origin = recommender.origin
        _html(headings.header(TITLE, origin_line(origin, len(recommender.items))), "header")
        _wire(answers, _fields(answers))
        add_endpoints(recommender)
    return page


def _fields(answers: Answers) -> Fields:
    first_heading, first_cards = answers.results.window(Asked(), Query())
    origin, items = answers.recommender.origin, answers.items
    notice = _html(headings.notice(origin.notice) if origin.notice else "", "notice")
    with gr.Row(elem_id="columns"):
        with gr.Column(elem_id="ask", min_width=300):
            picture = _picture_field()
            part = _html("", "part", js="focus")
            link = _link_field()
            examples = _html(answers.examples(), "examples", js="examples")
            nothing = {"liked": [], "disliked": [], "panel": likes.panel(answers.recommender, (), (), 0, 0)}
            shop = f"{origin.dataset} {origin.name}"
            taste = _html(nothing, "taste", "<div data-panel></div>", js="taste", shop=shop)
        with gr.Column(elem_id="answer", min_width=300):
            heading = _html(first_heading, "heading", js="heading")
            with gr.Row(elem_id="bend"):
                markup = filters.panels(items)
                narrow = _html(filters.state(items, {}), "filters", "${markup}", js="filters", markup=markup)
                variety = _html(0.0, "variety", VARIETY, js="variety")
            found = _html(first_cards, "cards", js="cards")
    product = _html("", "product", js="product")
    query = gr.State(Query())
    return Fields(query, notice, picture, part, link, examples, taste, heading, narrow, variety, found, product)


def _wire(answers: Answers, on: Fields) -> None:
    """Each event and its handler. Data flows one way: settings, query → handler → query, heading, cards, settings."""
    asked, shown = [on.narrow, on.variety, on.taste, on.query], [on.query, on.heading, on.found, on.narrow]
    how = QUIETLY | {"show_progress_on": on.found}

    def given(handler: Callable[..., Any]) -> Callable[..., Any]:
        """The handler, given the value of one field, if any, and what was asked."""

        @told
        def handle(*values: Any) -> Any:
            *value, narrow, variety, taste, query = values
            return handler(*value, Asked.of(narrow, variety, taste, answers.items), query)

        return handle

    def chosen(handler: Callable[..., Any]) -> Callable[..., Any]:
        """The handler, given what was clicked, and what was asked."""

        @told
        def handle(narrow: Any, variety: Any, taste: Any, query: Query, event: gr.EventData) -> Any:
            return handler(event.chosen, Asked.of(narrow, variety, taste, answers.items), query)

        return handle

    uploaded = on.picture.upload(given(answers.by_upload), [on.picture, *asked], [*shown, on.picture, on.part], **how)
    uploaded.failure(given(answers.refused), asked, [*shown, on.picture, on.part], **how)
    on.picture.clear(given(answers.cleared), asked, [*shown, on.part], **how)
    on.link.submit(given(answers.by_link), [on.link, *asked], [*shown, on.picture, on.part, on.link], **how)
    on.examples.pick(chosen(answers.by_example), asked, [*shown, on.picture, on.part], **how)
    on.part.part(chosen(answers.by_part), asked, [*shown, on.part], **how)
    on.heading.back(given(answers.back), asked, shown, **how)
    on.heading.filter(chosen(answers.filtered), asked, shown, **how)
    on.heading.but(chosen(answers.but), asked, shown, **how)
    on.narrow.narrow(given(answers.narrowed), asked, shown, **how)
    on.variety.vary(given(answers.narrowed), asked, shown, **how)
    on.found.loosen(chosen(answers.loosen), asked, shown, **how)
    on.found.longer(given(answers.longer), asked, shown, **how)
    on.product.similar(chosen(answers.by_item), asked, shown, **how)
    for place in (on.heading, on.found, on.product):
        place.dress(chosen(answers.dressed), asked, shown, **how)
    for place in (on.found, on.product, on.taste):
        place.open(chosen(answers.opened), asked, on.product, **QUIETLY)
    on.taste.taste(given(answers.tasted), asked, [*shown, on.taste], **how)
    on.taste.visit(chosen(answers.visited), asked, [*shown, on.variety, on.taste, on.notice], **how)


def origin_line(origin: Origin, items: int) -> str:
    """Which index is served, for people: "index shop @ 1a2b3c4 · 300 products from sample"."""
    name = origin.name if origin.name == "index" else f"index {origin.name}"
    revision = f" @ {origin.revision[:7]}" if origin.revision else ""
    return f"{name}{revision} · {items:,} products from {origin.dataset}"


def _picture_field() -> gr.Image:
    return gr.Image(
        sources=["upload", "webcam", "clipboard"],
        webcam_options=gr.WebcamOptions(mirror=False, constraints=REAR_CAMERA_FIRST),
        label="Your picture",
        show_label=False,
        buttons=[],
        placeholder="Drop a picture here\nor tap to choose one",
        alt_text="The picture you search with",
        elem_id="picture",
    )


def _link_field() -> gr.Textbox:
    return gr.Textbox(
        label="Link to a picture",
        show_label=False,
        container=False,
        placeholder="Paste a link to a picture",
        submit_btn="Search",
        max_lines=1,
        elem_id="link",
    )


def _html(value: Any, name: str, template: str = "${value}", js: str | None = None, **props: Any) -> gr.HTML:
    script = (HERE / "static" / f"{js}.js").read_text(encoding="utf-8") if js else None
    return gr.HTML(value, html_template=template, js_on_load=script, apply_default_css=False, elem_id=name, **props)
