"""Serving the page: the settings that protect memory and privacy, and the look."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import gradio as gr
from gradio.route_utils import FnIndexInferError
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from recsys.images.decode import MAX_BYTES
from recsys.recommend.recommender import Recommender
from recsys.serving.live import LiveRecommender
from recsys.web.api.mcp import without_files
from recsys.web.page.page import HERE, TITLE, build_page
from recsys.web.server import about, health, thumbnails
from recsys.web.server import gradio_gc as leftovers
from recsys.web.server.admission import AdmissionControl, Load
from recsys.web.server.client_address import TrustedProxies
from recsys.web.server.error_responses import unknown_call_response
from recsys.web.server.limits import Limits
from recsys.web.server.metrics import ANSWER_INTERVAL, time_stages
from recsys.web.server.request_log import RequestLog
from recsys.web.server.route_allowlist import RouteAllowlist
from recsys.web.server.slow_connections import TimeoutProtocol

SESSIONS = 500
AT_ONCE = 4
"""Requests of one kind in work. On two cores 1 to 8 are equally fast; a link that is slow to answer holds one."""
UNWATCHED = {"GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9), "GRADIO_ANALYTICS_MAX_EVENTS": "1"}
"""Gradio would keep 10,000 calls and sum them up with pandas, for a page of its own that is not served here."""
PAPER_AND_INK = {
    "body_background_fill": "#fbfaf7",
    "body_background_fill_dark": "#161513",
    "body_text_color": "#1d1b18",
    "body_text_color_dark": "#f2eee8",
}
"""Here and not in style.css, since the page is painted with them before that is loaded."""
WORTH_PACKING = 20_000
"""Bytes: the page itself is, its products are not. Gradio packs its scripts alone."""
UNREADABLE = (FnIndexInferError, KeyError, TypeError)
"""What Gradio raises on a call of no endpoint, or with names that it does not take."""


def launch(
    served: LiveRecommender | Recommender,
    *,
    share: bool = False,
    prevent_thread_lock: bool = False,
    server_port: int | None = None,
    limits: Limits | None = None,
) -> gr.Blocks:
    """Serve the page and the API over what is served; returns at once, or at the end, by `prevent_thread_lock`.

    Address and port are Gradio's own defaults and GRADIO_* variables. With `share`, Gradio opens its tunnel; where it
    cannot, it prints why and the local page stays up.
    """
    for name, value in UNWATCHED.items():
        os.environ.setdefault(name, value)
    limits, proxies = limits or Limits(), TrustedProxies.from_env(os.environ)
    shop = LiveRecommender.ensure(served)
    time_stages(shop.current)
    shop.before_swap(time_stages)
    page = build_page(shop)
    page.queue(default_concurrency_limit=AT_ONCE, max_size=limits.max_pending_calls)
    load = Load(
        pending=lambda: len(page._queue.event_ids_to_events),
        seconds_per_call=ANSWER_INTERVAL.seconds,
        stored_bytes=lambda: leftovers.stored_upload_bytes(page),
    )
    with _peers_as_they_are():
        page.launch(
            share=share,
            server_port=server_port,
            prevent_thread_lock=True,
            quiet=True,
            ssr_mode=False,
            theme=theme(),
            css_paths=HERE / "static" / "style.css",
            footer_links=["api"],
            run_history=False,
            enable_monitoring=False,
            state_session_capacity=SESSIONS,
            max_file_size=MAX_BYTES,
            mcp_server=True,
            app_kwargs={
                "routes": [
                    thumbnails.route(shop),
                    *about.routes(shop, TITLE),
                    *health.routes(lambda: shop.current, lambda: len(page._queue), load.pending),
                ],
                "lifespan": _lifespan,
                "middleware": [
                    Middleware(RequestLog),
                    Middleware(RouteAllowlist),
                    Middleware(AdmissionControl, proxies=proxies, load=load, limits=limits),
                    Middleware(GZipMiddleware, minimum_size=WORTH_PACKING, compresslevel=5),
                ],
                "exception_handlers": dict.fromkeys(UNREADABLE, unknown_call_response),
            },
        )
    page.server.config.http_protocol_class = TimeoutProtocol
    _log_as_we_do("uvicorn")
    print(f"The shop is open at {page.local_url}", flush=True)  # noqa: T201  the address is what this command puts out
    if not prevent_thread_lock:
        page.block_thread()
    return page


@asynccontextmanager
async def _lifespan(app: Any) -> AsyncIterator[None]:
    async with without_files(app), leftovers.collecting_garbage(app):
        yield


@contextmanager
def _peers_as_they_are() -> Iterator[None]:
    """Have uvicorn, which is set up inside, put nothing in place of a peer's address: `clients` says who asks.

    Told to trust any proxy, it would take the first address of X-Forwarded-For, which a client can write.
    """
    given = os.environ.get("FORWARDED_ALLOW_IPS")
    os.environ["FORWARDED_ALLOW_IPS"] = ""
    try:
        yield
    finally:
        del os.environ["FORWARDED_ALLOW_IPS"]
        if given is not None:
            os.environ["FORWARDED_ALLOW_IPS"] = given


def _log_as_we_do(name: str) -> None:
    """Have this logger of a library, which writes in its own way, hand on to ours."""
    logger = logging.getLogger(name)
    logger.handlers.clear()
    logger.propagate = True


def theme() -> gr.themes.Base:
    """Gradio's plainest theme in our colours, which style.css defines for light and dark.

    Of the fonts that Gradio serves itself, its semi-bold ones lack the Latin letters.
    """
    look = gr.themes.Base(
        font=[gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"],
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
