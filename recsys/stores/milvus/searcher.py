"""Searches the collection of an index in Milvus."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from recsys.core.items import Items
from recsys.core.ranking import TIE_TOLERANCE
from recsys.errors import QueryError, StoreError, StoreMissingError
from recsys.index.annoy import ranked
from recsys.stores.milvus.client import WRITE_TIMEOUT_S, Milvus, NotLoadedError
from recsys.stores.milvus.collection import IndexCollection
from recsys.stores.milvus.facts import count, is_unfinished
from recsys.stores.milvus.plan import Plan
from recsys.stores.milvus.schema import ROW, VECTOR, expression, slice_of
from recsys.stores.milvus.vectors import StoredVectors
from recsys.types import Rows, Searcher, Vectors, Where

MAX_NEIGHBOURS = 16384
"""The largest number of neighbours that Milvus returns."""
EXTRA_NEIGHBOURS = 8
"""The number of additional neighbours that are requested, to notice equal cosines that were cut off."""
GROWTH = 8
"""If equal cosines were cut off, the number of requested neighbours is multiplied by this."""
CONCURRENT_SLICES = 4
LISTED_ROWS = 5_000
"""Rows that only the app can tell apart are listed in expressions of this length, of which Milvus compares all."""
MAX_WITH_VECTORS = 1_100
"""With at most this many results, Milvus returns their vectors too where the app has none, which saves a request."""
LOAD = "Load it with: build_index.py --store milvus --uri URI, as the index was built."


@dataclass(frozen=True, eq=False)
class Filter:
    """A filter as an expression of Milvus, the ascending rows that pass it (None for all), and their number.

    The expression is None where Milvus does not know what the rows have in common.
    """

    expression: str | None
    rows: Rows | None
    count: int

    @classmethod
    def from_where(cls, items: Items, where: Where | None) -> Self:
        """The filter `where` on these items. Raises QueryError for what they do not have."""
        rows = items.passing(where) if where else None
        known = all(items.columns.get(name) is items.filters.get(name, items) for name in where or {})
        return cls(expression(items, where or {}) if known else None, rows, len(items if rows is None else rows))

    def passing(self, rows: Rows) -> Rows:
        """Those of these rows that pass."""
        if self.rows is None:
            return rows
        places = np.searchsorted(self.rows, rows).clip(max=len(self.rows) - 1)
        return rows[self.rows[places] == rows]


class MilvusSearcher:
    """Searches the collection of one version of an index, as its plan says.

    A search with a filter that few products pass is exact. Any other one reaches the recall that was measured when the
    collection was loaded. Milvus finds the rows. Their vectors are read from the index folder, or from Milvus where
    the folder has none, to compute cosines and order. So equal cosines come in row order, and an exact search equals
    that of the folder bit for bit.
    """

    def __init__(
        self,
        milvus: Milvus,
        collection: IndexCollection,
        items: Items,
        local: Searcher | StoredVectors,
        plan: Plan | None = None,
    ):
        """Open the collection of the index with these items; `local` searches the folder of the same index.

        Where the folder has no vectors, `local` reads them from the collection.

        `plan` says how to search; by default the collection's own. Raises StoreMissingError if Milvus does not have
        this version completely, StoreDownError and StoreTokenError.
        """
        self._milvus, self._collection = milvus, collection.name
        self.items, self._local = items, local
        if not milvus.ask("has_collection", self._collection):
            raise StoreMissingError(f"Milvus has no collection {self._collection}, that of this index. {LOAD}")
        facts = milvus.ask("describe_collection", self._collection)
        dim, rows = _dim(facts), count(milvus, self._collection)
        wanted = local.dim if isinstance(local, StoredVectors) else local.vectors([0]).shape[1]
        if (rows, dim) != (len(items), wanted):
            raise StoreMissingError(
                f"The collection {self._collection} of Milvus has {rows:,} vectors of {dim} dimensions, the index"
                f" {len(items):,} of {wanted}. {LOAD}"
            )
        if plan is None and is_unfinished(facts["properties"]):
            raise StoreMissingError(f"The collection {self._collection} of Milvus is being loaded. {LOAD}")
        self.plan = plan or Plan.from_properties(facts["properties"])
        self._pool = ThreadPoolExecutor(CONCURRENT_SLICES, thread_name_prefix="milvus")

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        return self._local.vectors(rows)

    def search(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        """The k nearest rows to each of `vectors` [n, dim] and their cosines, best first; fewer if fewer pass `where`.

        A filter that concerns more than the attributes in Milvus is applied in the index folder, if it has vectors.
        Raises QueryError for k above 16,384, and StoreError if Milvus does not answer.
        """
        filtered = Filter.from_where(self.items, where)
        if filtered.expression is None and not isinstance(self._local, StoredVectors):
            return self._local.search(vectors, k, where)
        if filtered.expression is None and filtered.rows is not None:
            return self._among(vectors, k, filtered.rows)
        effort = self.plan.effort(filtered.count, len(self.items), is_filtered=filtered.rows is not None)
        return self._search(effort, vectors, k, filtered)

    @property
    def search_rows(self) -> Callable[[Vectors, int, Rows], tuple[Rows, Vectors]] | None:
        """`search` among ascending rows instead of with a filter; None where the folder has the vectors for that."""
        return self._among if isinstance(self._local, StoredVectors) else None

    def _among(self, vectors: Vectors, k: int, rows: Rows) -> tuple[Rows, Vectors]:
        """`search` among these ascending rows, which are exactly compared if they are few.

        Of many, those that are among the nearest of all are kept. Where these are too few, all are compared in slices.
        """
        wanted = 2 * (k + EXTRA_NEIGHBOURS) * len(self.items) // max(1, len(rows))
        effort = None if len(rows) <= LISTED_ROWS else min(MAX_NEIGHBOURS, wanted)
        return self._search(effort, vectors, k, Filter(None, rows, len(rows)))

    def search_with(
        self, effort: int | None, vectors: Vectors, k: int, where: Where | None = None
    ) -> tuple[Rows, Vectors]:
        """`search` with this effort; None is an exact search."""
        return self._search(effort, vectors, k, Filter.from_where(self.items, where))

    def _search(self, effort: int | None, vectors: Vectors, k: int, filtered: Filter) -> tuple[Rows, Vectors]:
        k, most = min(k, filtered.count), min(filtered.count, MAX_NEIGHBOURS)
        if k > most:
            raise QueryError(f"Milvus returns at most {MAX_NEIGHBOURS:,} products, not {k:,}. Request fewer.")
        found, cosines = np.empty((len(vectors), k), dtype=np.int64), np.empty((len(vectors), k), dtype=np.float32)
        undecided, wanted = np.arange(len(vectors) if k else 0), min(k + EXTRA_NEIGHBOURS, most)
        while len(undecided):
            near = self._candidates(vectors[undecided], wanted, filtered, effort)
            tied = np.zeros(len(undecided), dtype=bool)
            for place, (query, rows) in enumerate(zip(undecided, near, strict=True)):
                best, cosine = ranked(self.vectors(rows), vectors[query], rows, wanted)
                found[query], cosines[query] = best[:k], cosine[:k]
                tied[place] = cosine[k - 1] - cosine[-1] <= TIE_TOLERANCE
            undecided = undecided[tied] if wanted < most else undecided[:0]
            wanted = min(GROWTH * wanted, most)
        return found, cosines

    def _candidates(self, queries: Vectors, wanted: int, filtered: Filter, effort: int | None) -> list[Rows]:
        """At least the `wanted` nearest rows to each of `queries`; equal cosines are cut off arbitrarily.

        With a filter, the graph is asked for as many rows as the effort says, and those that pass are kept. If these
        are too few, because none that pass are near, the query is searched exactly.
        """
        if effort is None:
            return self._in_slices(queries, wanted, filtered)
        requested = wanted if filtered.rows is None else max(wanted, effort)
        found = [filtered.passing(rows) for rows in self._ask(queries, requested, "", effort)]
        short = [place for place, rows in enumerate(found) if len(rows) < wanted]
        again = self._in_slices(queries[short], wanted, filtered) if short else []
        for place, rows in zip(short, again, strict=True):
            found[place] = rows
        return found

    def _in_slices(self, queries: Vectors, wanted: int, filtered: Filter) -> list[Rows]:
        """The union of the `wanted` nearest rows of each slice, for each query: exact, because a slice is small."""
        parts = self._parts(filtered)
        ask = lambda part: self._ask(queries, wanted, part, None)  # noqa: E731
        slices = list(self._pool.map(ask, parts)) if len(parts) > 1 else [ask(parts[0])]
        found = [np.concatenate(near) for near in zip(*slices, strict=True)]
        self._check(found, min(wanted, filtered.count))
        return found

    def _parts(self, filtered: Filter) -> list[str]:
        """The expressions of the slices, of which Milvus compares all rows: by remainders, or with the rows listed."""
        if filtered.expression is None and filtered.rows is not None:
            count = max(1, math.ceil(len(filtered.rows) / LISTED_ROWS))
            return [f"{ROW} in {filtered.rows[part::count].tolist()}" for part in range(count)]
        count = self.plan.slices(filtered.rows, len(self.items))
        return [slice_of(filtered.expression or "", part, count) for part in range(count)]

    def _ask(self, queries: Vectors, wanted: int, filtered: str, effort: int | None) -> list[Rows]:
        """The rows that Milvus returns for each query, at most `wanted`."""
        options: dict[str, Any] = {"anns_field": VECTOR, "limit": wanted, "filter": filtered, "output_fields": [ROW]}
        options["search_params"] = self.plan.parameters(effort, wanted)
        stored = self._local if isinstance(self._local, StoredVectors) and wanted <= MAX_WITH_VECTORS else None
        options["output_fields"] += [VECTOR] if stored else []
        step, found = max(1, MAX_NEIGHBOURS // wanted), []
        for start in range(0, len(queries), step):
            options["data"] = list(queries[start : start + step])
            try:
                answers = self._milvus.ask("search", self._collection, **options)
            except NotLoadedError:
                self._milvus.ask("load_collection", self._collection, seconds=WRITE_TIMEOUT_S)
                answers = self._milvus.ask("search", self._collection, **options)
            if stored:
                stored.keep(hit["entity"] for hits in answers for hit in hits)
            found += [np.array([hit[ROW] for hit in hits], dtype=np.int64) for hits in answers]
        self._check(found, 0)
        return found

    def _check(self, found: Iterable[Rows], least: int) -> None:
        """Raise StoreError unless these are at least `least` different rows of the catalogue for each query."""
        for rows in found:
            are_known = len(set(rows.tolist())) == len(rows) and ((rows >= 0) & (rows < len(self.items))).all()
            if len(rows) < least or not are_known:
                raise StoreError(
                    f"Milvus did not return {least} rows of {self._collection} that pass the filter. For the operator:"
                    " delete that collection, and load the index again with build_index.py --store milvus."
                )


def _dim(facts: dict[str, Any]) -> int:
    return next((int(field["params"]["dim"]) for field in facts["fields"] if field["name"] == VECTOR), 0)
