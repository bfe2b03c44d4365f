"""A Milvus as the store of a recommender."""

from __future__ import annotations

from recsys.index.folder import IndexFolder
from recsys.stores.milvus.client import Milvus
from recsys.stores.milvus.collection import IndexCollection
from recsys.stores.milvus.searcher import MilvusSearcher
from recsys.stores.milvus.vectors import StoredVectors


class MilvusStore:
    """The `store` of `Recommender.from_pretrained`: a Milvus that holds the vectors of the index.

    `uri` and `token` are those of `Milvus`.
    """

    def __init__(self, uri: str, token: str | None = None):
        self._milvus = Milvus(uri, token)

    def searcher(self, folder: IndexFolder) -> MilvusSearcher:
        """The searcher of the vectors of this index. Raises StoreError if Milvus does not have them."""
        collection = IndexCollection.from_manifest(folder.manifest)
        stored = StoredVectors(self._milvus, collection.name, folder.manifest.search.dim)
        return MilvusSearcher(self._milvus, collection, folder.items, folder.searcher if folder.has_vectors else stored)
