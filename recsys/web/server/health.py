"""The routes for monitoring: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from recsys.recommend.recommender import Recommender
from recsys.web.server.metrics import CALLS_IN_WORK, CALLS_WAITING, INDEX_ITEMS, READY, REGISTRY, SEARCH_FALLBACK

RETRY_AFTER_S = 5


def routes(serving: Callable[[], Recommender], waiting: Callable[[], int], pending: Callable[[], int]) -> list[Route]:
    """The routes of one server.

    `serving` returns the current recommender, `waiting` the number of calls in the queue, and `pending` the number of
    calls in the queue or being answered. `/healthz` has status 200 as long as the process runs; `/readyz` has status
    503 until the encoder is loaded.
    """

    def healthz(request: Request) -> Response:
        return JSONResponse(_facts(serving()))

    def readyz(request: Request) -> Response:
        facts = _facts(serving())
        return JSONResponse(facts) if facts["ready"] else JSONResponse(facts, 503, {"Retry-After": str(RETRY_AFTER_S)})

    def metrics(request: Request) -> Response:
        recommender, queued = serving(), waiting()
        CALLS_WAITING.set(queued)
        CALLS_IN_WORK.set(pending() - queued)
        INDEX_ITEMS.set(len(recommender.items))
        SEARCH_FALLBACK.set(search_problem(recommender) is not None)
        READY.set(_is_ready(recommender))
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return [Route(f"/{handler.__name__}", handler, methods=["GET"]) for handler in (healthz, readyz, metrics)]


def _facts(recommender: Recommender) -> dict[str, Any]:
    origin = recommender.origin
    index = {"name": origin.name, "revision": origin.revision, "items": len(recommender.items), "notice": origin.notice}
    problem = search_problem(recommender)
    search = {"search": {"problem": problem}} if problem else {}
    return {"alive": True, "ready": _is_ready(recommender), "index": index, **search}


def search_problem(recommender: Recommender) -> str | None:
    """Why another search serves than the index was built for; None if that one serves."""
    problem = getattr(recommender.searcher, "problem", None)
    return None if problem is None else str(problem)


def _is_ready(recommender: Recommender) -> bool:
    """Whether the encoder is loaded: an encoder that loads in the background has the attribute `is_ready`."""
    return bool(getattr(recommender.encoder, "is_ready", True))
