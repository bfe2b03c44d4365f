"""The log: one JSON object per line. Lines about a request have the id that is also in its response."""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

QUIET_LOGGERS = ("httpx", "httpx2", "timm")
"""These log every request or model at level INFO, with addresses. Only their warnings are logged."""
REQUEST_ID = re.compile(r"[0-9A-Za-z_-]{8,64}")
"""Without dot and colon, so that an id cannot be an IP address."""
TOKEN = re.compile(r"\bhf_\w+")
STANDARD_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object: time (UTC), level, logger, message, `extra` fields, and any traceback."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": _request_id.get(),
            **{name: value for name, value in record.__dict__.items() if name not in STANDARD_FIELDS},
        }
        if record.exc_info:
            facts["traceback"] = self.formatException(record.exc_info)
        kept = {name: value for name, value in facts.items() if value is not None}
        return TOKEN.sub("hf_…", json.dumps(kept, ensure_ascii=False, default=str))


def log_to_stderr(level: int = logging.INFO) -> None:
    """Make all loggers of this process write JSON lines to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def valid_request_id(given: str | None) -> str:
    """The id that the client gave if it is valid, else a new one."""
    return given if given and REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


@contextmanager
def request_context(request_id: str | None) -> Iterator[None]:
    """Add this request id to everything that is logged in the context."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)
