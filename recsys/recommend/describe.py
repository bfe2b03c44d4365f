"""Predicts the attributes of a picture, and finds the values that it shares with a product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from recsys.core.columns import Column
from recsys.types import Attribute, Guess, Item, Reason, Vectors, as_tuple

MIN_PROBABILITY = 0.5
"""A guess has a value only if its probability is higher than this. Otherwise it is as likely wrong as right."""
MAX_LIKELY_VALUES = 3


def guess(attribute: str, probabilities: Mapping[str, float]) -> Guess:
    """The guess of one attribute, from the probability of each of its values."""
    likely = sorted(probabilities.items(), key=lambda pair: -pair[1])[:MAX_LIKELY_VALUES]
    value, probability = likely[0]
    return Guess(attribute, value if probability > MIN_PROBABILITY else None, probability, tuple(likely))


def by_heads(logits: Mapping[str, Vectors], values: Mapping[str, Sequence[str]]) -> dict[str, Guess]:
    """The guesses from the logits of an encoder's classification heads for one picture: attribute → [1, values]."""
    found = {}
    for attribute, (scores,) in logits.items():
        shares = np.exp(scores - scores.max())
        shares = shares / shares.sum()
        found[attribute] = guess(attribute, dict(zip(values[attribute], shares.tolist(), strict=True)))
    return found


def by_neighbours(columns: Mapping[str, Column], rows: Sequence[int]) -> dict[str, Guess]:
    """The guesses from a picture's nearest products: the probability of a value is the share of products that have it.

    `rows` are these products in the columns of the attributes. A product without a value votes for none.
    """
    found = {}
    for attribute, column in columns.items():
        votes = Counter(value for row in rows if (value := column[row]) is not None)
        if votes:
            found[attribute] = guess(attribute, {value: count / len(rows) for value, count in votes.items()})
    return found


def guesses(
    logits: Mapping[str, Vectors],
    values: Mapping[str, Sequence[str]],
    columns: Mapping[str, Column],
    rows: Sequence[int],
) -> dict[str, Guess]:
    """The guesses of the encoder's heads, and those of the nearest products for attributes without a head.

    They are in the order of the columns.
    """
    seen = by_heads(logits, values)
    found = by_neighbours({name: column for name, column in columns.items() if name not in seen}, rows) | seen
    return {name: found[name] for name in (*columns, *seen) if name in found}


def shared(values: Mapping[str, Attribute], item: Item) -> tuple[Reason, ...]:
    """The attribute values that the query, which has `values`, and the item have in common."""
    return tuple(
        Reason(name, value)
        for name, several in values.items()
        for value in as_tuple(several)
        if value in as_tuple(item.attributes.get(name))
    )
