"""The connection to a Milvus, and its errors in our words."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

from recsys.errors import StoreDownError, StoreError, StoreMissingError, StoreTokenError

INSTALL = "pip install -r requirements-scale.txt"
ANSWER_SECONDS = 5.0
"""How long an answer to a visitor may take."""
WORK_SECONDS = 600.0
"""How long writing, indexing and loading may take."""
CONNECTION = {"grpc.use_local_subchannel_pool": 1, "grpc.max_reconnect_backoff_ms": 1000}
"""A connection that was lost is tried anew with the next call; gRPC would wait for up to two minutes."""
NO_COLLECTION = 100
NOT_LOADED = 101
"""Milvus' own numbers for a collection that it does not have, and for one that it does not have in memory."""
NOT_ALLOWED = {"UNAUTHENTICATED", "PERMISSION_DENIED"}
DOWN = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"}

logger = logging.getLogger(__name__)


def pymilvus() -> Any:
    """The library, quiet: it has a handler of its own, and would read a `.env` file into the environment."""
    os.environ.setdefault("PYTHON_DOTENV_DISABLED", "true")
    try:
        import pymilvus as library
    except ImportError as error:
        raise StoreError(f"--store milvus and STORE_URI take pymilvus, which is not installed: {INSTALL}") from error
    for name in ("pymilvus", "milvus_lite"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return library


class NotLoadedError(StoreError):
    """Milvus has the collection and does not have it in memory, as after it was started anew."""


class Milvus:
    """A Milvus at `uri`: a server, or a file NAME.db, which is Milvus Lite within this process.

    It connects with the first call, and again after it was lost. `token` is `user:password` or an API key; neither it
    nor a password in `uri` comes into a message or the log.
    """

    def __init__(self, uri: str, token: str | None = None):
        self._uri, self._token = uri, token
        self._client: Any = None
        self._lock = threading.Lock()

    def ask(self, call: str, *arguments: Any, seconds: float = ANSWER_SECONDS, **options: Any) -> Any:
        """What the client's method `call` gives.

        Raises StoreDownError where Milvus does not answer in these seconds, StoreTokenError where it refuses,
        StoreMissingError for a collection that it does not have, NotLoadedError for one that is not in its memory, and
        StoreError for anything else that it says.
        """
        client = self._connected()
        try:
            return getattr(client, call)(*arguments, timeout=seconds, **options)
        except Exception as error:
            raise self._told(error, call) from None

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                library = pymilvus()
                try:
                    self._client = library.MilvusClient(
                        self._uri, token=self._token or "", timeout=ANSWER_SECONDS, grpc_options=CONNECTION
                    )
                except (library.exceptions.ConnectionConfigException, ValueError) as error:
                    raise self._unusable(error) from None
                except Exception as error:
                    raise self._told(error, "connect") from None
            return self._client

    def _unusable(self, error: Exception) -> StoreError:
        logger.warning("Milvus could not be opened: %s", self._without_secrets(str(error)))
        return StoreError(
            "The address of the store, STORE_URI or --uri, cannot be opened. It is that of a Milvus server, such as"
            " https://milvus.example:19530, or a file NAME.db in a folder that exists, for Milvus Lite, which one"
            f" process has open at a time and which {INSTALL} installs."
        )

    def _told(self, error: Exception, call: str) -> StoreError:
        """The error in our words; what Milvus said, an address maybe, is for the log alone."""
        logger.warning("Milvus failed to %s: %s", call, self._without_secrets(str(error)))
        statuses = {status for cause in _causes(error) for status in _statuses(cause)}
        if statuses & NOT_ALLOWED or "auth check failure" in str(error).lower():
            return StoreTokenError(
                "The store of vectors refuses the token. Set STORE_TOKEN to user:password, or to an API key, that may"
                " read the collections of this index, and write them to build it."
            )
        if statuses & DOWN or "CONNECT_FAILED" in statuses or "Retry timeout" in str(error):
            return StoreDownError(
                "The store of vectors does not answer. Please try again in a minute. For whoever runs this: see that"
                " the Milvus of STORE_URI, or --uri, runs and can be reached from here."
            )
        if NO_COLLECTION in statuses:
            return StoreMissingError(
                "The store of vectors does not have this index any more. For whoever runs this: load it with"
                " build_index.py --store milvus, or serve the newest."
            )
        kind = NotLoadedError if NOT_LOADED in statuses else StoreError
        return kind(
            f"The store of vectors failed to {call}. For whoever runs this: the log has what Milvus said of it."
        )

    def _without_secrets(self, text: str) -> str:
        whose = self._uri.partition("://")[2].rpartition("@")[0]
        for secret in (self._token, whose, (self._token or "").rpartition(":")[2], whose.rpartition(":")[2]):
            text = text.replace(secret, "…") if secret else text
        return text


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all that led to it; the client raises an error "from" itself, which hides what it came from."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is not None and cause not in found:
            found.append(cause)
            waiting += [cause.__cause__, cause.__context__]
    return found


def _statuses(error: BaseException) -> Iterator[str | int]:
    """What kind of error it is: the name of gRPC's status, or Milvus' number, whose 2 is a failed connection."""
    code = getattr(error, "code", None)
    code = code() if callable(code) else code
    if isinstance(code, int):
        yield "CONNECT_FAILED" if code == 2 else code
    elif code is not None:
        yield str(getattr(code, "name", code))
