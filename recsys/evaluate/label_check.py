"""Finds values of an attribute that everything else about their products contradicts, and proposes missing ones.

The evidence for a value is the values of the nearest pictures, of the product's other attributes, and of its name. A
product's own value does not count as evidence for itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.core.calibration import isotonic
from recsys.types import Rows, Value, Vectors

Scores = npt.NDArray[np.float64]

NEIGHBOURS = 20
COSINE_SCALE = 0.1
"""A neighbour whose cosine is lower by this than that of the nearest one counts e times less."""
PLANTED_SHARE = 0.01
PLANTED_RECALL = 0.8
SLACK = 0.95
"""The bound is lower by this factor than what finds `PLANTED_RECALL`, because the contradictions lie close together."""
MIN_PLANTED = 100
"""The planting is repeated in a small catalogue, until this many values were replaced."""
MIN_ROWS = 200
"""An attribute of fewer products is not checked."""
MAX_WRONG_SHARE = 0.015
"""If more of the values are contradicted, the attribute is a matter of taste, or means something else here."""
MIN_GAP = 2.0
"""The least contradiction, as log odds."""
MIN_WORD_ROWS = 10
TELLING_WORDS = 2
"""The words of a name that count: those that say most about the value."""


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of the products beside one attribute.

    `neighbours` [n, k] are the nearest rows and `cosines` theirs. `others` are the codes of other attributes, -1 where
    there is none, and `words` the numbers of the words of each name.
    """

    neighbours: Rows
    cosines: Vectors
    others: Sequence[Rows]
    words: Sequence[Sequence[int]]


@dataclass(frozen=True, eq=False)
class LabelCheck:
    """For each row: the `proposed` code, its probability, and whether the given value is taken to be `wrong`.

    `found` is the share of planted wrong values that are found, or 0 if the values of this attribute are too much a
    matter of taste to be checked.
    """

    proposed: Rows
    probability: Scores
    wrong: npt.NDArray[np.bool_]
    found: float


def check_labels(codes: Rows, count: int, facts: Facts, seed: int = 0) -> LabelCheck:
    """Check the values of an attribute with `count` values. `codes` [n] is -1 where the value is missing.

    How strong a contradiction must be is measured: 1 % of the values are replaced, and the bound finds 80 % of these.
    """
    scores = _scores(codes, count, facts)
    gap, (bound, found) = _gap(scores, codes), _bound(codes, count, facts, seed)
    wrong = gap >= bound
    if wrong.mean() > MAX_WRONG_SHARE:
        wrong, found = np.zeros(len(codes), bool), 0.0
    others = scores.copy()
    others[wrong, codes[wrong]] = -np.inf
    return LabelCheck(others.argmax(1), _probability(scores, codes), wrong, found)


def word_numbers(names: Sequence[Value]) -> list[list[int]]:
    """The words of each name as numbers. Rare words are left out."""
    words = [sorted(set(re.findall(r"\w+", (name or "").lower()))) for name in names]
    counts = Counter(word for each in words for word in each)
    number = {word: place for place, word in enumerate(w for w, rows in counts.items() if rows >= MIN_WORD_ROWS)}
    return [[number[word] for word in each if word in number] for each in words]


def _bound(codes: Rows, count: int, facts: Facts, seed: int) -> tuple[float, float]:
    """The least contradiction to report, and the share of planted wrong values that it finds."""
    chance, known = np.random.default_rng(seed), np.flatnonzero(codes >= 0)
    size = max(1, int(PLANTED_SHARE * len(known)))
    gaps: list[float] = []
    for _ in range(-(-MIN_PLANTED // size) if len(known) >= MIN_ROWS else 0):
        planted, altered = chance.permutation(known)[:size], codes.copy()
        altered[planted] = codes[chance.permutation(known)[:size]]
        planted = planted[altered[planted] != codes[planted]]
        gaps += _gap(_scores(altered, count, facts), altered)[planted].tolist()
    if not gaps or (bound := SLACK * float(np.quantile(gaps, 1 - PLANTED_RECALL))) < MIN_GAP:
        return np.inf, 0.0
    return bound, float((np.array(gaps) >= bound).mean())


def _gap(scores: Scores, codes: Rows) -> Scores:
    """By how much the best other value is more likely than the given one, as log odds; -inf where none is given."""
    rows = np.arange(len(codes))
    others = scores.copy()
    others[rows, codes] = -np.inf
    return np.where(codes >= 0, others.max(1) - scores[rows, codes], -np.inf)


def _scores(codes: Rows, count: int, facts: Facts) -> Scores:
    """The log probability of each value for each row, up to a constant: [n, count]."""
    prior = (np.bincount(codes[codes >= 0], minlength=count) + 1) / (np.count_nonzero(codes >= 0) + count)
    scores = _neighbour_evidence(codes, count, facts, prior)
    for other in facts.others:
        scores += _attribute_evidence(codes, prior, other)
    return scores + _name_evidence(codes, prior, facts.words)


def _neighbour_evidence(codes: Rows, count: int, facts: Facts, prior: Scores) -> Scores:
    weights = np.exp((facts.cosines - facts.cosines[:, :1]) / COSINE_SCALE)
    values = codes[facts.neighbours]
    votes = np.zeros((len(codes), count))
    rows, places = np.nonzero(values >= 0)
    np.add.at(votes, (rows, values[rows, places]), weights[rows, places])
    return np.log((votes + 2 * prior) / (votes.sum(1, keepdims=True) + 2))


def _attribute_evidence(codes: Rows, prior: Scores, other: Rows) -> Scores:
    """How much more likely each value is among the products with the same value of another attribute."""
    table = np.zeros((other.max(initial=0) + 1, len(prior)))
    both = (codes >= 0) & (other >= 0)
    np.add.at(table, (other[both], codes[both]), 1)
    counts = table[other]
    counts[np.flatnonzero(both), codes[both]] -= 1
    evidence = np.log((counts + prior) / (counts.sum(1, keepdims=True) + 1)) - np.log(prior)
    return np.where((other >= 0)[:, None], evidence, 0.0)


def _name_evidence(codes: Rows, prior: Scores, words: Sequence[Sequence[int]]) -> Scores:
    """The same for the words of the name, of which the most telling ones count."""
    table = np.zeros((max((max(each, default=-1) for each in words), default=-1) + 1, len(prior)))
    for code, each in zip(codes, words, strict=True):
        if code >= 0:
            table[each, code] += 1
    evidence = np.zeros((len(codes), len(prior)))
    for row, (code, each) in enumerate(zip(codes, words, strict=True)):
        if each:
            counts = table[each]
            if code >= 0:
                counts[:, code] -= 1
            shares = (counts + 3 * prior) / (counts.sum(1, keepdims=True) + 3)
            telling = np.argsort(-(shares * np.log(shares)).sum(1))[:TELLING_WORDS]
            evidence[row] = np.log(shares[telling]).mean(0) - np.log(prior)
    return evidence


def _probability(scores: Scores, codes: Rows) -> Scores:
    """How often the likeliest value is the given one, among rows that have one and are as certain."""
    likely = np.exp(scores - scores.max(1, keepdims=True))
    certainty = likely.max(1) / likely.sum(1)
    known = codes >= 0
    if not known.any():
        return np.zeros(len(codes))
    bounds, shares = isotonic(certainty[known], scores[known].argmax(1) == codes[known])
    return np.interp(certainty, bounds, shares)
