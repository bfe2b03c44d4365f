"""Closest for less: the products on the frontier of similarity and price.

A product is on the frontier if no other one is at least as close and costs less, or is closer and costs as much. So
from the closest product on, each further one costs less than all before it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recsys.core.filters import PRICE, number, parse_filter
from recsys.core.items import Items
from recsys.types import MAX_PRICE, Rows, Searcher, Vectors, Where

FIRST_SEARCHED = 256
"""How many of the nearest products are searched for at first. Most answers need no more."""


def frontier(rows: Rows, cosines: Vectors, amounts: npt.NDArray[np.float64]) -> Rows:
    """The places of the products on the frontier among `rows` [n], the closest first; all arguments [n]."""
    order = np.lexsort((rows, amounts, -cosines))
    lowest_before = np.concatenate(([np.inf], np.minimum.accumulate(amounts[order])[:-1]))
    return order[amounts[order] < lowest_before]


def closest_for_less(
    items: Items, searcher: Searcher, query: Vectors, k: int, where: Where, *, below: float | None, least_cosine: float
) -> tuple[Rows, Vectors]:
    """The k closest products of the frontier among those that pass `where`, and their cosines to the query [1, dim].

    With `below`, only products that cost less take part. Those under `least_cosine` are left out. The result is that of
    comparing all products: the search is exact, because it has a filter, and it goes on among the cheaper products
    until none of them can be on the frontier before the k-th.
    """
    prices = items.offers.amounts if items.offers is not None else np.full(len(items), np.nan)
    most = np.inf if below is None else np.nextafter(below, -np.inf)
    rows, cosines = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    while True:
        (found,), (near,) = searcher.search(query, FIRST_SEARCHED, _costing_at_most(where, most))
        rows, cosines = np.concatenate((rows, found)), np.concatenate((cosines, near))
        best = frontier(rows, cosines, prices[rows])
        best = best[cosines[best] >= least_cosine][:k]
        is_complete = len(found) < FIRST_SEARCHED or near[-1] < least_cosine
        if is_complete or (len(best) == k and near[-1] < cosines[best[-1]]):
            return rows[best], cosines[best]
        most = np.nextafter(prices[rows].min(), -np.inf)


def _costing_at_most(where: Where, most: float) -> Where:
    """The filter `where`, and that a product has a price of at most `most`."""
    own = parse_filter(where).get(PRICE, {})
    if not isinstance(own, dict):
        return {**where, PRICE: [text for text in own if number(text) <= most]}
    highest = min(most, own.get("max", MAX_PRICE))
    return {**where, PRICE: {"min": own.get("min", 0.0), "max": float(highest)}}
