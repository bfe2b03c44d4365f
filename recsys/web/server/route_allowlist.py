"""Which of Gradio's own doors are open, and the headers that every answer carries.

Gradio serves much that this shop has no use for, to anyone: it fetches any public link (`file=http://…`), gives any
upload to ffmpeg (`process_recording`), writes a visit to the disk (`deep_link`), runs functions of components. What is
not named here is answered as if it were not there.
"""

from __future__ import annotations

import logging
import re

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.web.server.limits import BAD_REQUEST
from recsys.web.server.request_log import path_of

ROUTES = "/gradio_api/"
OPEN = re.compile(
    r"info/?|openapi\.json|app_id/?|user/?|token/?|login_check/?|startup-events|theme\.css|heartbeat/[^/]+|reset/?|cancel"
    r"|(call|run|api)/.+|queue/(join|data|status)|upload|upload_progress|mcp(/.*)?|file=(?!\s*https?:).+",
    re.IGNORECASE | re.DOTALL,
)
"""What the page, gradio_client, @gradio/client, curl and agents call."""
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"strict-origin-when-cross-origin",
    b"content-security-policy": b"frame-ancestors 'self' https://huggingface.co https://*.huggingface.co https://*.hf.space;"
    b" base-uri 'self'; object-src 'none'",
}
"""Where an answer says nothing else. A Space is shown in a frame of huggingface.co; no other page may frame it."""

NOTHING = PlainTextResponse("There is nothing here.", status_code=404)
CANNOT_BE_READ = JSONResponse({"error": "This request cannot be read.", "title": BAD_REQUEST}, status_code=400)

logger = logging.getLogger(__name__)


class RouteAllowlist:
    """The app behind its doors, as ASGI middleware. A request that breaks a route is answered and logged in a line."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = path_of(scope)
        is_closed = asked.startswith(ROUTES) and not OPEN.fullmatch(asked.removeprefix(ROUTES))
        answer = _Answer(send)
        try:
            await (NOTHING if is_closed else self.app)(scope, receive, answer.send)
        except Exception as error:  # Gradio's routes raise nearly anything on what they cannot read
            if not asked.startswith(ROUTES):
                raise
            logger.warning("A request could not be read: %s", type(error).__name__)
            if answer.begun:
                await send({"type": "http.response.body", "body": b""})
            else:
                await CANNOT_BE_READ(scope, receive, answer.send)


class _Answer:
    """An answer on its way, with the headers that it lacks."""

    def __init__(self, send: Send):
        self._send, self.begun = send, False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            said = {name.lower() for name, _ in message["headers"]}
            missing = [(name, value) for name, value in HEADERS.items() if name not in said]
            message = {**message, "headers": [*message["headers"], *missing]}
        await self._send(message)
