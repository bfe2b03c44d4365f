"""The values that the packages exchange, and the protocols that an encoder, a searcher and an index fulfil.

This module imports the standard library and numpy only.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import InitVar, dataclass, field, fields
from html import escape
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pandas import DataFrame
    from PIL import Image

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]
MAX_PRICE = 1e9
CURRENCY = re.compile("[A-Z]{3}")
LINK = re.compile(r"https?://[^\s/?#][^\s]*", re.IGNORECASE)
Value = str | None
Attribute = Value | tuple[str, ...]
"""What a product has for an attribute: a text, None for no value, or a tuple where the attribute takes several."""


class Range(TypedDict, total=False):
    """A range of numbers that includes both ends. A missing end is open."""

    min: float
    max: float


Wanted = str | float | bool | None
Where = Mapping[str, Wanted | Sequence[Wanted] | Range]
"""A filter: attribute → a value, a list of values, or a range of numbers.

An item passes if each attribute has one of its listed values, or a number in its range. None stands for an item without
a value. "price" stands for what a product costs, "in_stock" for whether it is in stock, and "brand" for its brand.
"""
IN_STOCK, OUT_OF_STOCK, PREORDER = AVAILABILITIES = ("in stock", "out of stock", "preorder")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a shop says about buying a product. What it does not say is None.

    Prices are in units of `currency` (ISO 4217), `sale_price` is the reduced one. `availability` is one of
    AVAILABILITIES. `url` is the http(s) address of the product in the shop. Raises ValueError for anything else.
    """

    price: float | None = None
    sale_price: float | None = None
    currency: str | None = None
    availability: str | None = None
    url: str | None = None
    brand: str | None = None
    description: str | None = None

    def __post_init__(self) -> None:
        for name, amount in (("price", self.price), ("sale price", self.sale_price)):
            if amount is not None and not 0 <= amount <= MAX_PRICE:
                raise ValueError(f"a {name} is a number from 0 to {MAX_PRICE:,}; got {amount!r:.50}")
        if self.currency is not None and not CURRENCY.fullmatch(self.currency):
            raise ValueError(f"a currency is a code of three capital letters, such as EUR; got {self.currency!r:.50}")
        if self.availability is not None and self.availability not in AVAILABILITIES:
            raise ValueError(f"an availability is {', '.join(AVAILABILITIES)}; got {self.availability!r:.50}")
        if self.url is not None and not LINK.fullmatch(self.url):
            raise ValueError(f"a link to a product starts with http:// or https://; got {self.url!r:.200}")

    @property
    def amount(self) -> float | None:
        """What the product costs: its sale price, else its price."""
        return self.price if self.sale_price is None else self.sale_price


OFFER_FIELDS = tuple(field.name for field in fields(Offer))


