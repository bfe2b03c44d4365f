"""From a picture, or an item, to the products like it. Pure logic over an encoder, a searcher and the items."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PIL import Image

from recsys.errors import QueryError
from recsys.items import Items
from recsys.types import Match, Origin, Searcher, Vectors, Where

MAX_K = 100


class ImageEncoder(Protocol):
    """What the recommender needs of an encoder: one verb."""

    def encode(self, images: list[Image.Image]) -> Vectors:
        """Unit vectors of these pictures, float32 [n, dim]."""
        ...


class Thumbnails(Protocol):
    """The small pictures of the products."""

    def thumbnail(self, row: int) -> bytes:
        """The encoded picture of product `row`, in a format that browsers show."""
        ...


class Recommender:
    """Finds products by picture."""

    def __init__(self, encoder: ImageEncoder, searcher: Searcher, items: Items, thumbnails: Thumbnails, origin: Origin):
        self.encoder, self.searcher, self.items = encoder, searcher, items
        self.thumbnails, self.origin = thumbnails, origin

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

    def recommend(self, image: Image.Image, k: int = 5, where: Where | None = None) -> tuple[Match, ...]:
        """The k products most like the picture, best first; fewer only where fewer pass `where`.

        `image` is any Pillow picture; k runs from 1 to 100. Raises QueryError for a k or a filter out of range.
        """
        return self.nearest(self.embed(image), k, where)

    def embed(self, image: Image.Image) -> Vectors:
        """The embedding of the picture, a unit vector float32 [1, dim]."""
        return self.encoder.encode([image])

    def similar(self, item_id: str, k: int = 5, where: Where | None = None) -> tuple[Match, ...]:
        """The k products most like this one, which is left out. Raises QueryError, also for an unknown id."""
        _check_k(k)
        query = self.searcher.vectors([self.items.row(item_id)])
        matches = self._search(query, k + 1, where)
        return tuple(match for match in matches if match.item.id != item_id)[:k]

    def thumbnail(self, item_id: str) -> bytes:
        """The encoded picture of this product, at most 320 px. Raises QueryError for an unknown id."""
        return self.thumbnails.thumbnail(self.items.row(item_id))

    def nearest(self, embedding: Vectors, k: int = 5, where: Where | None = None) -> tuple[Match, ...]:
        """The k products nearest to an embedding [1, dim], as `recommend` gives them. Raises QueryError."""
        _check_k(k)
        return self._search(embedding, k, where)

    def _search(self, query: Vectors, k: int, where: Where | None) -> tuple[Match, ...]:
        rows, cosines = self.searcher.search(query, k, where or None)
        return tuple(Match(self.items[row], float(cosine)) for row, cosine in zip(rows[0], cosines[0], strict=True))


def _check_k(k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MAX_K:
        raise QueryError(f"k is the number of products to return, a whole number from 1 to {MAX_K}; got {k!r}.")
