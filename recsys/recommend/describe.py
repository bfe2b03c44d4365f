"""What a picture shows, attribute by attribute, and what it shares with a product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from recsys.types import Guess, Item, Reason, Value, Vectors

SURE = 0.5
"""A guess of no more than this is as likely wrong as right, and two values may have it: the value is left open."""
SHOWN = 3


def guess(attribute: str, probabilities: Mapping[str, float]) -> Guess:
    """The guess of one attribute from the probabilities of its values."""
    likely = sorted(probabilities.items(), key=lambda pair: -pair[1])[:SHOWN]
    value, probability = likely[0]
    return Guess(attribute, value if probability > SURE else None, probability, tuple(likely))


def by_heads(logits: Mapping[str, Vectors], values: Mapping[str, Sequence[str]]) -> dict[str, Guess]:
    """From the logits [1, values] that an encoder gives a picture."""
    guesses = {}
    for attribute, (scores,) in logits.items():
        shares = np.exp(scores - scores.max())
        shares = shares / shares.sum()
        guesses[attribute] = guess(attribute, dict(zip(values[attribute], shares.tolist(), strict=True)))
    return guesses


def by_neighbours(neighbours: Sequence[Item]) -> dict[str, Guess]:
    """From the products nearest to a picture, which vote with what they are; those that do not say so abstain."""
    guesses = {}
    for attribute in dict.fromkeys(name for item in neighbours for name in item.attributes):
        votes = Counter(value for item in neighbours if (value := item.attributes.get(attribute)) is not None)
        if votes:
            shares = {value: count / len(neighbours) for value, count in votes.items()}
            guesses[attribute] = guess(attribute, shares)
    return guesses


def shared(seen: Mapping[str, Value], item: Item) -> tuple[Reason, ...]:
    """Those of the attributes and values seen that the item has too."""
    return tuple(
        Reason(name, value) for name, value in seen.items() if value is not None and item.attributes.get(name) == value
    )
