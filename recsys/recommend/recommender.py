"""From a picture, or an item, to the products like it. Pure logic over an encoder, a searcher and the items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys.core.calibration import Calibration
from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.encoder import Encoder
from recsys.errors import QueryError
from recsys.index.opening import OpenedIndex, open_index
from recsys.recommend.describe import by_heads, by_neighbours, shared
from recsys.recommend.diversity import maximal_marginal_relevance, pool_size
from recsys.recommend.likes import Likes
from recsys.recommend.options import SearchOptions
from recsys.recommend.outfit import Outfit, PictureAnchor, Stylist
from recsys.recommend.steering import Steering
from recsys.recommend.variants import Variants
from recsys.types import (
    Answer,
    Guess,
    ImageEncoder,
    IndexAssets,
    Item,
    Match,
    Origin,
    Rows,
    Searcher,
    Value,
    Vectors,
    Where,
)

MAX_K = 100
VOTERS = 20
NO_OPTIONS = SearchOptions()


class Recommender:
    """Finds products by picture."""

    def __init__(
        self,
        encoder: ImageEncoder,
        searcher: Searcher,
        items: Items,
        assets: IndexAssets,
        origin: Origin,
        calibration: Calibration | None = None,
    ):
        self.encoder, self.searcher, self.items = encoder, searcher, items
        self.assets, self.origin, self.calibration = assets, origin, calibration

    @classmethod
    def from_pretrained(
        cls, source: str | Path, *, revision: str | None = None, token: str | None = None, device: str = "auto"
    ) -> Recommender:
        """The recommender of an index: a folder, a dataset repository on the Hub, or `sample`.

        Raises IndexFolderError for an index that must not be served, HubError where the Hub does not give it, and
        EncoderError where its encoder cannot be loaded.
        """
        opened = open_index(source, revision=revision, token=token)
        return cls.from_index(opened, Encoder.from_pretrained(opened.folder.path, token=token, device=device))

    @classmethod
    def from_index(cls, opened: OpenedIndex, encoder: ImageEncoder) -> Recommender:
        """The recommender over an open index; `encoder` is the one that the index was built with."""
        folder = opened.folder
        return cls(encoder, opened.searcher, folder.items, folder, opened.origin, folder.manifest.calibration)

    def recommend(
        self,
        image: Image.Image | None = None,
        k: int = 5,
        where: Where | None = None,
        *,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        diversity: float = 0.0,
        but: Mapping[str, str] | None = None,
        min_similarity: float | None = None,
    ) -> Answer:
        """The k products most like the picture, best first; fewer only where fewer pass `where`.

        `image` is any Pillow picture; without one the answer goes by the `liked` products alone. k runs from 1 to 100.
        What is liked or disliked, by id, moves the answer and stays out of it. `diversity` from 0 to 1 trades
        similarity for variety, `but` maps attributes to values to have instead of the picture's own, and matches under
        `min_similarity` are left out. Raises QueryError for what is out of range or unknown.
        """
        options = SearchOptions(where or {}, liked, disliked, diversity, but or {}, min_similarity)
        return self.search(image, k, options)

    def search(
        self, query: Image.Image | Vectors | str | None, k: int = 5, options: SearchOptions = NO_OPTIONS
    ) -> Answer:
        """The k products most like the query, best first; fewer only where fewer pass the filter.

        `query` is a picture, an embedding [1, dim], or the id of an item, which is left out of the answer; where it is
        None, the liked items alone are the query. k runs from 1 to 100. Raises QueryError for what is unknown or out of
        range.
        """
        _check_k(k)
        options.check(self.items)
        if query is None:
            return self._for_you(k, options)
        if isinstance(query, str):
            return self._similar(self.items.row(query), k, options)
        return self._nearest(query if isinstance(query, np.ndarray) else self.embed(query), k, options)

    def embed(self, image: Image.Image) -> Vectors:
        """The embedding of the picture, a unit vector float32 [1, dim]."""
        return self.encoder.encode([image])

    def embedding(self, item_ids: Sequence[str]) -> Vectors:
        """The mean of these products' embeddings, a unit vector float32 [1, dim]. Raises QueryError for unknown ids."""
        rows = [self.items.row(item_id) for item_id in item_ids]
        return unit(self.searcher.vectors(rows).mean(0, keepdims=True))

    def nearest(
        self,
        embedding: Vectors,
        k: int = 5,
        where: Where | None = None,
        *,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        diversity: float = 0.0,
        but: Mapping[str, str] | None = None,
        min_similarity: float | None = None,
    ) -> Answer:
        """The k products nearest to an embedding [1, dim], with the options of `recommend`. Raises QueryError."""
        options = SearchOptions(where or {}, liked, disliked, diversity, but or {}, min_similarity)
        return self.search(embedding, k, options)

    def similar(
        self,
        item_id: str,
        k: int = 5,
        where: Where | None = None,
        *,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        diversity: float = 0.0,
        but: Mapping[str, str] | None = None,
        min_similarity: float | None = None,
    ) -> Answer:
        """The k products most like this one, which is left out, with the options of `recommend`. Raises QueryError."""
        options = SearchOptions(where or {}, liked, disliked, diversity, but or {}, min_similarity)
        return self.search(item_id, k, options)

    def for_you(
        self,
        liked: Sequence[str],
        k: int = 5,
        where: Where | None = None,
        *,
        disliked: Sequence[str] = (),
        diversity: float = 0.0,
        but: Mapping[str, str] | None = None,
        min_similarity: float | None = None,
    ) -> Answer:
        """The k products that fit these likes alone, with the options of `recommend`. Raises QueryError."""
        options = SearchOptions(where or {}, liked, disliked, diversity, but or {}, min_similarity)
        return self.search(None, k, options)

    def compared(self, embedding: Vectors, item_id: str) -> Match:
        """One product as an answer to an embedding [1, dim]. Raises QueryError for an unknown id."""
        row = self.items.row(item_id)
        values = [(guess.attribute, guess.value) for guess in self._seen(embedding).values()]
        cosines = (self.searcher.vectors([row]) @ embedding[0]).tolist()
        return self._answer(([row], cosines), values, {}, self._close(embedding, None))[0]

    def folded(self, answer: Answer) -> list[list[Match]]:
        """The matches of an answer, those that are one product in several colours or pictures together."""
        rows = [self.items.row(match.item.id) for match in answer]
        return [[answer[place] for place in group] for group in self._variants.fold(rows)]

    def variants(self, item_id: str) -> list[Item]:
        """The same product in other colours, or pictured again, the most alike first. Raises QueryError."""
        return [self.items[row] for row in self._variants.of(self.items.row(item_id))]

    def complete_the_look(
        self,
        image: Image.Image | None = None,
        item_id: str | None = None,
        *,
        locked: Mapping[str, str] | None = None,
        passed_over: Sequence[str] = (),
    ) -> Outfit:
        """A product for each slot of an outfit around a picture or an item, by rules; see `Stylist.look`.

        Raises QueryError for an unknown item, and where what is given is no part of an outfit, or both or none is.
        """
        if (image is None) == (item_id is None):
            raise QueryError("Complete the look of a picture or of an item: give image or item_id, and not both.")
        around = self.embed(image) if image is not None else str(item_id)
        return self.outfit(around, locked=locked or {}, passed_over=passed_over)

    def slots(self, around: str | Vectors, seen: Mapping[str, Guess] | None = None) -> tuple[str, ...]:
        """The slots of an outfit that an item, or what an embedding [1, dim] shows, fills; none for no part of one.

        `seen` is what the embedding shows, where that is known already.
        """
        return self._stylist.slots(self._anchor(around, seen))

    def outfit(self, around: str | Vectors, *, locked: Mapping[str, str], passed_over: Sequence[str]) -> Outfit:
        """A look around an item's id, or an embedding [1, dim]; see `complete_the_look`."""
        return self._stylist.look(self._anchor(around), locked=locked, passed_over=passed_over)

    def _anchor(self, around: str | Vectors, seen: Mapping[str, Guess] | None = None) -> str | PictureAnchor:
        if isinstance(around, str):
            return around
        known = self._seen(around) if seen is None else seen
        return PictureAnchor(around, {name: guess.value for name, guess in known.items()})

    @cached_property
    def _stylist(self) -> Stylist:
        return Stylist(self.items, self.searcher)

    @cached_property
    def _steering(self) -> Steering:
        return Steering(self.items, self.searcher)

    @cached_property
    def _variants(self) -> Variants:
        return Variants(self.items, self.searcher)

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
        return self.assets.thumbnail(self.items.row(item_id))

    @property
    def card(self) -> str:
        """What the index says of itself, in Markdown."""
        return self.assets.card

    @property
    def plots(self) -> Mapping[str, bytes]:
        """The plots of the card by file name, as PNG."""
        return self.assets.plots

    def _nearest(self, embedding: Vectors, k: int, options: SearchOptions) -> Answer:
        seen = self._seen(embedding)
        values = {name: guess.value for name, guess in seen.items()}
        found, nearest = self._find(embedding, values, k, options)
        close = self._close(embedding, options.filter, nearest=nearest)
        return self._answer(found, list(values.items()), seen, close)

    def _similar(self, row: int, k: int, options: SearchOptions) -> Answer:
        values, query = self.items[row].attributes, self.searcher.vectors([row])
        found, nearest = self._find(query, values, k, options, without=[row])
        close = self._close(query, options.filter, [row], nearest)
        return self._answer(found, list(values.items()), {}, close)

    def _for_you(self, k: int, options: SearchOptions) -> Answer:
        taste = Likes.from_ids(self.items, self.searcher, options.liked, options.disliked)
        rows, cosines = taste.for_you(_pool(k, options), options.filter)
        values = [(reason.attribute, reason.value) for reason in taste.likes()]
        return self._answer(self._chosen(rows, cosines, k, options), values, {}, close=None)

    def _find(
        self,
        query: Vectors,
        values: Mapping[str, Value],
        k: int,
        options: SearchOptions,
        without: Sequence[int] = (),
    ) -> tuple[tuple[list[int], list[float]], Vectors | None]:
        """Rows and their cosines to the query, which has these values, in the order of what is wished.

        Also the cosines of the nearest, where these were searched for as they are.
        """
        towards, nearest = query, None
        for attribute, wanted in options.but.items():
            towards = self._steering.steer(towards, attribute, wanted, values.get(attribute))
        count, filtered = _pool(k, options), options.filter
        if options.liked or options.disliked:
            taste = Likes.from_ids(self.items, self.searcher, options.liked, options.disliked)
            rows, cosines = taste.nearest(towards, count, filtered, without)
        else:
            (rows,), (cosines,) = self.searcher.search(towards, count + len(without), filtered)
            kept = ~np.isin(rows, without)
            rows, cosines = rows[kept][:count], cosines[kept][:count]
            nearest = cosines
        if options.but:
            cosines, nearest = (self.searcher.vectors(rows) @ query[0]).clip(-1, 1), None
        return self._chosen(rows, cosines, k, options), nearest

    def _chosen(self, rows: Rows, cosines: Vectors, k: int, options: SearchOptions) -> tuple[list[int], list[float]]:
        """The k of these candidates, best first, that are as varied, and as close, as is wished."""
        if options.diversity:
            places = maximal_marginal_relevance(cosines, self.searcher.vectors(rows), k, options.diversity)
            rows, cosines = rows[places], cosines[places]
        if options.min_similarity is not None:
            near = cosines >= options.min_similarity
            rows, cosines = rows[near], cosines[near]
        return rows[:k].tolist(), cosines[:k].tolist()

    def _seen(self, embedding: Vectors) -> dict[str, Guess]:
        neighbours = [self.items[row] for row in self.searcher.search(embedding, VOTERS)[0][0].tolist()]
        return by_neighbours(neighbours) | by_heads(self.encoder.logits(embedding), self.encoder.values)

    def _close(
        self, query: Vectors, where: Where | None, without: Sequence[int] = (), nearest: Vectors | None = None
    ) -> bool | None:
        """Whether something that passes the filter is close to the query, however the answer is bent.

        `nearest` are the cosines of the nearest where they are known, if enough of them.
        """
        if self.calibration is None:
            return None
        count = self.calibration.nearest
        if nearest is None or len(nearest) < count:
            (rows,), (cosines,) = self.searcher.search(query, count + len(without), where)
            nearest = cosines[~np.isin(rows, without)]
        return self.calibration.is_close(nearest[:count].tolist()) if len(nearest) else None

    def _answer(
        self,
        found: tuple[list[int], list[float]],
        values: Sequence[tuple[str, Value]],
        seen: Mapping[str, Guess],
        close: bool | None,
    ) -> Answer:
        rows, cosines = found
        sure = [self.calibration.confidence_at(cosine) if self.calibration and close else None for cosine in cosines]
        items = [self.items[row] for row in rows]
        matches = (
            Match(item, cosine, confidence, shared(values, item))
            for item, cosine, confidence in zip(items, cosines, sure, strict=True)
        )
        return Answer(tuple(matches), close, seen)


def _pool(k: int, options: SearchOptions) -> int:
    return pool_size(k) if options.diversity else k


def _check_k(k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MAX_K:
        raise QueryError(f"k is the number of products to return, a whole number from 1 to {MAX_K}; got {k!r:.50}.")
