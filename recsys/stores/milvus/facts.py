"""What Milvus knows about a collection: its rows and its properties."""

from __future__ import annotations

from recsys.stores.milvus.client import WRITE_TIMEOUT_S, Milvus
from recsys.stores.milvus.plan import PLAN_PROPERTY

LOADED_PROPERTY = "recsys.loaded_batches"
"""The number of batches that are loaded. It is set when a collection is created, and the plan when it is complete."""


def count(milvus: Milvus, collection: str) -> int:
    """The number of rows of a collection, the latest writes included. Loads it into memory. Raises StoreError."""
    milvus.ask("load_collection", collection, seconds=WRITE_TIMEOUT_S)
    (found,) = milvus.ask("query", collection, output_fields=["count(*)"], consistency_level="Strong")
    return int(found["count(*)"])


def properties(milvus: Milvus, collection: str) -> dict[str, str]:
    """The properties of a collection. Raises StoreError."""
    return dict(milvus.ask("describe_collection", collection)["properties"])


def is_unfinished(known: dict[str, str]) -> bool:
    """Whether a collection with these properties is still being loaded, or its load was interrupted."""
    return LOADED_PROPERTY in known and PLAN_PROPERTY not in known
