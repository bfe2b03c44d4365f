"""Middleware that gives each request an id, logs it and counts its response.

The log names the route of a request, never its path or query, which can hold session names and file names.
"""

from __future__ import annotations

import logging
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.runtime.json_log import request_context, valid_request_id
from recsys.web.server.metrics import RESPONSES

ARRIVED = "recsys.arrived"
"""The key in the ASGI scope of the time at which the request arrived, from time.monotonic()."""
REQUEST_ID = "recsys.request_id"
"""The key in the ASGI scope of the request's id."""
CLIENT = "recsys.client"
"""The key in the ASGI scope of the client that the request counts for; see `client_address`."""
HEADER = "X-Request-ID"
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
QUIET = ("/assets/", "/static/", "/thumbs/", "/healthz", "/readyz", "/metrics", "/gradio_api/heartbeat/")
"""Paths that a page or a monitor requests by the hundred: logged at level INFO only if they fail, else at DEBUG."""

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

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with request_context(request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                RESPONSES.labels(str(status)).inc()
                quiet = status < 400 and path_of(scope).startswith(QUIET)
                facts = {"method": _method(scope), "route": _route(scope), "status": status}
                ms = round(1000 * (time.monotonic() - started), 1)
                logger.log(logging.DEBUG if quiet else logging.INFO, "responded", extra=facts | {"ms": ms})


def path_of(scope: Scope) -> str:
    """The path of a request below the app's root path (GRADIO_ROOT_PATH), which a proxy may pass on or remove."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


def _method(scope: Scope) -> str:
    """The method if it is a known one: HTTP lets a client send any word."""
    method: str = scope["method"]
    return method if method in METHODS else "other"


def _route(scope: Scope) -> str | None:
    """The pattern of the route, such as /thumbs/{item_id}; None if no route matched."""
    return getattr(scope.get("route"), "path", None)
