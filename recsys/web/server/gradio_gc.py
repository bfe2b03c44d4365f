"""Deletes what Gradio would keep until the process ends.

Gradio keeps answers that no client reads, the ids of a session's calls, the progress of each upload, a session for
each call that names none, and uploaded files that no request uses. Without cleaning, a month of visitors, or an hour of
an attack, would fill the memory and the disk.
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

INTERVAL_S = 1.0
MAX_UNREAD_ANSWERS = 200
"""A client usually waits for its answer and reads it within a second."""
UNREAD_ANSWER_LIFE_S = 60.0
UNUSED_UPLOAD_LIFE_S = 600.0
"""Time until an uploaded file that no request used is deleted, and the progress of an upload."""
SINGLE_CALL_SESSION = re.compile("[0-9a-f]{32}")
"""The name that Gradio gives to the session of a call that names none."""
MIN_COUNTED_BYTES = 100_000
"""Smaller files count as this size, so that a limit on their total size also limits their number."""

logger = logging.getLogger(__name__)


def stored_upload_bytes(page: Any) -> int:
    """The size of the uploads on disk, in bytes, with at least MIN_COUNTED_BYTES for each."""
    total = 0
    for name in list(page.upload_file_set):
        with contextlib.suppress(OSError):
            total += max(Path(name).stat().st_size, MIN_COUNTED_BYTES)
    return total


@asynccontextmanager
async def collecting_garbage(app: Any) -> AsyncIterator[None]:
    """Run the garbage collector every second while the context lasts."""
    collector = GradioGarbageCollector(app)

    async def run() -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                collector.collect(time.monotonic())
            except Exception:
                logger.exception("Gradio's garbage could not be collected")

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()


class GradioGarbageCollector:
    """Deletes old answers, sessions, upload progress and uploads of one app."""

    def __init__(self, app: Any):
        self._app = app
        self._unread_since: dict[str, float] = {}
        self._progress_since: dict[str, float] = {}

    def collect(self, now: float) -> None:
        """Delete what is old at `now`, in seconds of time.monotonic(). Runs between two steps of the event loop."""
        self._delete_answers(now)
        self._delete_progress(now)
        self._delete_uploads()

    def _delete_answers(self, now: float) -> None:
        """Delete unread answers that are too old or too many, beginning with the sessions that have the most."""
        queue = self._app.get_blocks()._queue
        unread: dict[str, set[str]] = {}
        for session, calls in list(queue.pending_event_ids_session.items()):
            answered = {call for call in calls if call not in queue.event_ids_to_events}
            if answered:
                unread[session] = answered
            elif not calls:
                self._delete_session(queue, session)
        self._unread_since = {session: self._unread_since.get(session, now) for session in unread}
        by_size = sorted(unread, key=lambda session: (-len(unread[session]), self._unread_since[session]))
        total = sum(map(len, unread.values()))
        for session in by_size:
            if total > MAX_UNREAD_ANSWERS or now - self._unread_since[session] > UNREAD_ANSWER_LIFE_S:
                queue.pending_event_ids_session[session] -= unread[session]
                queue.pending_messages_per_session[session] = Messages()
                total -= len(unread[session])

    def _delete_session(self, queue: Any, session: str) -> None:
        """Delete the call ids of a session without calls, and its state unless the session belongs to a page."""
        del queue.pending_event_ids_session[session]
        if SINGLE_CALL_SESSION.fullmatch(session):
            queue.pending_messages_per_session.pop(session, None)
            states = self._app.state_holder
            with states.lock:
                states.session_data.pop(session, None)
                states.time_last_used.pop(session, None)

    def _delete_progress(self, now: float) -> None:
        known = file_upload_statuses._statuses.keys() | file_upload_statuses._signals.keys()
        self._progress_since = {upload: self._progress_since.get(upload, now) for upload in known}
        for upload, since in list(self._progress_since.items()):
            if now - since > UNUSED_UPLOAD_LIFE_S:
                file_upload_statuses._statuses.pop(upload, None)
                file_upload_statuses._signals.pop(upload, None)

    def _delete_uploads(self) -> None:
        names = self._app.get_blocks().upload_file_set
        for name in list(names):
            with contextlib.suppress(OSError):
                if time.time() - Path(name).stat().st_ctime < UNUSED_UPLOAD_LIFE_S:
                    continue
                Path(name).unlink()
            with contextlib.suppress(OSError):
                Path(name).parent.rmdir()
            names.discard(name)
