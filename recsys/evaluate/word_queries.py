"""The texts of the task "words", and which products are right for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.core.roles import NO_OVERRIDES, Roles
from recsys.runtime.hashing import sha256
from recsys.types import Item, Rows

DEPTH = 10
"""The products that a precision counts. A query of labels has at least as many right products."""
MAX_QUERIES = 200


@dataclass(frozen=True, eq=False)
class WordQueries:
    """Texts of one kind, `case`. `right` has the gallery rows that are right for each text."""

    case: str
    texts: tuple[str, ...]
    right: tuple[Rows, ...]


def label_queries(
    items: Sequence[Item], asked: npt.NDArray[np.bool_], gallery: Rows, every: bool = False
) -> list[WordQueries]:
    """For each set of attributes, such as colour and kind, the texts of the values that products have together.

    The values are those of at most 200 products of the mask `asked`, in a random order that depends on their ids alone;
    with `every` they are those of all products. Only values that at least ten products of the gallery have together are
    asked for.
    """
    found = [_label_queries(items, asked, gallery, names, every) for names in label_sets(items)]
    return [queries for queries in found if queries.texts]


def label_sets(items: Sequence[Item]) -> list[tuple[str, ...]]:
    """The sets of attributes that are asked for, in the order of the words: kind, colour kind, and so on."""
    roles = Roles.from_names(list(dict.fromkeys(name for item in items for name in item.single_values)), NO_OVERRIDES)
    wearer, colour, pattern, kind = roles.wearer, roles.colour, roles.pattern, roles.kind
    sets = [(kind,), (wearer, kind), (colour, kind), (wearer, colour, kind), (pattern, kind)]
    return [tuple(name for name in names if name) for names in sets if None not in names]


def name_queries(items: Sequence[Item], asked: npt.NDArray[np.bool_], gallery: Rows) -> WordQueries:
    """The names of the products of the mask `asked`; the product itself is right."""
    rows = [row for row in gallery[asked[gallery]].tolist() if items[row].name]
    return WordQueries("name", tuple(items[row].name or "" for row in rows), tuple(np.array([row]) for row in rows))


def _label_queries(
    items: Sequence[Item], asked: npt.NDArray[np.bool_], gallery: Rows, names: Sequence[str], every: bool
) -> WordQueries:
    values = [tuple(item.value(name) for name in names) for item in items]
    counts = Counter(values[row] for row in gallery.tolist())
    order = sorted(np.flatnonzero(asked | every).tolist(), key=lambda row: sha256(f"words {items[row].id}".encode()))
    distinct = dict.fromkeys(values[row] for row in order)
    chosen = [value for value in distinct if None not in value and counts[value] >= DEPTH]
    chosen = chosen if every else chosen[:MAX_QUERIES]
    rows: dict[tuple[object, ...], list[int]] = {value: [] for value in chosen}
    for row in gallery.tolist():
        if values[row] in rows:
            rows[values[row]].append(row)
    texts = tuple(" ".join(filter(None, value)) for value in chosen)
    return WordQueries(" ".join(names), texts, tuple(np.array(rows[value]) for value in chosen))
