"""Every error of ours, in one tree. Each message carries the facts and the next step.

RecsysError
├── CatalogError            (ValueError)    a catalogue that cannot be read as asked
├── PictureError            (ValueError)    a picture that cannot be used
│   └── LinkError                           a link that leads to no picture we may fetch
├── QueryError              (ValueError)    a question without an answer: k, filter, item id
├── EncoderError            (RuntimeError)  an encoder that cannot be loaded or run
├── EngineError             (RuntimeError)  an engine for several machines that cannot be had, or gave up
├── IndexFolderError        (ValueError)    an index folder that must not be served
│   ├── IndexDamagedError                   a file is missing, cut, swapped or altered
│   ├── IndexFormatError                    a format that this program does not read
│   └── IndexMismatchError                  built with another encoder than the one that runs
├── StoreError              (OSError)       a store of vectors beside the index did not do what was asked
│   ├── StoreDownError                      no connection, or no answer in time
│   ├── StoreTokenError                     the token is missing, unknown or not allowed to
│   └── StoreMissingError                   it does not have this version of the index, or not whole
└── HubError                (OSError)       the Hub did not give or take what was asked
    ├── HubDownError                        no connection, or an error of the server
    ├── HubTimeoutError                     connected, but no answer in time
    ├── HubTokenError                       the token is missing, unknown or not allowed to
    ├── HubNotFoundError                    no such repository, revision or file for this token
    └── HubCorruptError                     the bytes are not those that the Hub announced
"""

from typing import ClassVar


class RecsysError(Exception):
    """Base of every error that this project raises on purpose. A `code` stays as it is from version to version."""

    code: ClassVar[str] = "error"


class CatalogError(RecsysError, ValueError):
    """A catalogue that cannot be read as asked."""

    code = "bad_catalog"


class PictureError(RecsysError, ValueError):
    """A picture that cannot be used."""

    code = "bad_picture"


class LinkError(PictureError):
    """A link that leads to no picture we may fetch."""

    code = "bad_link"


class QueryError(RecsysError, ValueError):
    """A question without an answer: k, filter or item id."""

    code = "bad_query"


class EncoderError(RecsysError, RuntimeError):
    """An encoder that cannot be loaded or run."""

    code = "bad_encoder"


class EngineError(RecsysError, RuntimeError):
    """An engine for several machines that cannot be had, or gave up."""

    code = "bad_engine"


class IndexFolderError(RecsysError, ValueError):
    """An index folder that must not be served."""

    code = "bad_index"


class IndexDamagedError(IndexFolderError):
    """A file of the index is missing, cut, swapped or altered."""

    code = "index_damaged"


class IndexFormatError(IndexFolderError):
    """An index of a format that this program does not read."""

    code = "index_format"


class IndexMismatchError(IndexFolderError):
    """An index built with another encoder than the one that runs."""

    code = "index_mismatch"


class StoreError(RecsysError, OSError):
    """A store of vectors beside the index did not do what was asked."""

    code = "store_error"


class StoreDownError(StoreError):
    """No connection to the store, or no answer in time."""

    code = "store_down"


class StoreTokenError(StoreError):
    """The token for the store is missing, unknown or not allowed to."""

    code = "store_token"


class StoreMissingError(StoreError):
    """The store does not have this version of the index, or not whole."""

    code = "store_missing"


class HubError(RecsysError, OSError):
    """The Hub did not give or take what was asked."""

    code = "hub_error"


class HubDownError(HubError):
    """No connection to the Hub, or an error of its server."""

    code = "hub_down"


class HubTimeoutError(HubError):
    """Connected to the Hub, but no answer in time."""

    code = "hub_timeout"


class HubTokenError(HubError):
    """The token is missing, unknown or not allowed to."""

    code = "hub_token"


class HubNotFoundError(HubError):
    """No such repository, revision or file for this token."""

    code = "hub_not_found"


class HubCorruptError(HubError):
    """The bytes that came are not those that the Hub announced."""

    code = "hub_corrupt"
