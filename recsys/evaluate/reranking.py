"""Fits the re-ranking of an index to held-out queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from recsys.core.calibration import MIN_QUERIES, Flags, isotonic, thinned
from recsys.core.columns import Column
from recsys.core.ranking import Estimate
from recsys.core.reranking import RERANKED, Curve, Ranking, head_probabilities, ranked, vote_probabilities
from recsys.evaluate.confidence import halves
from recsys.evaluate.retrieval import roles_of
from recsys.evaluate.search_task import PRECISION_K, RANKING_K, SearchTask, nearest
from recsys.types import ImageEncoder, Rows, Vectors

WEIGHTS = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8)
"""The weights that are tried."""
START = 0.2
ROUNDS = 3
PENALTY = 0.003
"""What a weight of 1 has to add to the precision: of two weights that do as well, the smaller one is chosen."""
LOSS_PENALTY = 10.0
"""How much more a loss in the precision of one attribute counts than a gain in the mean of all."""
USUAL = 0.95
"""The nearest product stays first where it is as near as it is for this share of the queries."""
LEAST_KEPT = 0.85
"""And where its cosine is at least this. A real photo is that far from every product of a drawn shop."""
MIN_KNOWN = 0.5
"""An attribute that fewer of the products have does not re-rank."""


@dataclass(frozen=True, eq=False)
class Half:
    """Queries with their nearest products: arrays [queries, count], nearest first.

    `likely` has the probability of each attribute value of a product. `right` [queries, count, 1 + attributes] says
    whether all values are the query's, and whether each is.
    """

    cosines: Vectors
    likely: Mapping[str, Vectors]
    right: Flags
    keep_from: float

    def take(self, rows: Rows) -> Half:
        """Some of the queries."""
        likely = {name: found[rows] for name, found in self.likely.items()}
        return Half(self.cosines[rows], likely, self.right[rows], self.keep_from)

    def precisions(self, weights: Mapping[str, float]) -> Vectors:
        """The precisions of each query, re-ranked with these weights, [queries, 1 + attributes]."""
        gains = sum(weight * self.likely[name] for name, weight in weights.items())
        first = ranked(self.cosines, np.asarray(gains), self.keep_from)[:, :PRECISION_K]
        return np.asarray(np.take_along_axis(self.right, first[:, :, None], axis=1).mean(1))


def fit_ranking(task: SearchTask, encoder: ImageEncoder | None) -> Ranking | None:
    """Fit the weights on one half of the queries, by coordinate search for the best precision, and measure the other.

    The precision is the share of the first five results that have the query's value: the mean of that of each attribute
    and that of all together. A small shop has few products that share all of them. No attribute may get worse, such as
    the kind in a shop that has few products of each kind. Attributes for which the encoder has no head are predicted by
    the votes of the nearest products. Returns None where the queries are too few, and where the re-ranking does not
    measurably help.
    """
    attributes = _attributes(task)
    if not attributes:
        return None
    task = task.take(np.flatnonzero(task.label(attributes).queries >= 0))
    fitted, measured = halves(task)
    if min(len(fitted), len(measured)) < MIN_QUERIES:
        return None
    count = min(RERANKED, len(task.gallery) - 1)
    rows, cosines = nearest(task.queries.vectors, task.gallery.vector_blocks(), count, task.own_rows)
    likely = _likely(task, attributes, rows, cosines, encoder)
    right = np.stack([task.label([*names]).matches(rows) for names in (attributes, *zip(attributes))], axis=2)
    keep_from = max(round(float(np.quantile(cosines[:, 0], 1 - USUAL)), 5), LEAST_KEPT)
    weights = _search(Half(cosines, likely, right, keep_from).take(fitted))
    half = Half(cosines, likely, right, keep_from).take(measured)
    before, after = half.right[:, :PRECISION_K].mean(1), half.precisions(weights)
    if Estimate.from_values((after - before).mean(1)).low <= 0:
        return None
    used = {name: weight for name, weight in weights.items() if weight}
    shares = [round(float(precisions.mean()), 4) for precisions in (before, after)]
    chances = _chances(task, rows, likely, encoder)
    return Ranking(used, keep_from, tuple(attributes), len(measured), shares[0], shares[1], chances)


def _chances(
    task: SearchTask, rows: Rows, likely: Mapping[str, Vectors], encoder: ImageEncoder | None
) -> dict[str, Curve]:
    """Kind and colour → the curve from the head's probability to the chance of the same value, over ten products."""
    roles, curves = roles_of(task.gallery), {}
    for name in (roles.kind, roles.colour):
        if name is not None and name in likely and encoder is not None and name in encoder.values:
            right = task.label([name]).matches(rows)[:, :RANKING_K]
            knots = thinned(*isotonic(likely[name][:, :RANKING_K].ravel(), right.ravel()))
            xs, ys = (tuple(np.round(part.clip(0, 1), 5).tolist()) for part in knots)
            curves[name] = xs, ys
    return curves


def _attributes(task: SearchTask) -> list[str]:
    """The attributes for kind, colour, wearer and pattern that most products of the gallery and of the queries have."""
    roles = roles_of(task.gallery)
    named = filter(None, (roles.kind, roles.colour, roles.wearer, roles.pattern))
    pools = (task.gallery.items, task.queries.items)
    return [
        name
        for name in named
        if all(np.mean([item.value(name) is not None for item in items]) >= MIN_KNOWN for items in pools)
    ]


def _likely(
    task: SearchTask, attributes: Sequence[str], rows: Rows, cosines: Vectors, encoder: ImageEncoder | None
) -> dict[str, Vectors]:
    """Attribute → the probability that each query has the value of each of its nearest products, [queries, count]."""
    logits = encoder.logits(task.queries.vectors) if encoder else {}
    found = {}
    for name in attributes:
        column = Column([item.value(name) for item in task.gallery.items])
        if encoder and name in logits:
            shares = head_probabilities(logits[name], encoder.values[name], column)
        else:
            shares = vote_probabilities(rows, cosines, column)
        found[name] = np.take_along_axis(shares, column.codes[rows], axis=1)
    return found


def _search(half: Half) -> dict[str, float]:
    weights = dict.fromkeys(half.likely, START)
    before = half.right[:, :PRECISION_K].mean((0, 1))

    def value(name: str, weight: float) -> float:
        after = half.precisions(weights | {name: weight}).mean(0)
        losses = (before - after).clip(0).sum()
        return float(after.mean() - LOSS_PENALTY * losses - PENALTY * weight)

    for _, name in product(range(ROUNDS), half.likely):
        weights[name] = max(WEIGHTS, key=partial(value, name))
    return weights
