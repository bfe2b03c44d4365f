"""The log: one JSON object a line, each of a request with the id that its answer carries too."""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

CHATTY = ("httpx", "httpx2", "timm")
"""What these log of every request or model, addresses and all, is for their own developers."""
SANE_ID = re.compile(r"[0-9A-Za-z_-]{8,64}")
"""No dot and no colon: an id is not to be an address."""
TOKEN = re.compile(r"\bhf_\w+")
OWN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class JsonFormatter(logging.Formatter):
    """A record as one JSON object: time (UTC), level, logger, message, its `extra` fields, and a traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": _request_id.get(),
            **{name: value for name, value in record.__dict__.items() if name not in OWN_FIELDS},
        }
        if record.exc_info:
            facts["traceback"] = self.formatException(record.exc_info)
        kept = {name: value for name, value in facts.items() if value is not None}
        return TOKEN.sub("hf_…", json.dumps(kept, ensure_ascii=False, default=str))


def log_to_stderr(level: int = logging.INFO) -> None:
    """Have every logger of this process write JSON lines to standard error, but for those that say too much."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def valid_request_id(given: str | None) -> str:
    """The id that a request came with, if it is sane, or a new one."""
    return given if given and SANE_ID.fullmatch(given) else secrets.token_hex(8)


@contextmanager
def request_context(request_id: str | None) -> Iterator[None]:
    """What is logged inside belongs to this request."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)
