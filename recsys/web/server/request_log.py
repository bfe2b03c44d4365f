"""Each request with an id, a line in the log and a count. The line names the route, never the path or the query."""

from __future__ import annotations

import logging
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.runtime.json_log import request_context, valid_request_id
from recsys.web.server.metrics import RESPONSES

ARRIVED, REQUEST_ID = "recsys.arrived", "recsys.request_id"
"""Where the scope of a request has the time that it came, by time.monotonic(), and its id."""
HEADER = "X-Request-ID"
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
QUIET = ("/assets/", "/static/", "/thumbs/", "/healthz", "/readyz", "/metrics", "/gradio_api/heartbeat/")
"""What a page or a watcher asks for by the hundred; in the log where it fails, or at the level DEBUG."""

logger = logging.getLogger(__name__)


class RequestLog:
    """The middleware."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started, status = time.monotonic(), 500
        request_id = valid_request_id(Headers(scope=scope).get(HEADER))
        scope[ARRIVED], scope[REQUEST_ID] = started, request_id

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with request_context(request_id):
            try:
                await self._app(scope, receive, send_named)
            finally:
                RESPONSES.add(str(status))
                quiet = status < 400 and path_of(scope).startswith(QUIET)
                facts = {"method": _method(scope), "route": _template(scope), "status": status}
                taken = round(1000 * (time.monotonic() - started), 1)
                logger.log(logging.DEBUG if quiet else logging.INFO, "responded", extra=facts | {"ms": taken})


def path_of(scope: Scope) -> str:
    """What is asked for, below the app's own path (GRADIO_ROOT_PATH), which a proxy may hand on or leave out."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


def _method(scope: Scope) -> str:
    """The method; HTTP lets a client make one up."""
    method: str = scope["method"]
    return method if method in METHODS else "other"


def _template(scope: Scope) -> str | None:
    """The route as it was written, such as /thumbs/{item_id}; None for what no route answers."""
    return getattr(scope.get("route"), "path", None)
