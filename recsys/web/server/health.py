"""Routes for who watches the server: is it alive, is it ready and with which index, and what was counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from recsys.recommend.recommender import Recommender
from recsys.web.server.metrics import exposition, resident_bytes

STARTED = time.time()
PROMETHEUS = "text/plain; version=0.0.4"


def routes(serving: Callable[[], Recommender], waiting: Callable[[], int], pending: Callable[[], int]) -> list[Route]:
    """GET /healthz, 200 while the process lives; GET /readyz, the same with 503 until it can answer; GET /metrics.

    `serving` gives what is served now, `waiting` the calls in the queue, `pending` those and the ones in work.
    """

    def healthz(request: Request) -> Response:
        return JSONResponse(_facts(serving()))

    def readyz(request: Request) -> Response:
        facts = _facts(serving())
        return JSONResponse(facts, 200 if facts["ready"] else 503, None if facts["ready"] else {"Retry-After": "5"})

    def metrics(request: Request) -> Response:
        shop, queued = serving(), waiting()
        gauges = {
            "recsys_calls_waiting": ("Calls that wait in the queue.", queued),
            "recsys_calls_in_work": ("Calls that are in work.", pending() - queued),
            "recsys_index_items": ("Products of the index that is served.", len(shop.items)),
            "recsys_ready": ("Whether pictures can be answered.", int(_is_ready(shop))),
            "process_start_time_seconds": ("When the process started, in Unix time.", STARTED),
            "process_resident_memory_bytes": ("Memory of the process.", resident_bytes()),
        }
        return PlainTextResponse(exposition(gauges), media_type=PROMETHEUS)

    return [Route(f"/{handler.__name__}", handler, methods=["GET"]) for handler in (healthz, readyz, metrics)]


def _facts(shop: Recommender) -> dict[str, Any]:
    origin = shop.origin
    index = {"name": origin.name, "revision": origin.revision, "items": len(shop.items), "notice": origin.notice}
    return {"alive": True, "ready": _is_ready(shop), "index": index}


def _is_ready(shop: Recommender) -> bool:
    """Whether it has its encoder: one that loads in the background says so."""
    return bool(getattr(shop.encoder, "is_ready", True))
