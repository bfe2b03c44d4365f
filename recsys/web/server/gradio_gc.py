"""What Gradio would keep for good, forgotten while the app runs.

It keeps the answers to calls until somebody reads them, the names of the calls of a session and the progress of an
upload for ever, a session for each call that names none, and a file that was uploaded and never used together with its
folder. A month of visitors, or an hour of one who means harm, would fill the memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from asyncio import Queue as Messages
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gradio.routes import file_upload_statuses

EVERY = 1.0
MOST_UNREAD = 200
"""Answers that wait to be read. A client reads within a second, and is there before its answer is."""
UNREAD_LIFE = 60.0
UPLOAD_LIFE = 600.0
"""Seconds from upload to removal for a file that nobody used, and for its progress."""
ONE_CALL = re.compile("[0-9a-f]{32}")
"""How Gradio names the session of a call that names none."""

LEAST = 100_000
"""Bytes that a file counts as at least, so that the number of them is bounded too."""

logger = logging.getLogger(__name__)


def stored(page: Any) -> int:
    """Bytes of the uploads that are on the disk."""
    total = 0
    for name in list(page.upload_file_set):
        with contextlib.suppress(OSError):
            total += max(Path(name).stat().st_size, LEAST)
    return total


@asynccontextmanager
async def swept(app: Any) -> AsyncIterator[None]:
    """While the app runs, forget what is left over, every second."""
    leftovers = GradioGarbageCollector(app)

    async def keep_sweeping() -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                leftovers.sweep(time.monotonic())
            except Exception:
                logger.exception("What is left over could not be swept")

    sweeping = asyncio.create_task(keep_sweeping())
    try:
        yield
    finally:
        sweeping.cancel()


class GradioGarbageCollector:
    """What is left over in one app, and since when."""

    def __init__(self, app: Any):
        self._app = app
        self._unread: dict[str, float] = {}
        self._progress: dict[str, float] = {}

    def sweep(self, now: float) -> None:
        """Forget what is over, between two steps of the event loop; `now` is in seconds, by time.monotonic()."""
        self._forget_sessions(now)
        self._forget_progress(now)
        self._forget_uploads()

    def _forget_sessions(self, now: float) -> None:
        queue = self._app.get_blocks()._queue
        unread: dict[str, set[str]] = {}
        for session, calls in list(queue.pending_event_ids_session.items()):
            answered = {call for call in calls if call not in queue.event_ids_to_events}
            if answered:
                unread[session] = answered
            elif not calls:
                self._forget(queue, session)
        self._unread = {session: self._unread.get(session, now) for session in unread}
        most = sorted(unread, key=lambda session: (len(unread[session]), -self._unread[session]))
        total = sum(map(len, unread.values()))
        for session in reversed(most):
            if total > MOST_UNREAD or now - self._unread[session] > UNREAD_LIFE:
                queue.pending_event_ids_session[session] -= unread[session]
                queue.pending_messages_per_session[session] = Messages()
                total -= len(unread[session])

    def _forget(self, queue: Any, session: str) -> None:
        """A session without a call; only what a page has stays for its next one."""
        del queue.pending_event_ids_session[session]
        if ONE_CALL.fullmatch(session):
            queue.pending_messages_per_session.pop(session, None)
            states = self._app.state_holder
            with states.lock:
                states.session_data.pop(session, None)
                states.time_last_used.pop(session, None)

    def _forget_progress(self, now: float) -> None:
        known = file_upload_statuses._statuses.keys() | file_upload_statuses._signals.keys()
        self._progress = {upload: self._progress.get(upload, now) for upload in known}
        for upload, since in list(self._progress.items()):
            if now - since > UPLOAD_LIFE:
                file_upload_statuses._statuses.pop(upload, None)
                file_upload_statuses._signals.pop(upload, None)

    def _forget_uploads(self) -> None:
        names = self._app.get_blocks().upload_file_set
        for name in list(names):
            with contextlib.suppress(OSError):
                if time.time() - Path(name).stat().st_ctime < UPLOAD_LIFE:
                    continue
                Path(name).unlink()
            with contextlib.suppress(OSError):
                Path(name).parent.rmdir()
            names.discard(name)
