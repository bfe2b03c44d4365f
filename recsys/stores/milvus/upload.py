"""Loads the vectors of an index into Milvus, where they replace those of the previous version."""

from __future__ import annotations

from tqdm import tqdm

from recsys.core.items import Items
from recsys.errors import StoreError
from recsys.stores.milvus.client import WRITE_TIMEOUT_S, Milvus
from recsys.stores.milvus.collection import IndexCollection
from recsys.stores.milvus.schema import entities, exact_index, schema_of
from recsys.types import Searcher

BATCH_BYTES = 4 * 2**20


def load(milvus: Milvus, collection: IndexCollection, items: Items, searcher: Searcher) -> None:
    """Write the vectors that `searcher` holds to the collection of the index, unless it is complete. Raises StoreError.

    When the collection is complete, the alias of the index moves to it in one step, and older collections are deleted.
    The previous one is kept, because apps serve it until they have the newer index.
    """
    name = collection.name
    if not milvus.ask("has_collection", name) or count(milvus, name) != len(items):
        delete(milvus, name)
        _write(milvus, name, items, searcher)
    before = _aliased(milvus, collection)
    if before is None:
        milvus.ask("create_alias", name, collection.alias)
    elif before != name:
        milvus.ask("alter_alias", name, collection.alias)
        for older in milvus.ask("list_collections"):
            if collection.is_other_version(older) and older != before:
                delete(milvus, older)


def delete(milvus: Milvus, collection: str) -> None:
    """Delete a collection and its aliases. Does nothing if it does not exist. Raises StoreError."""
    if milvus.ask("has_collection", collection):
        for alias in milvus.ask("list_aliases", collection)["aliases"]:
            milvus.ask("drop_alias", alias)
        milvus.ask("drop_collection", collection, seconds=WRITE_TIMEOUT_S)


def count(milvus: Milvus, collection: str) -> int:
    """The number of rows of a collection, the latest writes included. Loads it into memory. Raises StoreError."""
    milvus.ask("load_collection", collection, seconds=WRITE_TIMEOUT_S)
    (found,) = milvus.ask("query", collection, output_fields=["count(*)"], consistency_level="Strong")
    return int(found["count(*)"])


def _write(milvus: Milvus, collection: str, items: Items, searcher: Searcher) -> None:
    dim = searcher.vectors([0]).shape[1]
    schema, index = schema_of(items, dim), exact_index()
    milvus.ask("create_collection", collection, schema=schema, index_params=index, seconds=WRITE_TIMEOUT_S)
    step = max(1, BATCH_BYTES // (4 * dim))
    with tqdm(total=len(items), unit=" products", desc="Loading into Milvus", disable=None) as bar:
        for start in range(0, len(items), step):
            rows = range(start, min(start + step, len(items)))
            milvus.ask("insert", collection, entities(items, rows, searcher.vectors(rows)), seconds=WRITE_TIMEOUT_S)
            bar.update(len(rows))
    milvus.ask("flush", collection, seconds=WRITE_TIMEOUT_S)
    if count(milvus, collection) != len(items):
        raise StoreError(
            f"Milvus holds {count(milvus, collection):,} of {len(items):,} products. Run the same command again."
        )


def _aliased(milvus: Milvus, collection: IndexCollection) -> str | None:
    """The name of the collection that the alias points to, if there is one."""
    for name in milvus.ask("list_collections"):
        mine = name == collection.name or collection.is_other_version(name)
        if mine and collection.alias in milvus.ask("list_aliases", name)["aliases"]:
            return str(name)
    return None
