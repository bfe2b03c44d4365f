"""Puts the vectors of an index into Milvus, in place of those of the version before."""

from __future__ import annotations

from tqdm import tqdm

from recsys.core.items import Items
from recsys.errors import StoreError
from recsys.stores.milvus.client import WORK_SECONDS, Milvus
from recsys.stores.milvus.collection import IndexCollection
from recsys.stores.milvus.schema import entities, exact_index, schema_of
from recsys.types import Searcher

BYTES_AT_ONCE = 4 * 2**20


def load(milvus: Milvus, collection: IndexCollection, items: Items, searcher: Searcher) -> None:
    """Have Milvus hold the vectors of this index, which are read from its `searcher`, and name them the shop's own.

    They go into a collection of their own; when that is whole, the alias of the shop moves to it in one step, and older
    collections are deleted, but for the one before: apps that serve it go on until they have the newer index. What is
    there whole is not written again. Raises StoreError.
    """
    name = collection.name
    if not milvus.ask("has_collection", name) or count(milvus, name) != len(items):
        delete(milvus, name)
        _write(milvus, name, items, searcher)
    before = _named(milvus, collection)
    if before is None:
        milvus.ask("create_alias", name, collection.alias)
    elif before != name:
        milvus.ask("alter_alias", name, collection.alias)
        for older in milvus.ask("list_collections"):
            if collection.is_other_version(older) and older != before:
                delete(milvus, older)


def delete(milvus: Milvus, collection: str) -> None:
    """Delete a collection, with the aliases that name it; nothing where there is none. Raises StoreError."""
    if milvus.ask("has_collection", collection):
        for alias in milvus.ask("list_aliases", collection)["aliases"]:
            milvus.ask("drop_alias", alias)
        milvus.ask("drop_collection", collection, seconds=WORK_SECONDS)


def count(milvus: Milvus, collection: str) -> int:
    """How many rows a collection has, whatever was written last included; it is loaded for that. Raises StoreError."""
    milvus.ask("load_collection", collection, seconds=WORK_SECONDS)
    (found,) = milvus.ask("query", collection, output_fields=["count(*)"], consistency_level="Strong")
    return int(found["count(*)"])


def _write(milvus: Milvus, collection: str, items: Items, searcher: Searcher) -> None:
    dim = searcher.vectors([0]).shape[1]
    schema, index = schema_of(items, dim), exact_index()
    milvus.ask("create_collection", collection, schema=schema, index_params=index, seconds=WORK_SECONDS)
    step = max(1, BYTES_AT_ONCE // (4 * dim))
    with tqdm(total=len(items), unit=" products", desc="Loading into Milvus", disable=None) as bar:
        for start in range(0, len(items), step):
            rows = range(start, min(start + step, len(items)))
            milvus.ask("insert", collection, entities(items, rows, searcher.vectors(rows)), seconds=WORK_SECONDS)
            bar.update(len(rows))
    milvus.ask("flush", collection, seconds=WORK_SECONDS)
    if count(milvus, collection) != len(items):
        raise StoreError(
            f"Milvus holds {count(milvus, collection):,} of {len(items):,} products. Run the same command again."
        )


def _named(milvus: Milvus, collection: IndexCollection) -> str | None:
    """The collection that the alias of the shop names, if there is one."""
    for name in milvus.ask("list_collections"):
        mine = name == collection.name or collection.is_other_version(name)
        if mine and collection.alias in milvus.ask("list_aliases", name)["aliases"]:
            return str(name)
    return None
