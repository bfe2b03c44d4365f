"""The look of the page: a theme of Gradio and style sheets. Both use the colours that style.css defines."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

STYLE_SHEETS = [
    Path(__file__).parent / "static" / name for name in ("style.css", "front.css", "filters.css", "likes.css")
]
PAPER_AND_INK = {
    "body_background_fill": "#fbfaf7",
    "body_background_fill_dark": "#161513",
    "body_text_color": "#1d1b18",
    "body_text_color_dark": "#f2eee8",
}
"""Not in style.css, because the browser paints the page with them before it has loaded that."""


class QuickFont(gr.themes.LocalFont):
    """A font that Gradio serves. Until it has come, the system's font shows the text."""

    def stylesheet(self) -> dict[str, str | None]:
        css = super().stylesheet()["css"]
        return {"url": None, "css": css.replace("font-style:", "font-display: swap; font-style:")}


def theme() -> gr.themes.Base:
    """Gradio's plainest theme, in the light and dark colours of the page.

    Of the weights of this font that Gradio serves, only 400 and 700 have the Latin letters.
    """
    look = gr.themes.Base(
        font=[QuickFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        radius_size=gr.themes.sizes.radius_sm,
    )
    colours = {
        "background_fill_primary": "paper",
        "background_fill_secondary": "panel",
        "block_background_fill": "panel",
        "block_border_color": "line",
        "border_color_primary": "line",
        "border_color_accent": "accent",
        "body_text_color_subdued": "muted",
        "block_label_text_color": "muted",
        "block_title_text_color": "ink",
        "input_background_fill": "panel",
        "input_border_color": "line",
        "input_border_color_focus": "accent",
        "input_placeholder_color": "muted",
        "button_secondary_background_fill": "panel",
        "button_secondary_background_fill_hover": "tile",
        "button_secondary_border_color": "line",
        "button_secondary_text_color": "ink",
        "button_primary_background_fill": "ink",
        "button_primary_background_fill_hover": "accent",
        "button_primary_text_color": "paper",
        "color_accent": "accent",
        "color_accent_soft": "tile",
        "link_text_color": "accent",
    }
    both = {f"{name}{mode}": f"var(--{colour})" for name, colour in colours.items() for mode in ("", "_dark")}
    both.pop("color_accent_dark")
    return look.set(**PAPER_AND_INK, **both)
