"""Writes, checks and opens the Annoy file, which holds the vectors too.

The file is an array of nodes, each a header and a vector. Its first n nodes are the items, in order. Their vectors are
read through a memory map, so that exact search needs no copy of them.
"""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import numpy.typing as npt

from recsys.errors import IndexDamagedError
from recsys.format.manifest import REMEDY
from recsys.runtime.memory import release_pages
from recsys.types import Rows, Vectors

if TYPE_CHECKING:
    import annoy

Numbers = npt.NDArray[np.int32]

Metric = Literal["euclidean", "angular"]
METRIC: Metric = "euclidean"
"""The metric of new indexes. Unit vectors have the same neighbours by distance as by cosine, and the trees are better:
Annoy's angular trees split space through the origin, its Euclidean trees half-way between two clusters."""
HEADERS: dict[str, int] = {"euclidean": 16, "angular": 12}
"""Metric → bytes before the vector of a node. Older indexes are angular."""
CHILDREN: dict[str, int] = {"euclidean": 8, "angular": 4}
"""Metric → bytes before the numbers of a node's children. In a leaf, they extend over the place of the vector."""
CHECKED_VECTORS = 2**16
"""Vectors are checked in blocks of this size, and their pages released after each."""
CHECKED_NODES = 4096
"""Nodes are checked in blocks of this size."""
SEED = 20261124
MAX_ROWS_IN_MEMORY = 200_000
"""From this many vectors on, an index is built inside its file."""
NODES_PER_LEAF = 3
"""Nodes of a tree for each leaf that would be full: leaves are about two thirds full, and have inner nodes above."""
GROWTH_SLACK = 1.3
"""Annoy extends its file by 30 % at a time, and cuts it to size at the end."""
UNIT_TOLERANCE = 1e-3


def build(vectors: Vectors, path: Path, n_trees: int) -> None:
    """Write the Annoy index of unit `vectors` [n, dim]. Equal vectors give equal bytes.

    Many vectors are indexed inside the file, which the system writes to the disk when memory runs short. Raises OSError
    if the disk does not have room for that: a disk that fills up under such a file would end the process.
    """
    import annoy  # where it does not run, importing it may end the process: `trial` is asked first

    index = annoy.AnnoyIndex(vectors.shape[1], METRIC)
    index.set_seed(SEED)
    on_disk = len(vectors) > MAX_ROWS_IN_MEMORY
    if on_disk:
        _check_room(vectors, path, n_trees)
        path.unlink(missing_ok=True)  # an earlier file may still be mapped, and would change under its readers
        index.on_disk_build(str(path))
    for row, vector in enumerate(vectors):
        index.add_item(row, vector.tolist())
    index.build(n_trees, n_jobs=1)
    if not on_disk:
        index.save(str(path))
    index.unload()


def _check_room(vectors: Vectors, path: Path, n_trees: int) -> None:
    """Raise OSError unless the disk has room for the file while it is built."""
    count, dim = vectors.shape
    nodes = count + n_trees * NODES_PER_LEAF * count / (dim + 2)
    needed = int(GROWTH_SLACK * nodes * (HEADERS[METRIC] + 4 * dim))
    if shutil.disk_usage(path.parent).free < needed:
        raise OSError(errno.ENOSPC, f"the search index needs up to {needed / 1e9:.1f} GB while it is built")


def load_vectors(path: Path, count: int, dim: int, metric: str) -> Vectors:
    """The item vectors inside the Annoy file, [count, dim], as a memory map.

    Raises IndexDamagedError if the file does not have that shape, or a vector is not of length one.
    """
    if metric not in HEADERS:
        raise IndexDamagedError(f"{path.name} has the metric {metric!r}; known are {', '.join(HEADERS)}. {REMEDY}")
    node = HEADERS[metric] + 4 * dim
    size = path.stat().st_size if path.is_file() else 0
    if size % node or size < count * node:
        raise IndexDamagedError(
            f"{path.name} has {size} bytes and is not an Annoy index of {count} vectors of {dim} dimensions. {REMEDY}"
        )
    layout = np.dtype([("header", f"V{HEADERS[metric]}"), ("vector", "<f4", (dim,))])
    vectors: Vectors = np.asarray(np.memmap(path, dtype=layout, mode="r", shape=(count,))["vector"])
    for start in range(0, count, CHECKED_VECTORS):
        some = vectors[start : start + CHECKED_VECTORS]
        with np.errstate(over="ignore", invalid="ignore"):
            lengths = np.sqrt(np.vecdot(some, some))
        if not (np.abs(lengths - 1) <= UNIT_TOLERANCE).all():
            raise IndexDamagedError(f"{path.name} holds vectors that are not of length one. {REMEDY}")
        release_pages(vectors)
    return vectors


def load_trees(path: Path, count: int, dim: int, metric: str) -> annoy.AnnoyIndex:
    """The Annoy index of a file that `check_trees` has checked.

    Raises IndexDamagedError if it does not hold `count` vectors of `dim` dimensions.
    """
    import annoy

    index = annoy.AnnoyIndex(dim, cast(Metric, metric))
    try:
        index.load(str(path))
    except OSError as error:
        raise IndexDamagedError(f"{path.name} is not an Annoy index of {dim} dimensions. {REMEDY}") from error
    if index.get_n_items() != count:
        raise IndexDamagedError(f"{path.name} holds {index.get_n_items()} vectors for {count} items. {REMEDY}")
    return index


def check_trees(path: Path, count: int, dim: int, metric: str) -> None:
    """Check that a search of these trees ends and stays in the file. Annoy itself does not check the numbers it reads.

    A node other than an item is a leaf, which lists items, or has two children before it, which share its items (Annoy
    1.17.3, `_make_tree` and `_get_all_nns`). Raises IndexDamagedError otherwise.
    """
    gap = CHILDREN[metric] - 4
    layout = np.dtype([("size", "<i4"), ("gap", f"V{gap}"), ("children", "<i4", (dim + 2,))])
    nodes = np.memmap(path, dtype=layout, mode="r")
    sizes = np.empty(len(nodes), np.int32)
    for start in range(0, len(nodes), CHECKED_VECTORS):
        sizes[start : start + CHECKED_VECTORS] = nodes["size"][start : start + CHECKED_VECTORS]
        release_pages(nodes)
    sound = len(nodes) > count and (sizes[:count] == 1).all() and (sizes[count:] > 0).all() and sizes[-1] == count
    for start in range(count, len(nodes), CHECKED_NODES):
        places = np.arange(start, min(start + CHECKED_NODES, len(nodes)))
        sound = sound and _are_sound(places, nodes["children"][start : start + CHECKED_NODES], sizes, count)
        release_pages(nodes)
    if not sound:
        raise IndexDamagedError(f"{path.name} holds trees that cannot be searched. {REMEDY}")


def _are_sound(places: Rows, children: Numbers, sizes: Numbers, count: int) -> bool:
    """Whether the nodes at these places, with children [n, dim + 2], are valid leaves or inner nodes."""
    own = sizes[places]
    leaves = own <= children.shape[1]
    listed = children[leaves][np.arange(children.shape[1]) < own[leaves, None]]
    pairs, parents = children[~leaves, :2], places[~leaves]
    if not ((listed >= 0) & (listed < count)).all() or not ((pairs >= 0) & (pairs < parents[:, None])).all():
        return False
    return bool((sizes[pairs].sum(axis=1, dtype=np.int64) == own[~leaves]).all())
