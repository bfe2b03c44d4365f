"""How often the nearest products are what was asked for, beside what asks for no encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.core.ranking import Estimate, average_precision_at_k, random_average_precision
from recsys.core.roles import Roles
from recsys.evaluate.search_task import K, Label, Trial
from recsys.types import Item, Rows


@dataclass(frozen=True)
class Scores:
    """P@5, the share of right ones among the five nearest, and mAP@10, which counts their order too."""

    precision: float
    average_precision: float


@dataclass(frozen=True)
class Score:
    """How well products are found by one label, an attribute or several together.

    `left_out` are the queries whose value the gallery does not have, where those are not counted. The baselines are the
    neighbours by 16 × 16 thumbnail, neighbours at random, and the products of the most common value.
    """

    label: str
    queries: int
    left_out: int
    precision: Estimate
    average_precision: Estimate
    thumbnail: Scores
    random: Scores
    majority: float


@dataclass(frozen=True)
class ClassScore:
    """P@5 of the queries of one value."""

    value: str
    queries: int
    precision: float


def score_all(trial: Trial) -> tuple[Score, ...]:
    """The score of each attribute, and of type with colour and gender where the catalogue has them.

    A query without the label is not counted.
    """
    found = [(joined(names), trial.label(names)) for names in _labels(trial.gallery.items)]
    scores = [score(name, label, trial) for name, label in found]
    return tuple(score for score in scores if score)


def score(name: str, label: Label, trial: Trial) -> Score | None:
    """The score of a label; None where no query has it."""
    counted = trial.counted(label)
    if not len(counted) or not (label.held >= 0).any():
        return None
    relevant, size = trial.relevant(label)[counted], len(trial.gallery) - int((trial.itself >= 0).any())
    alike = label.alike(trial.found[0])[counted]
    by_thumbnail = label.alike(trial.found_by_thumbnail)[counted]
    most_common = np.bincount(label.held[label.held >= 0]).argmax()
    by_chance = random_average_precision(relevant, size, trial.depth)
    return Score(
        label=name,
        queries=len(counted),
        left_out=int((label.asked >= 0).sum()) - len(counted),
        precision=Estimate.from_values(alike[:, :K].mean(1)),
        average_precision=Estimate.from_values(average_precision_at_k(alike, relevant)),
        thumbnail=_scores(by_thumbnail, relevant),
        random=Scores(float(relevant.mean() / size), float(by_chance.mean())),
        majority=float((label.asked[counted] == most_common).mean()),
    )


def score_classes(trial: Trial, attribute: str) -> tuple[ClassScore, ...]:
    """P@5 of each value of an attribute, the most asked for first."""
    label = trial.label([attribute])
    counted = trial.counted(label)
    right = label.alike(trial.found[0][:, :K]).mean(1)[counted]
    values = np.array([str(trial.queries.items[row].attributes[attribute]) for row in counted])
    names, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return tuple(
        ClassScore(str(names[place]), int(counts[place]), float(right[values == names[place]].mean()))
        for place in order
    )


def attributes_of(items: Sequence[Item]) -> list[str]:
    """The attributes that any of these items has, in order."""
    found = dict.fromkeys(name for item in items for name in item.attributes)
    return [name for name in found if any(item.attributes.get(name) is not None for item in items)]


def roles_of(items: Sequence[Item]) -> Roles:
    """The roles of the attributes that any of these items has."""
    return Roles.from_names(attributes_of(items))


def joined(label: Sequence[str]) -> str:
    """The name of a label of several attributes."""
    return " ∧ ".join(label)


def _labels(items: Sequence[Item]) -> list[tuple[str, ...]]:
    names = attributes_of(items)
    roles = Roles.from_names(names)
    joint = [(roles.kind, roles.wearer), (roles.kind, roles.colour), (roles.kind, roles.colour, roles.wearer)]
    return [(name,) for name in names] + [tuple(filter(None, label)) for label in joint if None not in label]


def _scores(alike: np.ndarray, relevant: Rows) -> Scores:
    return Scores(float(alike[:, :K].mean()), float(average_precision_at_k(alike, relevant).mean()))
