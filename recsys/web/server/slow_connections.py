"""Connections that hold a socket or memory and do not get on are cut: no request in a while, or an answer not read.

No ASGI app sees these. uvicorn itself would wait for a request for ever, and for a reader too.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_WITHIN = 15.0
"""Seconds from a connection, or the first byte of another request on it, to the last header."""
READ_WITHIN = 60.0
"""Seconds in which a reader takes what is buffered for him, down to 16 kB, where that was more than 64 kB."""
MOST = 800
"""Connections of all. Each is a socket, and a process often may open 1,024 files."""


class TimeoutProtocol(H11Protocol):
    """uvicorn's protocol, with an end to its patience."""

    _asking: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST:
            transport.abort()
        self._wait_for_a_request()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait_for_a_request()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading = self.loop.call_later(READ_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reading:
            self._reading.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for timer in (self._asking, self._reading):
            if timer:
                timer.cancel()

    def _wait_for_a_request(self) -> None:
        """Have a deadline while no request is in work, from when that began."""
        if self._is_idle():
            self._asking = self._asking or self.loop.call_later(REQUEST_WITHIN, self._give_up)
        elif self._asking:
            self._asking.cancel()
            self._asking = None

    def _give_up(self) -> None:
        self._asking = None
        if self._is_idle():
            self.transport.abort()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete
