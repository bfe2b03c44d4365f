"""Whether a confidence means what it says, and whether what is not in the shop is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.core.calibration import FEWEST_QUERIES, Calibration, Flags, Numbers, expected_calibration_error
from recsys.core.ranking import Estimate
from recsys.evaluate.retrieval import roles_of
from recsys.evaluate.search_task import Trial, nearest
from recsys.runtime.hashing import sha256
from recsys.types import Rows, Vectors

RESAMPLES = 200
BINS = 10


@dataclass(frozen=True)
class Refusal:
    """The share of these pictures of which it is said that nothing is close."""

    name: str
    pictures: int
    refused: Estimate


@dataclass(frozen=True)
class Bin:
    """Matches of about this confidence, and the share of them that is right."""

    confidence: float
    right: float
    matches: int


@dataclass(frozen=True)
class Confidence:
    """The calibration judged on queries that it was not fitted on: fitted on each half, judged on the other.

    `error` is the expected calibration error of the ten best matches, None for a catalogue that does not say what kind
    of thing a product is. `refused` is the share of queries refused, to be at most 5 %.
    """

    attribute: str | None
    queries: int
    error: Estimate | None
    refused: Estimate
    refusals: tuple[Refusal, ...]
    bins: tuple[Bin, ...]


def calibrate(trial: Trial) -> Calibration | None:
    """How to read the cosines of the gallery, from the ten best matches of each query; None for too few queries.

    Queries that do not say what kind of thing they are count for nothing, unless nearly all do not.
    """
    attribute = roles_of(trial.gallery.items).kind
    cosines = trial.found[1]
    if attribute:
        label = trial.label([attribute])
        known = label.asked >= 0
        if known.sum() >= FEWEST_QUERIES:
            return Calibration.fit(cosines[known], label.alike(trial.found[0])[known], attribute)
    return Calibration.fit(cosines, None, None)


def judge_confidence(trial: Trial, others: Mapping[str, Vectors]) -> Confidence | None:
    """Judge the calibration of this trial, also on `others`, vectors [n, dim] of what the gallery does not have.

    None where there are too few queries to fit on a half of them.
    """
    halves = _halves(trial)
    first, second, whole = calibrate(trial.take(halves[0])), calibrate(trial.take(halves[1])), calibrate(trial)
    if first is None or second is None or whole is None:
        return None
    judged = [(halves[0], second), (halves[1], first)]
    cosines = trial.found[1]
    refused = np.concatenate([fitted.closeness(cosines[rows]) < fitted.threshold for rows, fitted in judged])
    error, bins = _judge_confidences(trial, judged, whole.attribute)
    refusals = tuple(_refusal(name, vectors, trial, whole) for name, vectors in others.items() if len(vectors))
    return Confidence(whole.attribute, len(refused), error, Estimate.from_values(refused), refusals, bins)


def _halves(trial: Trial) -> tuple[Rows, Rows]:
    """The queries in two halves by a hash of their ids."""
    half = np.array([int(sha256(item.id.encode())[8], 16) % 2 for item in trial.queries.items])
    return np.flatnonzero(half == 0), np.flatnonzero(half == 1)


def _judge_confidences(
    trial: Trial, judged: Sequence[tuple[Rows, Calibration]], attribute: str | None
) -> tuple[Estimate | None, tuple[Bin, ...]]:
    if attribute is None or any(fitted.attribute is None for _, fitted in judged):
        return None, ()
    label = trial.label([attribute])
    places, cosines = trial.found
    known = [rows[label.asked[rows] >= 0] for rows, _ in judged]
    confidences = np.concatenate(
        [
            np.interp(cosines[rows], fitted.similarity, fitted.confidence)
            for rows, (_, fitted) in zip(known, judged, strict=True)
        ]
    )
    right = label.alike(places)[np.concatenate(known)]
    return calibration_error(confidences, right), _bins(confidences.ravel(), right.ravel())


def calibration_error(confidences: Numbers, right: Flags) -> Estimate:
    """The expected calibration error of the matches of queries, both [n, k], and its interval over the queries.

    A gap of chance alone counts too, and in a resample twice: the interval is the basic one (Davison & Hinkley 1997),
    which reflects the resamples about the value.
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


def _refusal(name: str, vectors: Vectors, trial: Trial, fitted: Calibration) -> Refusal:
    nowhere = np.full(len(vectors), -1)
    cosines = nearest(vectors, trial.gallery.vector_blocks(), fitted.nearest, nowhere)[1]
    return Refusal(name, len(vectors), Estimate.from_values(fitted.closeness(cosines) < fitted.threshold))
