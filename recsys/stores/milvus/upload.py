"""Loads the vectors of an index into Milvus, where they replace those of the previous version."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm import tqdm

from recsys.core.items import Items
from recsys.errors import StoreError
from recsys.stores.milvus.client import WRITE_TIMEOUT_S, Milvus
from recsys.stores.milvus.collection import IndexCollection
from recsys.stores.milvus.facts import LOADED_PROPERTY, count, is_unfinished, properties
from recsys.stores.milvus.plan import PLAN_PROPERTY, IndexKind, Plan, default_kind, index_parameters
from recsys.stores.milvus.schema import VECTOR, entities, schema_of
from recsys.stores.milvus.searcher import MilvusSearcher
from recsys.stores.milvus.tuning import tune
from recsys.types import Searcher

BATCH_BYTES = 4 * 2**20
CONCURRENT_BATCHES = 4
BATCHES_PER_MARK = 16
"""After this many batches, their number is stored in the collection. A repeated load continues from there."""
ORDER_SEED = 20261128
INDEX_POLL_S = 0.5


def load(
    milvus: Milvus,
    collection: IndexCollection,
    items: Items,
    searcher: Searcher,
    kind: IndexKind | None = None,
    recall: float = 0.99,
) -> Plan:
    """Write the vectors that `searcher` holds to the collection of the index, unless it is complete. Raises StoreError.

    An interrupted load is continued. `kind` is the index of the vectors, by default HNSW, or FLAT for few of them.
    Afterwards the search is measured, and the plan that reaches recall@10 of `recall` is kept in the collection.

    When the collection is complete, the alias of the index moves to it in one step, and older collections are deleted.
    The previous one is kept, because apps serve it until they have the newer index.
    """
    name = collection.name
    if not _is_complete(milvus, name, len(items), kind):
        _write(milvus, name, items, searcher, kind or default_kind(len(items), is_lite=milvus.is_lite))
        kind = milvus.ask("describe_index", name, VECTOR)["index_type"]
        plan = tune(MilvusSearcher(milvus, collection, items, searcher, Plan(kind)), searcher, kind, recall)
        milvus.ask("alter_collection_properties", name, {PLAN_PROPERTY: plan.to_property()})
    _move_alias(milvus, collection)
    return Plan.from_properties(properties(milvus, name))


def delete(milvus: Milvus, collection: str) -> None:
    """Delete a collection and its aliases. Does nothing if it does not exist. Raises StoreError."""
    if milvus.ask("has_collection", collection):
        for alias in milvus.ask("list_aliases", collection)["aliases"]:
            milvus.ask("drop_alias", alias)
        milvus.ask("drop_collection", collection, seconds=WRITE_TIMEOUT_S)


def _is_complete(milvus: Milvus, collection: str, rows: int, kind: IndexKind | None) -> bool:
    """Whether the collection is complete, with an index of this kind or any.

    A collection that is neither complete nor can be continued is deleted.
    """
    if not milvus.ask("has_collection", collection):
        return False
    known = properties(milvus, collection)
    if is_unfinished(known):
        return False
    if kind in (None, Plan.from_properties(known).kind) and count(milvus, collection) == rows:
        return True
    delete(milvus, collection)
    return False


def _write(milvus: Milvus, collection: str, items: Items, searcher: Searcher, kind: IndexKind) -> None:
    """Write all rows to a collection, or those that an interrupted load left out, and wait for its index."""
    is_new, dim = not milvus.ask("has_collection", collection), searcher.vectors([0]).shape[1]
    if is_new:
        schema, index = schema_of(items, dim), index_parameters(kind)
        milvus.ask("create_collection", collection, schema=schema, index_params=index, seconds=WRITE_TIMEOUT_S)
        _mark(milvus, collection, 0)
    call = "insert" if is_new else "upsert"  # batches after the last mark may be there already
    batches, done = _batches(len(items), dim), int(properties(milvus, collection)[LOADED_PROPERTY])
    with (
        tqdm(total=len(items), unit=" products", desc="Loading into Milvus", disable=None) as bar,
        ThreadPoolExecutor(CONCURRENT_BATCHES) as pool,
    ):
        bar.update(sum(map(len, batches[:done])))
        for start in range(done, len(batches), BATCHES_PER_MARK):
            part = batches[start : start + BATCHES_PER_MARK]
            for rows in pool.map(lambda rows: _send(milvus, collection, items, searcher, call, rows), part):
                bar.update(rows)
            _mark(milvus, collection, start + len(part))
    _complete(milvus, collection, len(items))


def _batches(rows: int, dim: int) -> list[range]:
    """The rows in batches, which come in a random order: so each part of a collection is like the whole.

    A catalogue is often sorted by kind. Milvus searches its parts one by one, and a filter should pass an equal share
    of each.
    """
    step = max(1, BATCH_BYTES // (4 * dim))
    batches = [range(start, min(start + step, rows)) for start in range(0, rows, step)]
    return [batches[place] for place in np.random.default_rng(ORDER_SEED).permutation(len(batches))]


def _send(milvus: Milvus, collection: str, items: Items, searcher: Searcher, call: str, rows: range) -> int:
    """Write these rows; returns their number."""
    milvus.ask(call, collection, entities(items, rows, searcher.vectors(rows)), seconds=WRITE_TIMEOUT_S)
    return len(rows)


def _mark(milvus: Milvus, collection: str, batches: int) -> None:
    milvus.ask("alter_collection_properties", collection, {LOADED_PROPERTY: str(batches)})


def _complete(milvus: Milvus, collection: str, rows: int) -> None:
    """Wait until all rows are stored and indexed, and load the index. Raises StoreError if some are missing.

    Without the release, Milvus would go on searching new rows by a temporary index that misses some.
    """
    milvus.ask("flush", collection, seconds=WRITE_TIMEOUT_S)
    while int(milvus.ask("describe_index", collection, VECTOR)["pending_index_rows"]):
        time.sleep(INDEX_POLL_S)
    milvus.ask("release_collection", collection, seconds=WRITE_TIMEOUT_S)
    held = count(milvus, collection)
    if held != rows:
        delete(milvus, collection)
        raise StoreError(f"Milvus holds {held:,} of {rows:,} products. Run the same command again.")


def _move_alias(milvus: Milvus, collection: IndexCollection) -> None:
    """Move the alias of the index to this collection. Delete all but this and the previous one."""
    before = _aliased(milvus, collection)
    if before is None:
        milvus.ask("create_alias", collection.name, collection.alias)
    elif before != collection.name:
        milvus.ask("alter_alias", collection.name, collection.alias)
        for older in milvus.ask("list_collections"):
            if collection.is_other_version(older) and older != before:
                delete(milvus, older)


def _aliased(milvus: Milvus, collection: IndexCollection) -> str | None:
    """The name of the collection that the alias points to, if there is one."""
    for name in milvus.ask("list_collections"):
        mine = name == collection.name or collection.is_other_version(name)
        if mine and collection.alias in milvus.ask("list_aliases", name)["aliases"]:
            return str(name)
    return None
