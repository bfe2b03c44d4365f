"""The body of a request, read within a size and a time: its length may lie, and its bytes may trickle."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable

from starlette.formparsers import MultiPartException
from starlette.types import Message, Receive, Scope

from recsys.web.server.limits import BAD_REQUEST, TOO_SLOW, Limits, Refusal, too_large


def declared(scope: Scope) -> int | None:
    """How many bytes the body says it has; None where it says nothing, as one in chunks does, or one that is not."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    return int(length) if length.isdigit() else None


async def chunks(scope: Scope, receive: Receive, most: int, limits: Limits) -> AsyncIterator[bytes]:
    """The body as it comes, no chunk empty. Raises Refusal where it is too long, comes too slowly, or is cut off."""
    if (declared(scope) or 0) > most:
        raise too_large(most)
    started, received = time.monotonic(), 0
    while True:
        left = started + limits.patience + received / limits.slowest - time.monotonic()
        try:
            async with asyncio.timeout(left):
                message = await receive()
        except TimeoutError as error:
            raise Refusal(408, TOO_SLOW, "This came too slowly to be waited for. Please try again.") from error
        if message["type"] == "http.disconnect":
            raise Refusal(400, BAD_REQUEST, "This was cut off.")
        chunk = message.get("body", b"")
        received += len(chunk)
        if received > most:
            raise too_large(most)
        if chunk:
            yield chunk
        if not message.get("more_body", False):
            return


async def whole(scope: Scope, receive: Receive, limits: Limits) -> Receive:
    """The body, read to its end, to be received again. Raises Refusal as `chunks` does, or for a session's long name.

    Gradio keeps that name for thousands of calls, whatever its length.
    """
    body = b"".join([chunk async for chunk in chunks(scope, receive, limits.body, limits)])
    if len(body) > limits.session and len(_session(body)) > limits.session:
        raise Refusal(400, BAD_REQUEST, f"session_hash may have {limits.session} characters.")
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return unread.pop() if unread else await receive()

    return replay


class Upload:
    """The body of an upload, received as it comes. Once it is refused it reads as a broken form.

    Gradio's parser removes the files of a form that is broken, but not of one whose sender hangs up.
    """

    def __init__(self, scope: Scope, receive: Receive, limits: Limits, admit: Callable[[int], None]):
        """`admit` is told of the bytes of each chunk, and may raise Refusal."""
        self._receive, self._admit = receive, admit
        self._chunks = chunks(scope, receive, limits.upload, limits)
        self._complete = False
        self.received = 0
        self.refusal: Refusal | None = None

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            chunk = await anext(self._chunks, b"")
            self.received += len(chunk)
            self._admit(len(chunk))
        except Refusal as refusal:
            self.refusal = refusal
            raise MultiPartException(refusal.message) from refusal
        self._complete = not chunk
        return {"type": "http.request", "body": chunk, "more_body": not self._complete}


def _session(body: bytes) -> str:
    """The session that a call names. What is wrong with a body otherwise is for the app to say."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    name = asked.get("session_hash") if isinstance(asked, dict) else None
    return name if isinstance(name, str) else ""
