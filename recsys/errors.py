"""The exceptions of this package. Each message names the problem and the next step.

RecsysError
├── CatalogError            (ValueError)    a catalogue cannot be read as requested
├── PictureError            (ValueError)    a picture cannot be used
│   └── LinkError                           a link does not lead to a picture that may be fetched
├── QueryError              (ValueError)    invalid search options, filter or item id
├── EncoderError            (RuntimeError)  an encoder cannot be loaded or run
├── EngineError             (RuntimeError)  the engine for several machines is not available, or failed
├── SearchLibraryError      (RuntimeError)  the library that builds the search index does not run on this machine
├── IndexFolderError        (ValueError)    an index folder cannot be served
│   ├── IndexDamagedError                   a file of the index is missing, truncated or altered
│   ├── IndexFormatError                    the index has a format that this version does not read
│   └── IndexMismatchError                  the index was built with another encoder
├── StripError              (ValueError)    a strip of similar products cannot be written as requested
├── StoreError              (OSError)       an operation of an external vector store failed
│   ├── StoreDownError                      no connection to the store, or no answer in time
│   ├── StoreTokenError                     the token for the store is missing, unknown or not permitted
│   └── StoreMissingError                   the store does not hold this version of the index completely
└── HubError                (OSError)       an operation of the Hugging Face Hub failed
    ├── HubDownError                        no connection to the Hub, or a server error
    ├── HubTimeoutError                     no answer of the Hub in time
    ├── HubTokenError                       the token for the Hub is missing, unknown or not permitted
    ├── HubNotFoundError                    the repository, revision or file does not exist for this token
    └── HubCorruptError                     the downloaded bytes do not match the announced hash
"""

from typing import ClassVar


class RecsysError(Exception):
    """Base class of all exceptions that this package raises. `code` is stable across versions."""

    code: ClassVar[str] = "error"


class CatalogError(RecsysError, ValueError):
    """A catalogue cannot be read as requested."""

    code = "bad_catalog"


class PictureError(RecsysError, ValueError):
    """A picture cannot be used."""

    code = "bad_picture"


class LinkError(PictureError):
    """A link does not lead to a picture that may be fetched.

    `is_private`: it leads to an address that is not on the public internet, or to a port that is not allowed.
    `is_unavailable`: its server cannot be reached, or gave no complete answer in time.
    """

    code = "bad_link"

    def __init__(self, message: str, *, is_private: bool = False, is_unavailable: bool = False):
        super().__init__(message)
        self.is_private, self.is_unavailable = is_private, is_unavailable


class QueryError(RecsysError, ValueError):
    """Invalid search options, filter or item id."""

    code = "bad_query"


class EncoderError(RecsysError, RuntimeError):
    """An encoder cannot be loaded or run."""

    code = "bad_encoder"


class EngineError(RecsysError, RuntimeError):
    """The engine for several machines is not available, or failed."""

    code = "bad_engine"


class SearchLibraryError(RecsysError, RuntimeError):
    """The library that builds the search index does not run on this machine."""

    code = "bad_search_library"


class IndexFolderError(RecsysError, ValueError):
    """An index folder cannot be served."""

    code = "bad_index"


class IndexDamagedError(IndexFolderError):
    """A file of the index is missing, truncated or altered."""

    code = "index_damaged"


class IndexFormatError(IndexFolderError):
    """The index has a format that this version does not read."""

    code = "index_format"


class IndexMismatchError(IndexFolderError):
    """The index was built with another encoder."""

    code = "index_mismatch"


class StripError(RecsysError, ValueError):
    """A strip of similar products cannot be written as requested."""

    code = "bad_strip"


class StoreError(RecsysError, OSError):
    """An operation of an external vector store failed."""

    code = "store_error"


class StoreDownError(StoreError):
    """No connection to the store, or no answer in time."""

    code = "store_down"


class StoreTokenError(StoreError):
    """The token for the store is missing, unknown or not permitted."""

    code = "store_token"


class StoreMissingError(StoreError):
    """The store does not hold this version of the index completely."""

    code = "store_missing"


class HubError(RecsysError, OSError):
    """An operation of the Hugging Face Hub failed."""

    code = "hub_error"


class HubDownError(HubError):
    """No connection to the Hub, or a server error."""

    code = "hub_down"


class HubTimeoutError(HubError):
    """No answer of the Hub in time."""

    code = "hub_timeout"


class HubTokenError(HubError):
    """The token for the Hub is missing, unknown or not permitted."""

    code = "hub_token"


class HubNotFoundError(HubError):
    """The repository, revision or file does not exist for this token."""

    code = "hub_not_found"


class HubCorruptError(HubError):
    """The downloaded bytes do not match the announced hash."""

    code = "hub_corrupt"
