"""The nearest products of each product, stored beside the Annoy file.

The neighbours of a query's neighbours are likely its own. If they are compared too, the same recall requires far fewer
candidates from the trees (Fu & Cai 2016, "EFANNA: an extremely fast approximate nearest neighbor search algorithm based
on kNN graph").
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recsys.errors import IndexDamagedError
from recsys.format.manifest import REMEDY
from recsys.index.annoy.file import METRIC, check_trees, load_trees
from recsys.runtime.memory import release_pages

if TYPE_CHECKING:
    import annoy

Graph = npt.NDArray[np.int32]
DEGREE = 16
"""The number of neighbours of each product."""
WRITTEN_ROWS = 2**14
"""The table is written in blocks of this size."""
CHECKED_ROWS = 2**18
"""The table is checked in blocks of this size."""
CANDIDATES = 2000
"""The `search_k` for finding the neighbours: it finds 99 % of them, in 0.14 ms for each product."""


def graph_path(path: Path) -> Path:
    """The path of the graph of an Annoy file."""
    return path.with_name(f"{path.stem}.neighbours.npy")


def write_graph(path: Path, count: int, dim: int) -> None:
    """Write the rows of the 16 nearest other items of each item: int32 [count, 16], or fewer columns for few items."""
    check_trees(path, count, dim, METRIC)
    trees, degree = load_trees(path, count, dim, METRIC), min(DEGREE, count - 1)
    with graph_path(path).open("wb") as file:
        facts = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.int32)), "fortran_order": False}
        np.lib.format.write_array_header_1_0(file, {**facts, "shape": (count, degree)})
        for start in range(0, count, WRITTEN_ROWS):
            rows = range(start, min(start + WRITTEN_ROWS, count))
            file.write(np.array([_neighbours(trees, row, degree) for row in rows], dtype=np.int32).tobytes())


def _neighbours(trees: annoy.AnnoyIndex, row: int, degree: int) -> list[int]:
    """The nearest other rows of a row; itself in place of those that are not found."""
    others = [other for other in trees.get_nns_by_item(row, degree + 1, CANDIDATES) if other != row]
    return (others + degree * [row])[:degree]


def load_graph(path: Path, count: int) -> Graph | None:
    """The graph of an Annoy file of `count` items, as a memory map; None if there is none, as in older indexes.

    Raises IndexDamagedError if it cannot be read or does not fit the items.
    """
    file = graph_path(path)
    if not file.is_file():
        return None
    try:
        graph = np.lib.format.open_memmap(file, mode="r")
    except Exception as error:  # the header is Python source: if it is damaged, nearly any error is raised
        raise IndexDamagedError(f"{file.name} cannot be read: {error}. {REMEDY}") from error
    is_shaped = graph.dtype == np.int32 and graph.ndim == 2 and len(graph) == count and graph.shape[1] <= DEGREE
    blocks = np.array_split(graph, len(graph) // CHECKED_ROWS + 1) if is_shaped else []
    if not is_shaped or not all(_are_within(block, count) for block in blocks):
        raise IndexDamagedError(f"{file.name} does not hold the neighbours of {count} items. {REMEDY}")
    return np.asarray(graph)


def _are_within(block: Graph, count: int) -> bool:
    """Whether these are rows of `count` items. Their pages are released."""
    found = bool(((block >= 0) & (block < count)).all())
    release_pages(block)
    return found
