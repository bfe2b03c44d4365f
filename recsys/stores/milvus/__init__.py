"""Vector search by Milvus, for catalogues beyond the memory of one machine. Only this package imports pymilvus.

Milvus holds a copy of the vectors, in one collection for each version of an index, and finds the nearest rows. Items,
thumbnails and single vectors are still read from the index folder.
"""

from recsys.stores.milvus.client import Milvus
from recsys.stores.milvus.collection import IndexCollection
from recsys.stores.milvus.searcher import MilvusSearcher
from recsys.stores.milvus.store import MilvusStore
from recsys.stores.milvus.upload import delete, load

__all__ = ["IndexCollection", "Milvus", "MilvusSearcher", "MilvusStore", "delete", "load"]
