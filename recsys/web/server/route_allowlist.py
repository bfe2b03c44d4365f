"""Middleware that allows only the Gradio routes the shop needs, and adds headers for security and caching.

Gradio has routes that a shop does not need and that anyone could call: it fetches any public link (`file=http://…`),
passes an upload to ffmpeg (`process_recording`), writes a session to disk (`deep_link`) and runs methods of components
(`component_server`). A route that is not allowed here gets the response 404.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.web.server.limits import BAD_REQUEST
from recsys.web.server.request_log import path_of

GRADIO_API = "/gradio_api/"
ALLOWED = re.compile(
    r"info/?|openapi\.json|app_id/?|user/?|token/?|login_check/?|startup-events|theme\.css|heartbeat/[^/]+|reset/?|cancel"
    r"|(call|run|api)/.+|queue/(join|data|status)|upload|upload_progress|mcp(/.*)?|file=(?!\s*https?:).+",
    re.IGNORECASE | re.DOTALL,
)
"""The routes below GRADIO_API that the page, gradio_client, @gradio/client, curl and agents call."""
ASSETS = "/assets/"
LASTING = {b"cache-control": b"public, max-age=31536000, immutable"}
"""A script or style sheet of Gradio has the hash of its content in its name, so that a browser can keep it."""
HUB_ORIGINS = ("https://huggingface.co", "https://*.huggingface.co", "https://*.hf.space")
"""The Hub shows a Space in a frame."""

NOT_FOUND = PlainTextResponse("Not found.", status_code=404)
UNREADABLE = JSONResponse({"error": "The server cannot read this request.", "title": BAD_REQUEST}, status_code=400)

logger = logging.getLogger(__name__)


class RouteAllowlist:
    """The middleware. If a Gradio route raises an error, it answers with status 400 and logs one line.

    Pages of the Hub and of `embed_origins` may show the shop in a frame.
    """

    def __init__(self, app: ASGIApp, embed_origins: Sequence[str] = ()):
        self.app = app
        ancestors = " ".join(("'self'", *HUB_ORIGINS, *embed_origins))
        self.headers = {
            b"x-content-type-options": b"nosniff",
            b"referrer-policy": b"strict-origin-when-cross-origin",
            b"content-security-policy": f"frame-ancestors {ancestors}; base-uri 'self'; object-src 'none'".encode(),
        }
        """Headers added to a response that does not set them itself."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = path_of(scope)
        is_blocked = path.startswith(GRADIO_API) and not ALLOWED.fullmatch(path.removeprefix(GRADIO_API))
        response = _ResponseWithHeaders(send, self.headers | (LASTING if path.startswith(ASSETS) else {}))
        try:
            await (NOT_FOUND if is_blocked else self.app)(scope, receive, response.send)
        except Exception as error:  # Gradio's routes raise errors of many types on a malformed request
            if not path.startswith(GRADIO_API):
                raise
            logger.warning("A request could not be read: %s", type(error).__name__)
            if response.started:
                await send({"type": "http.response.body", "body": b""})
            else:
                await UNREADABLE(scope, receive, response.send)


class _ResponseWithHeaders:
    """Sends a response with those headers that it does not set."""

    def __init__(self, send: Send, headers: Mapping[bytes, bytes]):
        self._send, self._headers, self.started = send, headers, False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            present = {name.lower() for name, _ in message["headers"]}
            lasts = message["status"] == 200
            added = {name: value for name, value in self._headers.items() if lasts or name not in LASTING}
            missing = [(name, value) for name, value in added.items() if name not in present]
            message = {**message, "headers": [*message["headers"], *missing]}
        await self._send(message)
