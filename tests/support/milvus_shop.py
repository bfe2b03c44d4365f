"""Any recommender of the tests, served from Milvus Lite instead of what searches for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.core.items import Items
from recsys.index.folder import IndexFolder
from recsys.recommend.recommender import Recommender
from recsys.runtime.hashing import sha256
from recsys.stores.milvus import IndexCollection, Milvus, MilvusSearcher, load
from recsys.stores.milvus.plan import IndexKind
from recsys.types import Searcher


def collection_of(items: Items, searcher: Searcher, shop: str | None = None) -> IndexCollection:
    """The version of these items and vectors; each is a shop of its own where none is named."""
    content = searcher.vectors(np.arange(len(items))).tobytes() + repr(list(items)).encode()
    version = sha256(content)[:32]
    return IndexCollection(shop or f"shop_{version}", version)


def in_milvus(milvus: Milvus, items: Items, searcher: Searcher, kind: IndexKind | None = None) -> MilvusSearcher:
    """The searcher of Milvus with the vectors of another."""
    collection = collection_of(items, searcher)
    load(milvus, collection, items, searcher, kind)
    return MilvusSearcher(milvus, collection, items, searcher)


def load_folder(milvus: Milvus, path: Path) -> IndexCollection:
    """Load the index in a folder; returns its collection."""
    folder = IndexFolder.open(path)
    collection = IndexCollection.from_manifest(folder.manifest)
    load(milvus, collection, folder.items, folder.searcher)
    return collection


@contextmanager
def serving_all(milvus: Milvus) -> Iterator[None]:
    """Have every recommender that is made meanwhile search this Milvus."""
    made = Recommender.__init__

    def make(self: Recommender, encoder: Any, searcher: Searcher, items: Items, *rest: Any, **named: Any) -> None:
        served = searcher if isinstance(searcher, MilvusSearcher) else in_milvus(milvus, items, searcher)
        made(self, encoder, served, items, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recommender, "__init__", make)
        yield
