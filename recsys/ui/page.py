"""The page: what is where, and which handler answers what. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from recsys.recommender import Recommender
from recsys.types import Origin, Where
from recsys.ui import cards, filters
from recsys.ui.answers import Answers, Query, told
from recsys.ui.endpoints import add_endpoints
from recsys.ui.query import GuardedBlocks

HERE = Path(__file__).parent
TITLE = "Find it by picture"
COUNTS = (5, 10, 20, 50)
REAR_CAMERA_FIRST = {"video": {"facingMode": {"ideal": "environment"}}}
REMOVE_UNUSED_UPLOADS = (60, 600)
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
    picture: gr.Image
    link: gr.Textbox
    examples: gr.HTML
    narrow: gr.HTML
    count: gr.Radio
    heading: gr.HTML
    found: gr.HTML


def build_page(recommender: Recommender) -> gr.Blocks:
    """The page and the API over this recommender, to be served by `launch`."""
    answers = Answers(recommender)
    with GuardedBlocks(
        title=TITLE, fill_width=True, analytics_enabled=False, delete_cache=REMOVE_UNUSED_UPLOADS
    ) as page:
        _header(recommender)
        _wire(page, answers, _fields(answers))
        add_endpoints(recommender)
    return page


def _fields(answers: Answers) -> Fields:
    first_heading, first_cards = answers.window({})
    markup = filters.panels(answers.items)
    with gr.Row(elem_id="columns"):
        with gr.Column(elem_id="ask", min_width=300):
            picture = _picture_field()
            link = _link_field()
            examples = _html(answers.examples(), "examples", js_on_load=_js("examples"))
        with gr.Column(elem_id="answer", min_width=300):
            with gr.Row(elem_id="top"):
                heading = _html(first_heading, "heading", js_on_load=_js("heading"))
                count = _count_field()
            narrow = _html({}, "filters", "${markup}", _js("filters"), markup=markup)
            found = _html(first_cards, "cards", js_on_load=_js("cards"))
    return Fields(gr.State(Query()), picture, link, examples, narrow, count, heading, found)


def _wire(page: gr.Blocks, answers: Answers, on: Fields) -> None:
    """Each event and its handler. Data flows one way: filters, count, query → handler → query, heading, cards."""
    asked, shown = [on.narrow, on.count, on.query], [on.query, on.heading, on.found]
    how = QUIETLY | {"show_progress_on": on.found}
    uploaded = on.picture.upload(told(answers.by_upload), [on.picture, *asked], [*shown, on.picture], **how)
    uploaded.failure(told(answers.refused), asked, [*shown, on.picture], **how)
    on.picture.clear(told(answers.cleared), asked, shown, **how)
    on.link.submit(told(answers.by_link), [on.link, *asked], [*shown, on.picture, on.link], **how)
    on.examples.pick(_chosen(answers.by_example), asked, [*shown, on.picture], **how)
    on.found.more(_chosen(answers.by_item), asked, shown, **how)
    on.found.loosen(_chosen(answers.loosen), asked, [*shown, on.narrow], **how)
    on.heading.back(told(answers.back), asked, shown, **how)
    on.narrow.narrow(told(answers.show), asked, shown, **how)
    on.count.input(told(answers.show), asked, shown, **how)
    page.load(_linked(answers.by_item), asked, shown, **how)


def _chosen(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler, given what was clicked."""

    @told
    def handle(where: Where, k: int, query: Query, event: gr.EventData) -> Any:
        return handler(event.chosen, where, k, query)

    return handle


def _linked(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler, given the item that the page's address names; without one the page stays as it is."""

    @told
    def handle(where: Where, k: int, query: Query, request: gr.Request) -> Any:
        item_id = request.query_params.get("item")
        return handler(item_id, where, k, query) if item_id else gr.skip()

    return handle


def _header(recommender: Recommender) -> None:
    origin = recommender.origin
    _html(cards.header(TITLE, origin_line(origin, len(recommender.items))), "header")
    if origin.notice:
        _html(cards.notice(origin.notice), "notice")


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


def _count_field() -> gr.Radio:
    return gr.Radio(
        list(COUNTS), value=COUNTS[0], label="Show", container=False, elem_id="count", min_width=200, scale=0
    )


def _html(value: Any, name: str, template: str = "${value}", js_on_load: str | None = None, **props: Any) -> gr.HTML:
    return gr.HTML(value, html_template=template, js_on_load=js_on_load, apply_default_css=False, elem_id=name, **props)


def _js(name: str) -> str:
    return (HERE / "static" / f"{name}.js").read_text(encoding="utf-8")
