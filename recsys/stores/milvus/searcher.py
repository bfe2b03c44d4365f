"""The searcher over a collection of Milvus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recsys.core.items import Items
from recsys.core.ranking import TIE_TOLERANCE
from recsys.errors import QueryError, StoreError, StoreMissingError
from recsys.index.annoy import ranked
from recsys.stores.milvus.client import WORK_SECONDS, Milvus, NotLoadedError
from recsys.stores.milvus.collection import IndexCollection
from recsys.stores.milvus.schema import ROW, VECTOR, expression
from recsys.stores.milvus.upload import count
from recsys.types import Rows, Searcher, Vectors, Where

MOST = 16384
"""Milvus gives so many neighbours at most."""
SPARE = 8
"""So many more than wanted are asked for, to see that none of equal cosine was left out."""
MORE = 8
"""Where such were, so many times as many are asked for."""
LOAD = "Load it: build_index.py --store milvus --uri URI, as the index was built."


class MilvusSearcher:
    """The searcher over the collection of one version of an index: exact, with and without a filter.

    Milvus finds the rows. Their vectors, from which cosines and order follow, are read where the index folder has them:
    equal cosines come in row order, and the answer has the same bits as a search of the folder.
    """

    def __init__(self, milvus: Milvus, collection: IndexCollection, items: Items, local: Searcher):
        """Of the index with these items, whose single vectors `local` gives.

        Raises StoreMissingError where Milvus does not have this version of it whole, StoreDownError, StoreTokenError.
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
        """The unit vectors of these rows, float32 [len(rows), dim]."""
        return self._local.vectors(rows)

    def search(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        """The k nearest rows to each of `vectors` [n, dim] and their cosines, best first; all that pass where fewer do.

        Raises QueryError for more than 16,384 of them, StoreError where Milvus does not answer.
        """
        passing = len(self.items.passing(where)) if where else len(self.items)
        k, most = min(k, passing), min(passing, MOST)
        if k > most:
            raise QueryError(f"Milvus gives {MOST:,} products at most, not {k:,}. Ask for fewer.")
        found, cosines = np.empty((len(vectors), k), dtype=np.int64), np.empty((len(vectors), k), dtype=np.float32)
        filtered = expression(self.items, where or {})
        undecided, wanted = np.arange(len(vectors) if k else 0), min(k + SPARE, most)
        while len(undecided):
            near = self._candidates(vectors[undecided], wanted, filtered)
            tied = np.zeros(len(undecided), dtype=bool)
            for place, (query, rows) in enumerate(zip(undecided, near, strict=True)):
                best, cosine = ranked(self.vectors(rows), vectors[query], rows, wanted)
                found[query], cosines[query] = best[:k], cosine[:k]
                tied[place] = cosine[k - 1] - cosine[-1] <= TIE_TOLERANCE
            undecided = undecided[tied] if wanted < most else undecided[:0]
            wanted = min(MORE * wanted, most)
        return found, cosines

    def _candidates(self, queries: Vectors, count: int, filtered: str) -> Rows:
        """The rows of the `count` nearest to each of `queries`, [n, count]; equal ones are cut off anyhow."""
        step, found = max(1, MOST // count), []
        for start in range(0, len(queries), step):
            part = list(queries[start : start + step])
            try:
                answers = self._ask(part, count, filtered)
            except NotLoadedError:
                self._load()
                answers = self._ask(part, count, filtered)
            found += [[hit[ROW] for hit in hits] for hits in answers]
        if any(len(set(rows)) != count or not 0 <= min(rows) <= max(rows) < len(self.items) for rows in found):
            raise StoreError(
                f"Milvus gave other rows of {self._collection} than {count} that pass the filter. For whoever runs"
                " this: delete that collection, and load the index anew with build_index.py --store milvus."
            )
        return np.array(found, dtype=np.int64)

    def _ask(self, queries: list[Vectors], count: int, filtered: str) -> Any:
        options: dict[str, Any] = {"anns_field": VECTOR, "limit": count, "filter": filtered, "output_fields": [ROW]}
        return self._milvus.ask("search", self._collection, data=queries, **options)

    def _load(self) -> None:
        """Have Milvus hold the collection in memory; nothing where it does."""
        self._milvus.ask("load_collection", self._collection, seconds=WORK_SECONDS)


def _dim(facts: dict[str, Any]) -> int:
    return next((int(field["params"]["dim"]) for field in facts["fields"] if field["name"] == VECTOR), 0)
