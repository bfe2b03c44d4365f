"""Vectors searched by Milvus, for catalogues beyond the memory of one machine. The only package that imports pymilvus.

The index folder stays what it is, and the app reads items, thumbnails and single vectors from there. Milvus says which
rows are near: it holds a copy of the vectors in a collection that belongs to exactly one version of the index.
"""

from recsys.stores.milvus.client import Milvus
from recsys.stores.milvus.collection import IndexCollection
from recsys.stores.milvus.searcher import MilvusSearcher
from recsys.stores.milvus.upload import delete, load

__all__ = ["IndexCollection", "Milvus", "MilvusSearcher", "delete", "load"]
