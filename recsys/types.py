"""The values that the packages exchange, and the protocols that an encoder, a searcher and an index fulfil.

This module imports the standard library and numpy only.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Protocol, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pandas import DataFrame
    from PIL import Image

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]
Value = str | None
Where = Mapping[str, Value | Sequence[Value]]
"""A filter: attribute → a value, or a list of values.

An item passes if each attribute has one of its listed values. None stands for an item without a value.
"""


@dataclass(frozen=True, slots=True)
class Item:
    """A product. An attribute without a value is None."""

    id: str
    name: str | None
    attributes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Product:
    """A row of a catalogue: the item, and its encoded picture, None where the catalogue has none."""

    item: Item
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A product that was left out of an index, with the reason."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A value of an attribute that query and product share."""

    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Guess:
    """The prediction of one attribute of a picture.

    `value` is None where the prediction is too uncertain. `probability` is that of the most likely value; `likely` has
    the three most likely values with their probabilities.
    """

    attribute: str
    value: str | None
    probability: float
    likely: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A product that answers a query.

    `similarity` is the cosine of the two embeddings, in [-1, 1]. `confidence` is the calibrated probability that the
    product is of the query's kind, among all products of that similarity, whatever the filter; it is None where the
    catalogue does not say what kind its products are, or where nothing is close. `reasons` are the attribute values
    that query and product share. `row` is the place of the product in the index.
    """

    item: Item
    similarity: float
    confidence: float | None = None
    reasons: tuple[Reason, ...] = ()
    row: int | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Answer(Sequence[Match]):
    """The products that answer a query, best first. A notebook shows them as pictures.

    `close` is False where nothing that passes the filter is close to the query; the matches are the nearest products
    all the same. It is None where the index does not know. `seen` is what the query seems to be, by attribute. `box` is
    the part of the picture that was searched with: left, top, right and bottom as shares of its width and height. It is
    None where that is the whole picture, and for a query that is not a picture.
    """

    matches: tuple[Match, ...]
    close: bool | None
    seen: Mapping[str, Guess]
    box: tuple[float, float, float, float] | None = None
    assets: InitVar[IndexAssets | None] = None

    def __post_init__(self, assets: IndexAssets | None) -> None:
        object.__setattr__(self, "_assets", assets)

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("matches", "close", "seen", "box")} | {"_assets": None}

    def __len__(self) -> int:
        return len(self.matches)

    @overload
    def __getitem__(self, place: int) -> Match: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Match, ...]: ...
    def __getitem__(self, place: int | slice) -> Match | tuple[Match, ...]:
        return self.matches[place]

    def to_dicts(self) -> list[dict[str, Any]]:
        """The matches as values that JSON can hold, with the names that the API uses."""
        return [
            {
                "id": match.item.id,
                "name": match.item.name,
                "attributes": dict(match.item.attributes),
                "similarity": match.similarity,
                "confidence": match.confidence,
                "reasons": [{"attribute": reason.attribute, "value": reason.value} for reason in match.reasons],
            }
            for match in self
        ]

    def to_pandas(self) -> DataFrame:
        """The matches as a table: a row for each, with a column for each attribute of the catalogue."""
        import pandas

        rows = [
            {"id": match.item.id, "name": match.item.name}
            | {"similarity": match.similarity, "confidence": match.confidence}
            | {name: value for name, value in match.item.attributes.items() if name not in ("id", "name")}
            for match in self
        ]
        return pandas.DataFrame(rows)

    def _repr_html_(self) -> str:
        """The matches as pictures with names and similarities, for notebooks."""
        figures = "".join(self._figure(match) for match in self)
        far = "<p>Nothing in this catalogue is close to the query. These are the nearest products.</p>"
        note = far if self.close is False else ""
        return f'{note}<div style="display: flex; flex-wrap: wrap; gap: 1em">{figures}</div>'

    def _figure(self, match: Match) -> str:
        picture, assets = "", getattr(self, "_assets", None)
        if assets is not None and match.row is not None:
            encoded = b64encode(assets.thumbnail(match.row)).decode("ascii")
            picture = f'<img src="data:image/jpeg;base64,{encoded}" alt="" style="max-width: 100%; height: 10em">'
        facts = [f"{match.similarity:.2f}", *(reason.value for reason in match.reasons)]
        caption = f"{escape(match.item.name or match.item.id)}<br><small>{escape(' · '.join(facts))}</small>"
        return f'<figure style="width: 10em; margin: 0">{picture}<figcaption>{caption}</figcaption></figure>'


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the served index comes from.

    `name` is a Hub repository or the name of a folder, `revision` the commit of the repository, and `dataset` the
    catalogue that the index was built from. `notice` says which fallback is served and why; None without a fallback.
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
        """The unit vectors of these rows: float32 [len(rows), dim]."""
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
