"""Serves the page and the API: puts both together and sets up Gradio's server."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import gradio as gr
from gradio.route_utils import FnIndexInferError
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from recsys.images.decode import MAX_BYTES
from recsys.images.memory import keep_picture_memory
from recsys.recommend.recommender import Recommender
from recsys.serving.live import LiveRecommender
from recsys.web.api import json_routes
from recsys.web.api.endpoints import add_endpoints
from recsys.web.api.mcp import without_files
from recsys.web.page import head, photos
from recsys.web.page.languages import say_message_in
from recsys.web.page.page import TITLE, add_page
from recsys.web.page.templates import render_about
from recsys.web.page.theme import STYLE_SHEETS, theme
from recsys.web.server import about, gradio_gc, health, thumbnails
from recsys.web.server.admission import AdmissionControl, Load
from recsys.web.server.client_address import TrustedProxies
from recsys.web.server.error_responses import unknown_call_response
from recsys.web.server.limits import Limits
from recsys.web.server.metrics import ANSWER_INTERVAL, time_stages
from recsys.web.server.request_log import RequestLog
from recsys.web.server.route_allowlist import RouteAllowlist
from recsys.web.server.slow_connections import TimeoutProtocol
from recsys.web.server.unmet import count_unmet
from recsys.web.server.uploads import GuardedBlocks

MAX_SESSIONS = 500
MAX_CONCURRENT_CALLS = 4
"""Calls of one handler at a time. On two cores 1 to 8 are equally fast; a link that is slow to answer occupies one."""
UPLOAD_SWEEP_S, MAX_UPLOAD_AGE_S = 60, 600
"""How often Gradio looks for old uploads, and how old they may be."""
NO_STATISTICS = {"GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9), "GRADIO_ANALYTICS_MAX_EVENTS": "1"}
"""Environment variables that stop Gradio from keeping 10,000 calls, which it would show on a page not served here."""
MIN_GZIP_BYTES = 20_000
"""The page itself is larger, an answer is smaller. Gradio compresses its own scripts."""
SHARED = (
    "The public link {url} works while this program runs, and for a week at most. Addresses within it end with it. For"
    " a link that lasts, run `recsys publish`: the address of a Space stays, and so do the addresses of searches in it."
)
GRADIO_SETTINGS: dict[str, Any] = {
    "quiet": True,
    "ssr_mode": False,
    "footer_links": ["api"],
    "run_history": False,
    "enable_monitoring": False,
    "state_session_capacity": MAX_SESSIONS,
    "max_file_size": MAX_BYTES,
    "mcp_server": True,
}
UNREADABLE = (FnIndexInferError, KeyError, TypeError)
"""What Gradio raises for a call of an unknown endpoint, or with unknown parameters."""


def build_page(served: LiveRecommender | Recommender) -> GuardedBlocks:
    """The page and the API of a recommender, to be served by `launch`."""
    live = LiveRecommender.ensure(served)
    cleaning = (UPLOAD_SWEEP_S, MAX_UPLOAD_AGE_S)
    title = live.current.storefront.title or TITLE
    with GuardedBlocks(title=title, fill_width=True, analytics_enabled=False, delete_cache=cleaning) as blocks:
        blocks.translations = add_page(blocks, live)
        add_endpoints(live)
    return blocks


def launch(
    served: LiveRecommender | Recommender,
    *,
    share: bool = False,
    prevent_thread_lock: bool = False,
    server_port: int | None = None,
    limits: Limits | None = None,
    embed_origins: Sequence[str] = (),
) -> gr.Blocks:
    """Serve the page and the API of a recommender. Returns when the server stops; with `prevent_thread_lock`, at once.

    Address and port come from Gradio's defaults and GRADIO_* variables. With `share`, Gradio opens a public link. If
    that fails, it prints the reason, and the local page stays up. Pages of `embed_origins`, such as
    "https://shop.example", may show the page in a frame.
    """
    for name, value in NO_STATISTICS.items():
        os.environ.setdefault(name, value)
    keep_picture_memory()
    limits = limits or Limits()
    shop = LiveRecommender.ensure(served)
    for observe in (time_stages, count_unmet):
        observe(shop.current)
        shop.before_swap(observe)
    page = build_page(shop)
    page.queue(default_concurrency_limit=MAX_CONCURRENT_CALLS, max_size=limits.max_pending_calls)
    load = Load(
        pending=lambda: len(page._queue.event_ids_to_events),
        seconds_per_call=ANSWER_INTERVAL.seconds,
        stored_bytes=lambda: gradio_gc.stored_upload_bytes(page),
    )
    app_settings = _app_settings(shop, page, load, limits, embed_origins)
    with _peer_addresses_kept():
        page.launch(
            share=share,
            server_port=server_port,
            prevent_thread_lock=True,
            theme=theme(),
            css_paths=STYLE_SHEETS,
            app_kwargs=app_settings,
            **GRADIO_SETTINGS,
        )
    page.server.config.http_protocol_class = TimeoutProtocol
    _use_own_log("uvicorn")
    if page.share_url:
        print(SHARED.format(url=page.share_url), flush=True)  # noqa: T201  likewise
    print(f"The shop is open at {page.local_url}", flush=True)  # noqa: T201  the address is what this command puts out
    if not prevent_thread_lock:
        page.block_thread()
    return page


def _app_settings(
    shop: LiveRecommender, page: GuardedBlocks, load: Load, limits: Limits, embed_origins: Sequence[str]
) -> dict[str, Any]:
    """Routes, middleware and error handlers of the app that Gradio makes."""
    return {
        "routes": [
            thumbnails.route(shop),
            photos.route(),
            head.route(shop),
            *json_routes.routes(shop, MAX_CONCURRENT_CALLS),
            *about.routes(shop, shop.current.storefront.title or TITLE, render_about),
            *health.routes(lambda: shop.current, lambda: len(page._queue), load.pending),
        ],
        "lifespan": _lifespan,
        "middleware": [
            Middleware(RequestLog),
            Middleware(RouteAllowlist, embed_origins=embed_origins),
            Middleware(
                AdmissionControl,
                proxies=TrustedProxies.from_env(os.environ),
                load=load,
                limits=limits,
                say=say_message_in,
            ),
            Middleware(GZipMiddleware, minimum_size=MIN_GZIP_BYTES, compresslevel=5),
            Middleware(head.PageHead, shop=shop, title=shop.current.storefront.title or TITLE, texts=page.translations),
        ],
        "exception_handlers": dict.fromkeys(UNREADABLE, unknown_call_response),
    }


@asynccontextmanager
async def _lifespan(app: Any) -> AsyncIterator[None]:
    async with without_files(app), gradio_gc.collecting_garbage(app):
        yield


@contextmanager
def _peer_addresses_kept() -> Iterator[None]:
    """Keep uvicorn, which starts inside, from replacing a peer's address: `client_address` determines the client.

    If FORWARDED_ALLOW_IPS trusted any proxy, uvicorn would take the first address of X-Forwarded-For, which a client
    can write.
    """
    given = os.environ.get("FORWARDED_ALLOW_IPS")
    os.environ["FORWARDED_ALLOW_IPS"] = ""
    try:
        yield
    finally:
        del os.environ["FORWARDED_ALLOW_IPS"]
        if given is not None:
            os.environ["FORWARDED_ALLOW_IPS"] = given


def _use_own_log(name: str) -> None:
    """Send the messages of a library's logger to the log of this process, in its format."""
    logger = logging.getLogger(name)
    logger.handlers.clear()
    logger.propagate = True
