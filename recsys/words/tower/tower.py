"""Encodes texts to unit vectors in the space of an image encoder, with numpy alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from recsys.core.linalg import unit
from recsys.errors import IndexDamagedError
from recsys.format.encoder_spec import EncoderSpec
from recsys.format.layout import TOWER, TOWER_WEIGHTS
from recsys.runtime.hashing import read_json
from recsys.types import Vectors
from recsys.words.tower.features import Bag, Vocabulary, words_of_text

FORMAT = 1
NORM_EPSILON = 1e-5
REMEDY = "Train it again with `recsys train-words`, or build the index again."


@dataclass(frozen=True)
class TowerInfo:
    """Where a tower belongs and how good it is.

    `weights` and `projection` are the hashes of the encoder whose space it encodes into. `products` is how many
    products it was trained on. `measured` has its figures on held-out products, by name.
    """

    weights: str
    projection: str | None
    products: int = 0
    measured: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of_encoder(cls, spec: EncoderSpec, products: int = 0, measured: Mapping[str, float] | None = None) -> Self:
        """The facts of a tower for the encoder of this specification."""
        return cls(spec.weights, spec.projection, products, dict(measured or {}))


class TextTower:
    """Encodes texts to unit vectors that are close to the embeddings of the pictures that the texts describe.

    A text is a weighted sum of the vectors of its words, its pairs of words and the pieces of its words. The sum is
    normalised, and goes through one hidden layer beside a linear one.
    """

    def __init__(self, vocabulary: Vocabulary, arrays: Mapping[str, Vectors], info: TowerInfo):
        """`arrays` are those of `shapes`. Raises ValueError if one has another shape, or is not finite."""
        self.vocabulary, self.arrays, self.info = vocabulary, arrays, info
        self.dim = len(arrays["output.bias"])
        wanted = shapes(vocabulary, arrays["norm.weight"].shape[0], len(arrays["hidden.bias"]), self.dim)
        if {name: array.shape for name, array in arrays.items()} != wanted:
            raise ValueError("its arrays do not fit each other")
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError("it has a weight that is not a number")
        self._float = {name: array.astype(np.float32) for name, array in arrays.items() if name != "embedding"}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of these texts, float32 [n, dim]. A text without a word gives the vector of no words."""
        return self.encode_words([words_of_text(text) for text in texts])

    def encode_words(self, texts: Sequence[Sequence[str]]) -> Vectors:
        """The same for texts that are given as lists of words."""
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        weights, sums = self._float, self._sums(self.vocabulary.bag(texts))
        centred = sums - sums.mean(1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(1, keepdims=True) + NORM_EPSILON)
        normed = scaled * weights["norm.weight"] + weights["norm.bias"]
        hidden = np.maximum(normed @ weights["hidden.weight"].T + weights["hidden.bias"], 0)
        return unit(hidden @ weights["output.weight"].T + weights["output.bias"] + normed @ weights["skip.weight"].T)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that training saw often enough to have a vector of their own for them."""
        return frozenset(word for word in self.vocabulary.words if " " not in word)

    def fits(self, spec: EncoderSpec) -> bool:
        """Whether the tower encodes into the space of the encoder of this specification."""
        return (self.info.weights, self.info.projection, self.dim) == (spec.weights, spec.projection, spec.dim)

    def _sums(self, bag: Bag) -> Vectors:
        sums = np.zeros((len(bag.starts), self.arrays["embedding"].shape[1]), np.float32)
        ends = np.append(bag.starts[1:], len(bag.rows))
        for text, (start, end) in enumerate(zip(bag.starts, ends, strict=True)):
            sums[text] = bag.weights[start:end] @ self.arrays["embedding"][bag.rows[start:end]].astype(np.float32)
        return sums

    def save(self, folder: Path) -> None:
        """Write the two files of the tower."""
        halves = {name: np.ascontiguousarray(array, np.float16) for name, array in self.arrays.items()}
        (folder / TOWER_WEIGHTS).write_bytes(save(halves))  # `save_file` lets the owner alone read it
        facts = {"format": FORMAT, **asdict(self.info), "buckets": self.vocabulary.buckets}
        text = json.dumps({**facts, "words": list(self.vocabulary.words)}, ensure_ascii=False)
        (folder / TOWER).write_text(text + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """The tower in a folder; None if it has none. Raises IndexDamagedError if its files cannot be read."""
        if not (folder / TOWER).is_file():
            return None
        try:
            facts = read_json(folder / TOWER)
            if facts["format"] != FORMAT:
                raise ValueError(f"it has format {facts['format']!r:.20}, not {FORMAT}")
            info = TowerInfo(facts["weights"], facts["projection"], facts["products"], facts["measured"])
            return cls(_vocabulary(facts), load_file(folder / TOWER_WEIGHTS), info)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, SafetensorError) as error:
            raise IndexDamagedError(
                f"The text tower {TOWER} of {folder.name} cannot be read: {error}. {REMEDY}"
            ) from error


def shapes(vocabulary: Vocabulary, width: int, hidden: int, dim: int) -> dict[str, tuple[int, ...]]:
    """The arrays of a tower with their shapes. PyTorch's names and layouts are used."""
    return {
        "embedding": (vocabulary.size, width),
        "norm.weight": (width,),
        "norm.bias": (width,),
        "hidden.weight": (hidden, width),
        "hidden.bias": (hidden,),
        "output.weight": (dim, hidden),
        "output.bias": (dim,),
        "skip.weight": (dim, width),
    }


def _vocabulary(facts: Mapping[str, Any]) -> Vocabulary:
    words, buckets = facts["words"], facts["buckets"]
    if not (isinstance(words, list) and all(isinstance(word, str) for word in words) and type(buckets) is int):
        raise ValueError("its vocabulary is not a list of words")
    if buckets < 1:
        raise ValueError("it has no buckets for the pieces of words")
    return Vocabulary(tuple(words), buckets)
