"""How a collection is searched: its kind of index, and what was measured when it was loaded.

The plan is kept in the properties of the collection, so that every app that searches it uses the same.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np

from recsys.stores.milvus.client import pymilvus
from recsys.stores.milvus.schema import VECTOR
from recsys.types import Rows

IndexKind = Literal["HNSW", "DISKANN", "FLAT"]
INDEX_KINDS: tuple[IndexKind, ...] = ("HNSW", "DISKANN", "FLAT")
PLAN_PROPERTY = "recsys.plan"
BUILD_PARAMETERS: dict[IndexKind, dict[str, int]] = {
    "HNSW": {"M": 16, "efConstruction": 200},
    "DISKANN": {},
    "FLAT": {},
}
EFFORT_PARAMETERS: dict[IndexKind, str] = {"HNSW": "ef", "DISKANN": "search_list"}
"""Kind of index → the search parameter that trades time for recall. FLAT has none, because it is exact."""
MAX_FLAT_ROWS = 10_000
"""A collection of at most this many rows has an exact index, which takes some 1.5 µs a row."""
EXACT_SHARE = 0.065
"""Where a filter passes at most this share of a collection, Milvus compares all rows that pass (7 % in its engine)."""
MAX_EXACT_ROWS = 10_000
"""A filter that passes at most this many rows is answered exactly, whatever was measured."""
SHARE_TOLERANCE = 1.02
"""A share that is larger by this factor counts as the same."""
DEFAULT_EFFORT = 1024


@dataclass(frozen=True)
class Way:
    """A measured way to search where a filter passes this `share` of the rows; 1.0 stands for no filter.

    `effort` is the value of the search parameter, and with a filter also the number of rows that are requested before
    it is applied. None is an exact search in slices. `recall` is recall@10 against exact search, and `ms` the mean time
    of a query.
    """

    share: float
    effort: int | None
    recall: float
    ms: float


@dataclass(frozen=True)
class Plan:
    """The index of a collection and the ways to search it, by falling share. An exact index needs no ways."""

    kind: IndexKind = "FLAT"
    ways: tuple[Way, ...] = ()

    @classmethod
    def from_properties(cls, properties: dict[str, str]) -> Self:
        """The plan in the properties of a collection. One that was loaded by an older version has an exact index."""
        stored = json.loads(properties.get(PLAN_PROPERTY) or "{}")
        return cls(stored.get("kind", "FLAT"), tuple(Way(**way) for way in stored.get("ways", ())))

    def to_property(self) -> str:
        """The plan as the text that `from_properties` reads."""
        return json.dumps({"kind": self.kind, "ways": [asdict(way) for way in self.ways]})

    def __str__(self) -> str:
        ways = ", ".join(
            f"{way.recall:.3f} in {way.ms:.1f} ms " + ("without a filter" if way.share == 1 else f"at {way.share:.0%}")
            for way in self.ways
        )
        return f"by {self.kind}: recall@10 {ways}" if ways else f"by {self.kind}"

    def effort(self, passing: int, count: int, *, is_filtered: bool) -> int | None:
        """The effort of a search among `passing` of `count` rows; None for an exact one."""
        if self.kind == "FLAT" or (is_filtered and is_always_exact(passing, count)):
            return None
        if not self.ways:
            return DEFAULT_EFFORT
        if not is_filtered:
            return self.ways[0].effort
        return self._filtered_effort(passing / count)

    def _filtered_effort(self, share: float) -> int | None:
        """The effort that was measured with the largest share that is not above this one.

        The fewer products pass, the more of the nearest must be requested. So the effort of a larger share finds too
        little. It is raised in proportion where no smaller share was measured.
        """
        ways = self.ways[1:] or self.ways
        way = next((way for way in ways if way.share <= SHARE_TOLERANCE * share), ways[-1])
        return way.effort and math.ceil(way.effort * max(1.0, way.share / (SHARE_TOLERANCE * share)))

    def parameters(self, effort: int | None, wanted: int) -> dict[str, Any]:
        """The search parameters for `wanted` results with this effort."""
        name = EFFORT_PARAMETERS.get(self.kind)
        return {"params": {name: max(effort or 0, wanted)}} if name else {}

    def slices(self, rows: Rows | None, count: int) -> int:
        """In how many slices an exact search is asked for, so that Milvus compares all rows of each.

        `rows` are those of `count` that pass the filter, None for all. A slice holds the rows with one remainder, and
        the attributes of a catalogue may repeat with its rows. So the number of slices grows until none is too large.
        """
        if self.kind == "FLAT":
            return 1
        found = max(1, math.ceil((count if rows is None else len(rows)) / (EXACT_SHARE * count)))
        while rows is not None and 1 < found < len(rows) and np.bincount(rows % found).max() > EXACT_SHARE * count:
            found += 1
        return found


def is_always_exact(passing: int, count: int) -> bool:
    """Whether a filter that `passing` of `count` rows pass is answered exactly, whatever was measured."""
    return passing <= max(MAX_EXACT_ROWS, EXACT_SHARE * count)


def default_kind(count: int, *, is_lite: bool) -> IndexKind:
    """The kind of index for a collection of `count` rows. Milvus Lite, for trials and tests, gets an exact one."""
    return "FLAT" if is_lite or count <= MAX_FLAT_ROWS else "HNSW"


def index_parameters(kind: IndexKind) -> Any:
    """The index of the vectors, as the client takes it."""
    indexes = pymilvus().MilvusClient.prepare_index_params()
    indexes.add_index(VECTOR, index_type=kind, metric_type="IP", params=BUILD_PARAMETERS.get(kind, {}))
    return indexes
