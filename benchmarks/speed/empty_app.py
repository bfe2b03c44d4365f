"""An empty Gradio app, to compare ours with: a page of one field and one event, which is its endpoint too."""

from __future__ import annotations

import gradio as gr

ENDPOINT = "shown"


def launch_empty_app() -> gr.Blocks:
    """Launch the app on the port that GRADIO_SERVER_PORT names."""
    with gr.Blocks(analytics_enabled=False) as page:
        field = gr.Textbox("", elem_id="field")
        shown = gr.HTML("", elem_id="shown")
        field.submit(lambda text: f"<b>{text}</b>", field, shown, api_name=ENDPOINT)
    page.launch(prevent_thread_lock=True, quiet=True)
    return page


if __name__ == "__main__":
    launch_empty_app().block_thread()
