"""Finds which attributes nest: each value of the finer one, such as "Shirts", belongs to one of the coarser one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt

from recsys.core.columns import Column
from recsys.types import Value

IMPLIED = 0.97
"""The share of the products whose coarser value is the usual one of their finer value."""
KIND_SIZES = range(4, 201)
"""How many values the attribute has that says what a product is."""


def kind(columns: Mapping[str, Column]) -> str | None:
    """The attribute that says best what a product is, by its values: it implies the most others, then varies the most.

    For catalogues in which no attribute has the role of the kind.
    """
    candidates = {name: column for name, column in columns.items() if len(column.vocabulary) in KIND_SIZES}

    def rank(name: str) -> tuple[int, float]:
        others = [column for other, column in columns.items() if other != name and len(column.vocabulary) > 1]
        return sum(implies(candidates[name], other) for other in others), _entropy(candidates[name])

    return max(candidates, key=rank, default=None)


def levels(columns: Mapping[str, Column], finest: str | None, without: Collection[str] = ()) -> tuple[str, ...]:
    """The attributes that nest down to `finest`, the coarsest first; `finest` alone if none does.

    Attributes of a single value, and those in `without`, are not considered.
    """
    if finest is None or finest not in columns:
        return ()
    chain = [finest]
    others = [name for name, column in columns.items() if len(column.vocabulary) > 1 and name not in (finest, *without)]
    for name in sorted(others, key=lambda name: -len(columns[name].vocabulary)):
        if implies(columns[chain[0]], columns[name]):
            chain.insert(0, name)
    return tuple(chain)


def parents(finer: Column, coarser: Column) -> dict[Value, Value]:
    """Each value of the finer attribute → the value of the coarser one that most of its products have."""
    most = _pair_counts(finer, coarser).argmax(1)
    return {value: coarser.vocabulary[code] for value, code in zip(finer.vocabulary, most.tolist(), strict=True)}


def implies(finer: Column, coarser: Column) -> bool:
    """Whether a value of the finer attribute nearly always implies the value of the coarser one."""
    if len(finer.vocabulary) <= len(coarser.vocabulary):
        return False
    pairs, counts = np.unique(_pairs(finer, coarser), return_counts=True)
    most = np.zeros(len(finer.vocabulary), dtype=np.int64)
    np.maximum.at(most, pairs // len(coarser.vocabulary), counts)
    return bool(most.sum() >= IMPLIED * len(finer.codes))


def _pairs(finer: Column, coarser: Column) -> npt.NDArray[np.int64]:
    return finer.codes.astype(np.int64) * len(coarser.vocabulary) + coarser.codes


def _pair_counts(finer: Column, coarser: Column) -> npt.NDArray[np.int64]:
    shape = (len(finer.vocabulary), len(coarser.vocabulary))
    return np.bincount(_pairs(finer, coarser), minlength=shape[0] * shape[1]).reshape(shape)


def _entropy(column: Column) -> float:
    shares = np.array(list(column.counts.values())) / len(column.codes)
    return float(-(shares * np.log(shares)).sum())