@dataclass(frozen=True, slots=True)
class Item:
    """A product.

    An attribute without a value is None. An attribute that takes several, such as sizes, has a tuple, maybe empty.
    `offer` is None where the catalogue says nothing about buying the product. `added` is the date, as YYYY-MM-DD, on
    which the shop added it. Items of one `group` are one product in
    several variants or pictures; an item without a group is a product of its own.
    """

    id: str
    name: str | None
    attributes: Mapping[str, Attribute]
    offer: Offer | None = None
    group: str | None = None
    added: str | None = None

    @property
    def single_values(self) -> dict[str, Value]:
        """The attributes that take one value."""
        return {name: value for name, value in self.attributes.items() if not isinstance(value, tuple)}

    def value(self, attribute: str) -> Value:
        """The value of an attribute that takes one; None for no value, and for an attribute that takes several."""
        value = self.attributes.get(attribute)
        return None if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Product:
    """A row of a catalogue: the item, and its encoded picture, or None and the `problem` why there is none."""

    item: Item
    picture: bytes | None
    problem: str | None = None


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
    that query and product share. `chances` are probabilities: "kind" and "colour" that the product has the query's, by
    what the encoder sees in the picture; and "product", of the nearest match only, that it is the very product in the
    picture, if visitors ask for products that the shop has as often as for others. One that is not known is missing.
    `row` is the place of the product in the index. `variants` are the other items of its group. `view` is the number of
    the product's picture that is nearest to the query: 0 for the first one, 1, 2, … for further ones.
    """

    item: Item
    similarity: float
    confidence: float | None = None
    reasons: tuple[Reason, ...] = ()
    row: int | None = field(default=None, repr=False, compare=False)
    variants: tuple[Item, ...] = field(default=(), repr=False)
    chances: Mapping[str, float] = field(default_factory=dict, repr=False, compare=False)
    view: int = 0


@dataclass(frozen=True, slots=True)
class Understood:
    """Words of a text query, and what they mean in the catalogue.

    `words` stand in the text from character `start` to `end`. They mean one of the `values` of an attribute, or the
    range `bounds` of a number such as the price, or, where `attribute` is None, a word of names and descriptions, which
    is the only one of the `values`. `how` they were understood is one of HOW. A product must have that, or, if
    `is_negated`, must not. A word that is understood by the look of pictures is no condition: products that look like
    it come first.
    """

    words: str
    start: int
    end: int
    attribute: str | None
    values: tuple[str, ...]
    how: str
    bounds: Range | None = None
    is_negated: bool = False


HOW = BY_VALUE, BY_SYNONYM, BY_SPELLING, BY_NAME, BY_NUMBER, BY_LOOK = (
    *("value", "synonym", "spelling", "name", "number"),
    "look",
)
"""How words are understood: as a value, by a synonym of one, by one spelled alike, as a word of names, as a number, or
by the look of pictures, which the text tower knows."""


@dataclass(frozen=True, slots=True)
class Words:
    """The text of a query, and what was done with its words.

    The products of the answer fulfil all of `understood`. `loosened` were understood too, but no product fulfils them
    together with the others. `ignored` were not understood. Words such as "the" and "for" are in none of them. `count`
    is the number of products that pass the filter and fulfil `understood`; None where it is not known yet.
    """

    text: str
    understood: tuple[Understood, ...] = ()
    loosened: tuple[Understood, ...] = ()
    ignored: tuple[str, ...] = ()
    count: int | None = None

    def without(self, term: Understood) -> str:
        """The text without the words of one of its terms."""
        return " ".join((self.text[: term.start] + self.text[term.end :]).split())


@dataclass(frozen=True)
class Answer(Sequence[Match]):
    """The products that answer a query, best first. A notebook shows them as pictures.

    `close` is False where nothing that passes the filter is close to the query; the matches are the nearest products
    all the same. It is None where the index does not know. `seen` is what the query seems to be, by attribute. `box` is
    the part of the picture that was searched with: left, top, right and bottom as shares of its width and height. It is
    None where that is the whole picture, and for a query that is not a picture. `words` says how the text of the query
    was understood; None without a text.
    """

    matches: tuple[Match, ...]
    close: bool | None
    seen: Mapping[str, Guess]
    box: tuple[float, float, float, float] | None = None
    assets: InitVar[IndexAssets | None] = None
    words: Words | None = None

    def __post_init__(self, assets: IndexAssets | None) -> None:
        object.__setattr__(self, "_assets", assets)

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("matches", "close", "seen", "box", "words")} | {"_assets": None}

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
            self._facts(match)
            | {
                "similarity": match.similarity,
                "confidence": match.confidence,
                "chances": dict(match.chances),
                "reasons": [{"attribute": reason.attribute, "value": reason.value} for reason in match.reasons],
            }
            for match in self
        ]

    def to_pandas(self) -> DataFrame:
        """The matches as a table: a row for each, with a column for each attribute of the catalogue."""
        import pandas

        rows = []
        for match in self:
            facts = self._facts(match)
            own = {"id": facts.pop("id"), "name": facts.pop("name")}
            own |= {"similarity": match.similarity, "confidence": match.confidence}
            attributes = facts.pop("attributes").items()
            rows.append(own | {name: value for name, value in attributes if name not in ("id", "name")} | facts)
        return pandas.DataFrame(rows)

    def _facts(self, match: Match) -> dict[str, Any]:
        """The facts about the product; those about its offer only if any of the matches has one."""
        has_offers = any(match.item.offer for match in self)
        return item_facts(match.item) | (offer_facts(match.item.offer) if has_offers else {})

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


def as_tuple(value: Attribute) -> tuple[str, ...]:
    """The values that a product has for an attribute: none, one or several."""
    return value if isinstance(value, tuple) else () if value is None else (value,)


def item_facts(item: Item) -> dict[str, Any]:
    """The product without its offer, as values that JSON can hold: several values of an attribute are a list."""
    values = item.attributes.items()
    attributes = {name: list(value) if isinstance(value, tuple) else value for name, value in values}
    return {"id": item.id, "name": item.name, "attributes": attributes}


def offer_facts(offer: Offer | None) -> dict[str, Any]:
    """The offer as values that JSON can hold; null for what the shop does not say."""
    return {name: getattr(offer, name, None) for name in OFFER_FIELDS}


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


class TextEncoder(Protocol):
    """An encoder of texts into the space of the pictures' embeddings."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The embeddings of the texts: unit vectors, float32 [n, dim]."""
        ...

    @property
    def words(self) -> Collection[str]:
        """The words whose look it knows."""
        ...


class Searcher(Protocol):
    """A nearest-neighbour search over the unit vectors of a catalogue. Row i is the embedding of product i."""

    def search(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        """The k nearest rows to each of `vectors` [n, dim], by cosine, highest first.

        Returns rows [n, m] and cosines [n, m], where m is the smaller of k and the number of products that pass the
        filter `where`. A search with a filter that few products pass is exact.
        """
        ...

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        """The unit vectors of these rows: float32 [len(rows), dim]."""
        ...


class WordIndex(Protocol):
    """What finds products by the words of their names and descriptions."""

    @property
    def counts(self) -> Counter[str]:
        """Word → the number of products that have it."""
        ...

    def has(self, word: str) -> bool:
        """Whether any product has a plain word in any of its forms."""
        ...

    def rows(self, word: str, *, is_prefix: bool = False) -> Rows:
        """The rows of the products that have a word in any of its forms, or one that starts so, ascending."""
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
    def picture_numbers(self) -> Rows | None:
        """A number for the picture of each product, equal for equal pictures; None where that is not known."""
        ...

    @property
    def full_text(self) -> WordIndex | None:
        """The words of the products; None where the index does not hold them."""
        ...

    @property
    def plots(self) -> Mapping[str, bytes]:
        """The plots that the card shows, by file name, as PNG."""
        ...
