"""The values that the packages exchange, and the protocols that an encoder, a searcher and an index fulfil.

This module imports the standard library and numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL import Image

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]
Value = str | None
Where = Mapping[str, Value | Sequence[Value]]
"""A filter: attribute → a value, or a list of values. Or within a list, and between attributes; None is "absent"."""


@dataclass(frozen=True, slots=True)
class Item:
    """A product as a visitor sees it. An attribute that the catalogue leaves empty is None."""

    id: str
    name: str | None
    attributes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Product:
    """A row of a catalogue: the item and its picture, encoded as given (None where there is none)."""

    item: Item
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A product that was left out of an index, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that a query and a product share: a value of an attribute."""

    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Guess:
    """What a picture seems to be in one attribute.

    `value` is None where that is too unsure to say. `probability` is that of the most likely value, `likely` the three
    most likely with theirs.
    """

    attribute: str
    value: str | None
    probability: float
    likely: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A product that answers a query.

    `similarity` is the cosine of the two embeddings, in [-1, 1]; `confidence` the calibrated probability that the
    product is of the query's kind, None where the catalogue does not say what its products are, or nothing is close. A
    filter is no part of it: it is the probability among all products of that similarity.
    """

    item: Item
    similarity: float
    confidence: float | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer(Sequence[Match]):
    """The products that answer a query, best first.

    `close` is False where nothing that passes the filter is close to it, the matches being the nearest all the same;
    None where the index does not know. `seen` is what the query seems to be, attribute by attribute.
    """

    matches: tuple[Match, ...]
    close: bool | None
    seen: Mapping[str, Guess]

    def __len__(self) -> int:
        return len(self.matches)

    @overload
    def __getitem__(self, place: int) -> Match: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Match, ...]: ...
    def __getitem__(self, place: int | slice) -> Match | tuple[Match, ...]:
        return self.matches[place]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the index that is served comes from, for people to read.

    `name` is a Hub repository, or the folder's name; `revision` the commit of that repository; `dataset` the catalogue
    it was built from. `notice` says what was fallen back to, and why; None where all is as asked.
    """

    name: str
    dataset: str
    revision: str | None = None
    notice: str | None = None


class ImageEncoder(Protocol):
    """An encoder of pictures into unit vectors, with optional classification heads."""

    @property
    def values(self) -> Mapping[str, Sequence[str]]:
        """The attributes that the encoder has a classification head for, each with its possible values."""
        ...

    def encode(self, images: list[Image.Image]) -> Vectors:
        """The embeddings of the pictures: unit vectors, float32 [n, dim]."""
        ...

    def logits(self, vectors: Vectors) -> Mapping[str, Vectors]:
        """The output of every classification head for embeddings [n, dim]: attribute → [n, values]."""
        ...

    def heat(self, image: Image.Image, item: Vectors) -> npt.NDArray[np.float32] | None:
        """The share of each region of the picture in its cosine with an embedding [dim]: [rows, columns].

        None where the network has no feature map.
        """
        ...


class Searcher(Protocol):
    """A nearest-neighbour search over the unit vectors of a catalogue. Row i is the embedding of product i."""

    def search(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        """The k nearest rows to each of `vectors` [n, dim], by cosine, highest first.

        Returns rows [n, m] and cosines [n, m], where m is the smaller of k and the number of products that pass the
        filter `where`. A search with a filter is exact.
        """
        ...

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        """The unit vectors of these rows, float32 [len(rows), dim]."""
        ...


class IndexAssets(Protocol):
    """What an index stores beside its vectors and items: thumbnails, and the card that describes it."""

    def thumbnail(self, row: int) -> bytes:
        """The picture of product `row`, encoded in a format that browsers show."""
        ...

    @property
    def version(self) -> str:
        """Differs between two indexes whose thumbnails differ. It is part of the thumbnails' addresses."""
        ...

    @property
    def card(self) -> str:
        """The description of the index, in Markdown."""
        ...

    @property
    def plots(self) -> Mapping[str, bytes]:
        """The plots that the card shows, by file name, as PNG."""
        ...
