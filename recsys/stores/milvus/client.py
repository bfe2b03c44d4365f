"""The connection to a Milvus, and the conversion of its errors."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

from recsys.errors import StoreDownError, StoreError, StoreMissingError, StoreTokenError
from recsys.runtime.turns import out_of_turn

INSTALL = "pip install -r requirements-scale.txt"
SEARCH_TIMEOUT_S = 4.0
WRITE_TIMEOUT_S = 600.0
"""The timeout for writing, indexing and loading."""
GRPC_OPTIONS = {"grpc.use_local_subchannel_pool": 1, "grpc.max_reconnect_backoff_ms": 1000}
"""The next call opens a lost connection again; by default gRPC waits for up to two minutes."""
NO_COLLECTION = 100
"""Milvus' error code for a collection that does not exist."""
NOT_LOADED = 101
"""Milvus' error code for a collection that is not in memory."""
NOT_ALLOWED = {"UNAUTHENTICATED", "PERMISSION_DENIED"}
DOWN = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"}

logger = logging.getLogger(__name__)


def pymilvus() -> Any:
    """The library, imported without its log output and without loading a `.env` file into the environment."""
    os.environ.setdefault("PYTHON_DOTENV_DISABLED", "true")
    try:
        import pymilvus as library
    except ImportError as error:
        raise StoreError(f"--store milvus and STORE_URI require pymilvus. Install it with: {INSTALL}") from error
    for name in ("pymilvus", "milvus_lite"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return library


class NotLoadedError(StoreError):
    """The collection exists, but is not in the memory of Milvus, for example after a restart."""


class Milvus:
    """A Milvus at `uri`: a server, or a file NAME.db, which runs Milvus Lite in this process.

    It connects at the first call, and again after the connection was lost. `token` is `user:password` or an API key.
    Neither messages nor the log contain the token or a password in `uri`.
    """

    def __init__(self, uri: str, token: str | None = None):
        self._uri, self._token = uri, token
        self._client: Any = None
        self._lock = threading.Lock()

    @property
    def is_lite(self) -> bool:
        """Whether this is Milvus Lite, in this process."""
        return "://" not in self._uri

    def ask(self, call: str, *arguments: Any, seconds: float = SEARCH_TIMEOUT_S, **options: Any) -> Any:
        """Call the method `call` of the client, and return its result.

        Raises StoreDownError if Milvus does not answer in time, StoreTokenError if it refuses the token,
        StoreMissingError for a missing collection, NotLoadedError for one that is not in memory, else StoreError.
        """
        client = self._connected()
        try:
            with out_of_turn():
                return getattr(client, call)(*arguments, timeout=seconds, **options)
        except Exception as error:
            raise self._convert(error, call) from None

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                library = pymilvus()
                try:
                    self._client = library.MilvusClient(
                        self._uri, token=self._token or "", timeout=SEARCH_TIMEOUT_S, grpc_options=GRPC_OPTIONS
                    )
                except (library.exceptions.ConnectionConfigException, ValueError) as error:
                    raise self._unusable(error) from None
                except Exception as error:
                    raise self._convert(error, "connect") from None
            return self._client

    def _unusable(self, error: Exception) -> StoreError:
        logger.warning("Milvus could not be opened: %s", self._without_secrets(str(error)))
        return StoreError(
            "The address of the store, STORE_URI or --uri, cannot be opened. Give the address of a Milvus server, such"
            " as https://milvus.example:19530, or for Milvus Lite a file NAME.db in an existing folder. Only one"
            f" process can open that file at a time. Milvus Lite is installed by: {INSTALL}"
        )

    def _convert(self, error: Exception, call: str) -> StoreError:
        """The error to raise. The message of Milvus goes to the log only, because it can contain an address."""
        logger.warning("Milvus failed to %s: %s", call, self._without_secrets(str(error)))
        statuses = {status for cause in _causes(error) for status in _statuses(cause)}
        if statuses & NOT_ALLOWED or "auth check failure" in str(error).lower():
            return StoreTokenError(
                "The store of vectors refuses the token. Set STORE_TOKEN to user:password or an API key that may read"
                " the collections of this index, and for a build write them."
            )
        if statuses & DOWN or "CONNECT_FAILED" in statuses or "Retry timeout" in str(error):
            return StoreDownError(
                "The store of vectors does not answer. Please try again in a minute. For the operator: check that the"
                " Milvus of STORE_URI or --uri runs and can be reached from here."
            )
        if NO_COLLECTION in statuses:
            return StoreMissingError(
                "The store of vectors no longer has this index. For the operator: load it with"
                " build_index.py --store milvus, or serve the newest."
            )
        kind = NotLoadedError if NOT_LOADED in statuses else StoreError
        return kind(f"The store of vectors failed to {call}. For the operator: the log has the message of Milvus.")

    def _without_secrets(self, text: str) -> str:
        token, credentials = self._token or "", self._uri.partition("://")[2].rpartition("@")[0]
        for secret in (token, credentials, token.rpartition(":")[2], credentials.rpartition(":")[2]):
            text = text.replace(secret, "…") if secret else text
        return text


def _causes(error: BaseException) -> list[BaseException]:
    """The error, its causes and its contexts. The client raises errors "from" themselves, which hides their cause."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is not None and cause not in found:
            found.append(cause)
            waiting += [cause.__cause__, cause.__context__]
    return found


def _statuses(error: BaseException) -> Iterator[str | int]:
    """The name of the gRPC status or the error code of Milvus; its code 2 is a failed connection."""
    code = getattr(error, "code", None)
    code = code() if callable(code) else code
    if isinstance(code, int):
        yield "CONNECT_FAILED" if code == 2 else code
    elif code is not None:
        yield str(getattr(code, "name", code))
