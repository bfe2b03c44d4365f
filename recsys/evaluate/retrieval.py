"""Retrieval scores: how many of the nearest products have the label of the query, and baselines without an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.core.ranking import Estimate, average_precision_at_k, random_average_precision
from recsys.core.roles import Roles
from recsys.evaluate.pool import Pool
from recsys.evaluate.search_task import PRECISION_K, SearchTask
from recsys.types import Item, Rows, Vectors

JOINT = " ∧ "
"""Joins the attributes of a label."""


@dataclass(frozen=True)
class Baseline:
    """Precision@5 and mean average precision@10 of a baseline."""

    precision: float
    average_precision: float


@dataclass(frozen=True)
class Score:
    """Precision@5 and mAP@10 for one label, which is an attribute or several attributes together.

    `left_out` is the number of queries that are not scored because the gallery does not have their value. The baselines
    are the nearest products by 16 × 16 thumbnail, random products, and products of the majority class. `gain` is the
    mean difference of the precision and that by thumbnail, query by query.
    """

    label: str
    queries: int
    left_out: int
    precision: Estimate
    gain: Estimate
    average_precision: Estimate
    thumbnail: Baseline
    random: Baseline
    majority: float


@dataclass(frozen=True)
class ClassScore:
    """Precision@5 of the queries with one value of an attribute."""

    value: str
    queries: int
    precision: float


def score_attributes(task: SearchTask) -> tuple[Score, ...]:
    """The score of each attribute, and of the kind together with colour and wearer where the catalogue has them."""
    labels = [(name,) for name in attributes_of(task.gallery.items)] + joint_labels(roles_of(task.gallery))
    scores = [score(names, task) for names in labels]
    return tuple(score for score in scores if score)


def main_scores(scores: Sequence[Score], roles: Roles) -> tuple[Score, ...]:
    """The scores of the kind, of the colour, and of the most attributes together."""
    single = [(name,) for name in (roles.kind, roles.colour) if name]
    labels = {JOINT.join(names) for names in [*single, *joint_labels(roles)[-1:]]}
    return tuple(score for score in scores if score.label in labels)


def precisions(attributes: Sequence[str], task: SearchTask) -> Vectors:
    """The share of the first five matches with the label of the query, for each query that is scored: [n]."""
    label = task.label(attributes)
    right = label.matches(task.neighbours[0][:, :PRECISION_K])[task.scored_queries(label)]
    return np.asarray(right.mean(1), np.float32)


def score(attributes: Sequence[str], task: SearchTask) -> Score | None:
    """The score of a label, on the queries that have it; None where there are none."""
    label = task.label(attributes)
    counted = task.scored_queries(label)
    if not len(counted) or not (label.gallery >= 0).any():
        return None
    relevant, size = task.relevant_counts(label)[counted], len(task.gallery) - int((task.own_rows >= 0).any())
    is_match = label.matches(task.neighbours[0])[counted]
    by_thumbnail = label.matches(task.thumbnail_neighbours)[counted]
    precisions = is_match[:, :PRECISION_K].mean(1)
    most_common = np.bincount(label.gallery[label.gallery >= 0]).argmax()
    by_chance = random_average_precision(relevant, size, task.depth)
    return Score(
        label=JOINT.join(attributes),
        queries=len(counted),
        left_out=int((label.queries >= 0).sum()) - len(counted),
        precision=Estimate.from_values(precisions),
        gain=Estimate.from_values(precisions - by_thumbnail[:, :PRECISION_K].mean(1)),
        average_precision=Estimate.from_values(average_precision_at_k(is_match, relevant)),
        thumbnail=_scores(by_thumbnail, relevant),
        random=Baseline(float(relevant.mean() / size), float(by_chance.mean())),
        majority=float((label.queries[counted] == most_common).mean()),
    )


def score_classes(task: SearchTask, attribute: str) -> tuple[ClassScore, ...]:
    """Precision@5 of each value of an attribute, the value of the most queries first."""
    label = task.label([attribute])
    counted = task.scored_queries(label)
    right = label.matches(task.neighbours[0][:, :PRECISION_K]).mean(1)[counted]
    values = np.array([str(task.queries.items[row].value(attribute)) for row in counted])
    names, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return tuple(
        ClassScore(str(names[place]), int(counts[place]), float(right[values == names[place]].mean()))
        for place in order
    )


def attributes_of(items: Sequence[Item]) -> list[str]:
    """The attributes that have a value in any of these items, in order."""
    found = dict.fromkeys(name for item in items for name in item.single_values)
    return [name for name in found if any(item.value(name) is not None for item in items)]


def roles_of(pool: Pool) -> Roles:
    """The roles of the attributes that have a value in any product of the pool."""
    return Roles.from_names(attributes_of(pool.items), pool.role_overrides)


def joint_labels(roles: Roles) -> list[tuple[str, ...]]:
    """The kind together with colour and wearer, where there are such attributes. The last one has the most."""
    joint = [(roles.kind, roles.wearer), (roles.kind, roles.colour), (roles.kind, roles.colour, roles.wearer)]
    return [tuple(filter(None, label)) for label in joint if None not in label]


def _scores(is_match: np.ndarray, relevant: Rows) -> Baseline:
    return Baseline(float(is_match[:, :PRECISION_K].mean()), float(average_precision_at_k(is_match, relevant).mean()))
