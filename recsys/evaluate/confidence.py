"""Evaluates the calibration: how reliable confidences are, and how often there is no close match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.core.calibration import MIN_QUERIES, Calibration, Flags, Numbers, expected_calibration_error
from recsys.core.columns import Column
from recsys.core.ranking import Estimate
from recsys.core.reranking import coverage
from recsys.evaluate.retrieval import roles_of
from recsys.evaluate.search_task import SearchTask, nearest
from recsys.runtime.hashing import sha256
from recsys.types import ImageEncoder, Rows, Vectors

RESAMPLES = 200
BINS = 10


@dataclass(frozen=True)
class Refusal:
    """The share of some pictures without a close match."""

    name: str
    pictures: int
    refused: Estimate


@dataclass(frozen=True)
class Bin:
    """Matches of similar confidence: their mean confidence, and the share of them that is correct."""

    confidence: float
    right: float
    matches: int


@dataclass(frozen=True)
class Confidence:
    """The calibration, fitted on each half of the queries and evaluated on the other half.

    `error` is the expected calibration error of the ten best matches; None for a catalogue without an attribute for
    the kind of product. `refused` is the share of queries for which nothing is close; it should be at most 5 %.
    """

    attribute: str | None
    queries: int
    error: Estimate | None
    refused: Estimate
    refusals: tuple[Refusal, ...]
    bins: tuple[Bin, ...]


def calibrate(task: SearchTask, encoder: ImageEncoder | None = None) -> Calibration | None:
    """Fit the calibration to the ten best matches of each query; None for too few queries.

    Queries without a kind are ignored. Where too few queries have a kind, only the threshold is fitted, to all. Without
    an encoder, pictures of missing kinds are not rejected.
    """
    attribute = roles_of(task.gallery).kind
    cosines = task.neighbours[1]
    if attribute:
        label = task.label([attribute])
        known = label.queries >= 0
        if known.sum() >= MIN_QUERIES:
            alike, covered = label.matches(task.neighbours[0]), _coverage(task.queries.vectors, task, encoder)
            return Calibration.fit(cosines[known], alike[known], attribute, covered[known])
    return Calibration.fit(cosines, None, None)


def evaluate_confidence(
    task: SearchTask, others: Mapping[str, Vectors], encoder: ImageEncoder | None = None
) -> Confidence | None:
    """Evaluate the calibration of this task, and the rejection of `others`: name → vectors [n, dim].

    The others are pictures of things that the gallery does not have. Returns None where half of the queries are too few
    to fit a calibration.
    """
    parts = halves(task)
    first, second, whole = (calibrate(part, encoder) for part in (*map(task.take, parts), task))
    if first is None or second is None or whole is None:
        return None
    crossed = [(parts[0], second), (parts[1], first)]
    cosines, covered = task.neighbours[1], _coverage(task.queries.vectors, task, encoder)
    refused = np.concatenate([fitted.rejects(cosines[rows], covered[rows]) for rows, fitted in crossed])
    error, bins = _evaluate_confidences(task, crossed, whole.attribute)
    refusals = tuple(_refusal(name, vectors, task, whole, encoder) for name, vectors in others.items() if len(vectors))
    return Confidence(whole.attribute, len(refused), error, Estimate.from_values(refused), refusals, bins)


def halves(task: SearchTask) -> tuple[Rows, Rows]:
    """Split the queries into two halves by a hash of their ids."""
    half = np.array([int(sha256(item.id.encode())[8], 16) % 2 for item in task.queries.items])
    return np.flatnonzero(half == 0), np.flatnonzero(half == 1)


def _evaluate_confidences(
    task: SearchTask, crossed: Sequence[tuple[Rows, Calibration]], attribute: str | None
) -> tuple[Estimate | None, tuple[Bin, ...]]:
    if attribute is None or any(fitted.attribute is None for _, fitted in crossed):
        return None, ()
    label = task.label([attribute])
    places, cosines = task.neighbours
    known = [(rows[label.queries[rows] >= 0], fitted) for rows, fitted in crossed]
    curves = [np.interp(cosines[rows], fitted.similarity, fitted.confidence) for rows, fitted in known]
    confidences, right = np.concatenate(curves), label.matches(places)[np.concatenate([rows for rows, _ in known])]
    return calibration_error(confidences, right), _bins(confidences.ravel(), right.ravel())


def calibration_error(confidences: Numbers, right: Flags) -> Estimate:
    """The expected calibration error of the matches of queries, both [n, k], with its 95 % interval over the queries.

    Chance raises the error of the queries, and raises it again in each resample. The basic bootstrap interval corrects
    for this: it reflects the errors of the resamples about the value (Davison & Hinkley 1997).
    """
    value = expected_calibration_error(confidences.ravel(), right.ravel())
    rng = np.random.default_rng(0)
    drawn = [rng.integers(len(right), size=len(right)) for _ in range(RESAMPLES)]
    errors = [expected_calibration_error(confidences[rows].ravel(), right[rows].ravel()) for rows in drawn]
    high, low = 2 * value - np.percentile(errors, [2.5, 97.5])
    return Estimate(value, min(value, max(0.0, float(low))), max(value, min(1.0, float(high))))


def _bins(confidences: Numbers, right: Flags) -> tuple[Bin, ...]:
    place = np.minimum((confidences * BINS).astype(int), BINS - 1)
    parts = [place == number for number in range(BINS)]
    return tuple(
        Bin(float(confidences[part].mean()), float(right[part].mean()), int(part.sum())) for part in parts if part.any()
    )


def _coverage(vectors: Vectors, task: SearchTask, encoder: ImageEncoder | None) -> Vectors:
    """The probability that the gallery has the kind of each query, [n]; 1 where the encoder has no head for it."""
    kind, found = roles_of(task.gallery).kind, None
    if encoder is not None and kind is not None:
        found = coverage(encoder, vectors, kind, Column([item.value(kind) for item in task.gallery.items]))
    return np.ones(len(vectors), np.float32) if found is None else found


def _refusal(
    name: str, vectors: Vectors, task: SearchTask, fitted: Calibration, encoder: ImageEncoder | None
) -> Refusal:
    nowhere = np.full(len(vectors), -1)
    cosines = nearest(vectors, task.gallery.vector_blocks(), fitted.nearest, nowhere)[1]
    rejected = fitted.rejects(cosines, _coverage(vectors, task, encoder))
    return Refusal(name, len(vectors), Estimate.from_values(rejected))
