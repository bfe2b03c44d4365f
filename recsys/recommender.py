"""From a picture, or an item, to the products like it. Pure logic over an encoder, a searcher and the items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys.calibration import Calibration
from recsys.describe import by_heads, by_neighbours, shared
from recsys.errors import QueryError
from recsys.items import Items
from recsys.types import Answer, Guess, Match, Origin, Searcher, Value, Vectors, Where

MAX_K = 100
VOTERS = 20


class ImageEncoder(Protocol):
    """What the recommender needs of an encoder."""

    @property
    def values(self) -> Mapping[str, Sequence[str]]:
        """The attributes that the encoder itself can tell, with their values."""
        ...

    def encode(self, images: list[Image.Image]) -> Vectors:
        """Unit vectors of these pictures, float32 [n, dim]."""
        ...

    def logits(self, vectors: Vectors) -> Mapping[str, Vectors]:
        """Attribute → [n, values] for embeddings [n, dim]."""
        ...

    def heat(self, image: Image.Image, item: Vectors) -> npt.NDArray[np.float32] | None:
        """The share of each region of the picture in its cosine with an item [dim]: [rows, columns]."""
        ...


class Thumbnails(Protocol):
    """The small pictures of the products."""

    def thumbnail(self, row: int) -> bytes:
        """The encoded picture of product `row`, in a format that browsers show."""
        ...


class Recommender:
    """Finds products by picture."""

    def __init__(
        self,
        encoder: ImageEncoder,
        searcher: Searcher,
        items: Items,
        thumbnails: Thumbnails,
        origin: Origin,
        calibration: Calibration | None = None,
    ):
        self.encoder, self.searcher, self.items = encoder, searcher, items
        self.thumbnails, self.origin, self.calibration = thumbnails, origin, calibration

    @classmethod
    def from_pretrained(
        cls, source: str | Path, *, revision: str | None = None, token: str | None = None, device: str = "auto"
    ) -> Recommender:
        """The recommender of an index: a folder, or a dataset repository on the Hub.

        Raises IndexFolderError for an index that must not be served, HubError where the Hub does not give it, and
        EncoderError where its encoder cannot be loaded.
        """
        from recsys.assembly import load_recommender

        return load_recommender(source, revision=revision, token=token, device=device)

    def recommend(self, image: Image.Image, k: int = 5, where: Where | None = None) -> Answer:
        """The k products most like the picture, best first; fewer only where fewer pass `where`.

        `image` is any Pillow picture; k runs from 1 to 100. Raises QueryError for a k or a filter out of range.
        """
        _check_k(k)
        return self.nearest(self.embed(image), k, where)

    def embed(self, image: Image.Image) -> Vectors:
        """The embedding of the picture, a unit vector float32 [1, dim]."""
        return self.encoder.encode([image])

    def nearest(self, embedding: Vectors, k: int = 5, where: Where | None = None) -> Answer:
        """The k products nearest to an embedding [1, dim], as `recommend` gives them. Raises QueryError."""
        _check_k(k)
        rows, cosines = self._search(embedding, max(k, self._judged), where)
        seen = self._seen(embedding)
        values = [(guess.attribute, guess.value) for guess in seen.values()]
        return self._answer(rows, cosines, k, values, seen)

    def similar(self, item_id: str, k: int = 5, where: Where | None = None) -> Answer:
        """The k products most like this one, which is left out. Raises QueryError, also for an unknown id."""
        _check_k(k)
        asked = self.items.row(item_id)
        rows, cosines = self._search(self.searcher.vectors([asked]), max(k, self._judged) + 1, where)
        others = [(row, cosine) for row, cosine in zip(rows, cosines, strict=True) if row != asked]
        values = list(self.items[asked].attributes.items())
        return self._answer([row for row, _ in others], [cosine for _, cosine in others], k, values, {})

    def describe(self, image: Image.Image) -> dict[str, Guess]:
        """What the picture seems to be, attribute by attribute.

        By the encoder, as far as it was trained to tell an attribute, else by the votes of the 20 nearest products.
        """
        return self._seen(self.embed(image))

    def heat(self, image: Image.Image, item_id: str) -> npt.NDArray[np.float32] | None:
        """Which regions of the picture make it like this product: the share of each in the cosine, [rows, columns].

        None where the encoder has no feature map. Raises QueryError for an unknown id.
        """
        return self.encoder.heat(image, self.searcher.vectors([self.items.row(item_id)])[0])

    def thumbnail(self, item_id: str) -> bytes:
        """The encoded picture of this product, at most 320 px. Raises QueryError for an unknown id."""
        return self.thumbnails.thumbnail(self.items.row(item_id))

    @property
    def _judged(self) -> int:
        """How many of the best matches tell whether something is close."""
        return self.calibration.nearest if self.calibration else 1

    def _search(self, query: Vectors, k: int, where: Where | None) -> tuple[list[int], list[float]]:
        rows, cosines = self.searcher.search(query, k, where or None)
        return rows[0].tolist(), cosines[0].tolist()

    def _seen(self, embedding: Vectors) -> dict[str, Guess]:
        neighbours = [self.items[row] for row in self._search(embedding, VOTERS, None)[0]]
        return by_neighbours(neighbours) | by_heads(self.encoder.logits(embedding), self.encoder.values)

    def _answer(
        self,
        rows: Sequence[int],
        cosines: Sequence[float],
        k: int,
        values: Sequence[tuple[str, Value]],
        seen: Mapping[str, Guess],
    ) -> Answer:
        """The first k of these matches; all of them tell whether something is close."""
        found = self.calibration
        close = found.is_close(cosines) if found and cosines else None
        rows, cosines = rows[:k], cosines[:k]
        sure = [found.of(cosine) if found and close else None for cosine in cosines]
        items = [self.items[row] for row in rows]
        matches = (
            Match(item, cosine, confidence, shared(values, item))
            for item, cosine, confidence in zip(items, cosines, sure, strict=True)
        )
        return Answer(tuple(matches), close, seen)


def _check_k(k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MAX_K:
        raise QueryError(f"k is the number of products to return, a whole number from 1 to {MAX_K}; got {k!r}.")
