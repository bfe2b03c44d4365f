"""Reads request bodies within limits of size and time: a stated length may be wrong, and bytes may arrive slowly."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable

from starlette.formparsers import MultiPartException
from starlette.types import Message, Receive, Scope

from recsys.web.server.limits import BAD_REQUEST, TOO_SLOW, Limits, RequestRejected, too_large


def content_length(scope: Scope) -> int | None:
    """The stated length of the body in bytes; None if it is invalid or not stated, as in a chunked body."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    return int(length) if length.isdigit() else None


async def body_chunks(scope: Scope, receive: Receive, max_bytes: int, limits: Limits) -> AsyncIterator[bytes]:
    """The body in non-empty chunks. Raises RequestRejected if it is too long, arrives too slowly or is incomplete."""
    if (content_length(scope) or 0) > max_bytes:
        raise too_large(max_bytes)
    started, received = time.monotonic(), 0
    while True:
        left = started + limits.body_timeout_s + received / limits.min_body_bytes_per_s - time.monotonic()
        try:
            async with asyncio.timeout(left):
                message = await receive()
        except TimeoutError as error:
            raise RequestRejected(408, TOO_SLOW, "The request arrived too slowly. Please try again.") from error
        if message["type"] == "http.disconnect":
            raise RequestRejected(400, BAD_REQUEST, "The request is incomplete.")
        chunk = message.get("body", b"")
        received += len(chunk)
        if received > max_bytes:
            raise too_large(max_bytes)
        if chunk:
            yield chunk
        if not message.get("more_body", False):
            return


async def buffered(scope: Scope, receive: Receive, limits: Limits) -> Receive:
    """Read the body and return a `receive` that gives it again. Raises RequestRejected, as `body_chunks` does.

    A body with a long `session_hash` is rejected too, because Gradio stores that name for thousands of calls.
    """
    body = b"".join([chunk async for chunk in body_chunks(scope, receive, limits.max_body_bytes, limits)])
    if len(body) > limits.max_session_chars and len(_session_name(body)) > limits.max_session_chars:
        raise RequestRejected(400, BAD_REQUEST, f"session_hash may have at most {limits.max_session_chars} characters.")
    return replayed(body, receive)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives this body, and then what the other one gives."""
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return unread.pop() if unread else await receive()

    return replay


class UploadBody:
    """The body of an upload, passed on as it arrives. After a rejection, the app's parser gets a malformed form.

    Gradio's parser deletes the files of a malformed form, but not those of a form whose client disconnects.
    """

    def __init__(self, scope: Scope, receive: Receive, limits: Limits, admit: Callable[[int], None]):
        """`admit` is called with the size of each chunk in bytes, and may raise RequestRejected."""
        self._receive, self._admit = receive, admit
        self._chunks = body_chunks(scope, receive, limits.max_upload_bytes, limits)
        self._complete = False
        self.received_bytes = 0
        self.rejection: RequestRejected | None = None

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            chunk = await anext(self._chunks, b"")
            self.received_bytes += len(chunk)
            self._admit(len(chunk))
        except RequestRejected as rejection:
            self.rejection = rejection
            raise MultiPartException(rejection.message) from rejection
        self._complete = not chunk
        return {"type": "http.request", "body": chunk, "more_body": not self._complete}


def _session_name(body: bytes) -> str:
    """The session_hash of a call; "" if the body has none. Other errors in a body are left to Gradio."""
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    name = call.get("session_hash") if isinstance(call, dict) else None
    return name if isinstance(name, str) else ""
