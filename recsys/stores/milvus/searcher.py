"""Searches the collection of an index in Milvus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recsys.core.items import Items
from recsys.core.ranking import TIE_TOLERANCE
from recsys.errors import QueryError, StoreError, StoreMissingError
from recsys.index.annoy import ranked
from recsys.stores.milvus.client import WRITE_TIMEOUT_S, Milvus, NotLoadedError
from recsys.stores.milvus.collection import IndexCollection
from recsys.stores.milvus.schema import ROW, VECTOR, expression
from recsys.stores.milvus.upload import count
from recsys.types import Rows, Searcher, Vectors, Where

MAX_NEIGHBOURS = 16384
"""The largest number of neighbours that Milvus returns."""
EXTRA_NEIGHBOURS = 8
"""The number of additional neighbours that are requested, to notice equal cosines that were cut off."""
GROWTH = 8
"""If equal cosines were cut off, the number of requested neighbours is multiplied by this."""
LOAD = "Load it with: build_index.py --store milvus --uri URI, as the index was built."


class MilvusSearcher:
    """Searches the collection of one version of an index: exact, with and without a filter.

    Milvus finds the rows. Their vectors are read from the index folder to compute cosines and order, so equal cosines
    come in row order, and the result equals that of a search of the folder bit for bit.
    """

    def __init__(self, milvus: Milvus, collection: IndexCollection, items: Items, local: Searcher):
        """Open the collection of the index with these items; `local` searches the folder of the same index.

        Raises StoreMissingError if Milvus does not have this version completely, StoreDownError and StoreTokenError.
        """
        self._milvus, self._collection = milvus, collection.name
        self.items, self._local = items, local
        if not milvus.ask("has_collection", self._collection):
            raise StoreMissingError(f"Milvus has no collection {self._collection}, that of this index. {LOAD}")
        dim, wanted = _dim(milvus.ask("describe_collection", self._collection)), local.vectors([0]).shape[1]
        rows = count(milvus, self._collection)
        if (rows, dim) != (len(items), wanted):
            raise StoreMissingError(
                f"The collection {self._collection} of Milvus has {rows:,} vectors of {dim} dimensions, the index"
                f" {len(items):,} of {wanted}. {LOAD}"
            )

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        return self._local.vectors(rows)

    def search(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        """The k nearest rows to each of `vectors` [n, dim] and their cosines, best first; fewer if fewer pass `where`.

        A filter that concerns more than the attributes in Milvus is applied in the index folder. Raises QueryError for
        k above 16,384, and StoreError if Milvus does not answer.
        """
        known, columns = self.items.filters, self.items.columns
        if any(name not in columns or columns[name] is not known.get(name) for name in where or {}):
            return self._local.search(vectors, k, where)
        passing = len(self.items.passing(where)) if where else len(self.items)
        k, most = min(k, passing), min(passing, MAX_NEIGHBOURS)
        if k > most:
            raise QueryError(f"Milvus returns at most {MAX_NEIGHBOURS:,} products, not {k:,}. Request fewer.")
        found, cosines = np.empty((len(vectors), k), dtype=np.int64), np.empty((len(vectors), k), dtype=np.float32)
        filtered = expression(self.items, where or {})
        undecided, wanted = np.arange(len(vectors) if k else 0), min(k + EXTRA_NEIGHBOURS, most)
        while len(undecided):
            near = self._candidates(vectors[undecided], wanted, filtered)
            tied = np.zeros(len(undecided), dtype=bool)
            for place, (query, rows) in enumerate(zip(undecided, near, strict=True)):
                best, cosine = ranked(self.vectors(rows), vectors[query], rows, wanted)
                found[query], cosines[query] = best[:k], cosine[:k]
                tied[place] = cosine[k - 1] - cosine[-1] <= TIE_TOLERANCE
            undecided = undecided[tied] if wanted < most else undecided[:0]
            wanted = min(GROWTH * wanted, most)
        return found, cosines

    def _candidates(self, queries: Vectors, count: int, filtered: str) -> Rows:
        """The `count` nearest rows to each of `queries`, [n, count]; equal cosines are cut off arbitrarily."""
        options: dict[str, Any] = {"anns_field": VECTOR, "limit": count, "filter": filtered, "output_fields": [ROW]}
        step, found = max(1, MAX_NEIGHBOURS // count), []
        for start in range(0, len(queries), step):
            options["data"] = list(queries[start : start + step])
            try:
                answers = self._milvus.ask("search", self._collection, **options)
            except NotLoadedError:
                self._milvus.ask("load_collection", self._collection, seconds=WRITE_TIMEOUT_S)
                answers = self._milvus.ask("search", self._collection, **options)
            found += [[hit[ROW] for hit in hits] for hits in answers]
        if any(len(set(rows)) != count or not 0 <= min(rows) <= max(rows) < len(self.items) for rows in found):
            raise StoreError(
                f"Milvus did not return {count} rows of {self._collection} that pass the filter. For the operator:"
                " delete that collection, and load the index again with build_index.py --store milvus."
            )
        return np.array(found, dtype=np.int64)


def _dim(facts: dict[str, Any]) -> int:
    return next((int(field["params"]["dim"]) for field in facts["fields"] if field["name"] == VECTOR), 0)
