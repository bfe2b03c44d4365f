"""Closes connections that hold a socket or memory without progress.

uvicorn waits without a limit for a request to arrive and for a client to read its answer. No ASGI app sees such
connections, so the time limits are set in the protocol class.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_TIMEOUT_S = 15.0
"""Time from a new connection, or from the first byte of a further request, to the last header."""
READ_TIMEOUT_S = 60.0
"""Time for a client to read a full write buffer (64 kB) down to 16 kB."""
MAX_CONNECTIONS = 800
"""Connections of all clients. Each needs a socket, and a process may often open no more than 1,024 files."""


class TimeoutProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol with a time limit for requests and for reading answers."""

    _request_timer: asyncio.TimerHandle | None = None
    _read_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        self._update_request_timer()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._update_request_timer()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._read_timer = self.loop.call_later(READ_TIMEOUT_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._read_timer:
            self._read_timer.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for timer in (self._request_timer, self._read_timer):
            if timer:
                timer.cancel()

    def _update_request_timer(self) -> None:
        """Run the timer while no request is being answered; more data does not restart it."""
        if self._is_idle():
            self._request_timer = self._request_timer or self.loop.call_later(REQUEST_TIMEOUT_S, self._abort_if_idle)
        elif self._request_timer:
            self._request_timer.cancel()
            self._request_timer = None

    def _abort_if_idle(self) -> None:
        self._request_timer = None
        if self._is_idle():
            self.transport.abort()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete
