"""Vectors searched by Milvus, for catalogues beyond the memory of one machine. The only package that imports pymilvus.

The index folder stays what it is, and the app reads items, thumbnails and single vectors from there. Milvus says which
rows are near: it holds a copy of the vectors in a collection that belongs to exactly one version of the index.
"""

from recsys.milvus.client import Milvus
from recsys.milvus.edition import Edition
from recsys.milvus.loading import delete, load
from recsys.milvus.searcher import MilvusSearcher

__all__ = ["Edition", "Milvus", "MilvusSearcher", "delete", "load"]
