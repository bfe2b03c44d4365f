"""The library's entry point: finds the products of a catalogue that look like a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Unpack

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys.core.linalg import unit
from recsys.encoder import Encoder
from recsys.errors import QueryError
from recsys.images.source import PictureSource, load_picture, load_pictures
from recsys.index.opening import OpenedIndex, VectorStore, open_index
from recsys.index.tower import tower_of
from recsys.index.views import ViewSearcher
from recsys.recommend.options import CLOSENESS, KeywordsBesideLiked, SearchKeywords, SearchOptions, check_text
from recsys.recommend.outfit import Outfit, PictureAnchor
from recsys.recommend.picture_part import ChosenPart
from recsys.recommend.shop import Shop
from recsys.recommend.suggestions import Suggestions, suggest
from recsys.runtime.turns import in_turn
from recsys.types import Answer, Guess, ImageEncoder, Match, Vectors, Where
from recsys.words.synonyms import Synonyms

MAX_K = 100
NO_OPTIONS = SearchOptions()


class Recommender(Shop):
    """Finds the products of a catalogue that are like a picture, like another product, or like what someone likes.

    Where a method takes a picture, that is a Pillow image, the path or the bytes of a file, an http(s) link, or an
    array of pixels, uint8 or floats from 0 to 1, [height, width] or [height, width, 3 or 4]. A picture that cannot be
    read raises PictureError.
    """

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path,
        *,
        revision: str | None = None,
        token: str | None = None,
        device: str = "auto",
        synonyms: Path | None = None,
        store: VectorStore | None = None,
    ) -> Recommender:
        """The recommender of an index: a folder, a dataset repository on the Hub, or `sample`.

        `synonyms` is a file of the shop's own synonyms for text queries, in the form that docs/words.md describes.
        `store` searches the vectors instead of the index itself, such as `recsys.stores.milvus.MilvusStore(uri)`.

        Raises IndexFolderError for an index that must not be served, HubError if the Hub cannot deliver it,
        EncoderError if its encoder cannot be loaded, StoreError if the store does not have its vectors, and RecsysError
        if the synonyms cannot be read.
        """
        opened = open_index(source, revision=revision, token=token, store=store)
        encoder = Encoder.from_pretrained(opened.folder.path, token=token, device=device)
        return cls.from_index(opened, encoder, synonyms)

    @classmethod
    def from_index(cls, opened: OpenedIndex, encoder: ImageEncoder, synonyms: Path | None = None) -> Recommender:
        """The recommender over an open index; `encoder` is the one that the index was built with."""
        folder, manifest = opened.folder, opened.folder.manifest
        optional = (manifest.calibration, manifest.crops, manifest.ranking, manifest.storefront)
        searcher = ViewSearcher(opened.searcher, folder.views, folder.items) if folder.views else opened.searcher
        words = (tower_of(folder), Synonyms.read(synonyms))
        return cls(encoder, searcher, folder.items, folder, opened.origin, *optional, *words)

    def recommend(
        self,
        image: PictureSource | None = None,
        k: int = 5,
        where: Where | None = None,
        *,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        diversity: float = 0.0,
        but: Mapping[str, str] | None = None,
        min_similarity: float | None = None,
        refine: bool = True,
        sort: str = CLOSENESS,
        text: str | None = None,
        offset: int = 0,
    ) -> Answer:
        """The k products most like the picture, best first; fewer only where fewer pass the filter `where`.

        Args:
            image: The picture. Without one, the products that fit the `text`, or the `liked` ones alone.
            k: How many products, from 1 to 100.
            where: A filter: attribute → a value, a list of values, a range such as {"min": 10, "max": 30}, or None for
                "not given". "price" and "in_stock" filter by the offers.
            liked: Ids of liked products, the latest last. With a picture they re-rank its nearest products gently,
                among products of the same kind. Liked and disliked products are left out of the answer.
            disliked: Ids of disliked products; products like them move down.
            diversity: From 0, the most similar products, to 1, the most varied ones.
            but: Attribute → a value to have in place of the picture's own, such as {"baseColour": "Blue"}.
            min_similarity: Leaves out products whose cosine to the picture is lower, from -1 to 1.
            refine: Chooses the part of the picture to search with, which is the answer's `box`, and re-ranks the
                nearest products by the kind, colour and wearer that the encoder sees. False searches with the whole
                picture and keeps the order of the similarities.
            sort: The order of the products found: closeness, price (the lowest first) or newest.
            text: What is wanted in words, such as "red dress under 50, not long". Beside a picture it says what should
                be different. The answer's `words` say how they were understood.
            offset: How many of the best products to skip. With the same arguments otherwise, the answers at 0, k, 2 k
                and so on are the whole catalogue in one order. Varied products (`diversity`) have no further pages.


        Raises QueryError for an unknown id, attribute or value, and for a number out of range.

        """
        some = (where or {}, liked, disliked, diversity, but or {}, min_similarity, refine, sort, text)
        options = SearchOptions(*some, offset=offset)
        return self.search(None if image is None else load_picture(image), k, options)

    def recommend_batch(
        self, images: Sequence[PictureSource], k: int = 5, where: Where | None = None, **options: Unpack[SearchKeywords]
    ) -> list[Answer]:
        """The answer of `recommend` for each of several pictures, which the encoder embeds together."""
        wanted = SearchOptions(where or {}, **options)
        self._check(k, wanted)
        parts = self._chooser.choose(load_pictures(images), wanted.refine)
        return [self._search_for(wanted).by_part(part, k, wanted) for part in parts]

    def recommend_parts(
        self, image: PictureSource, k: int = 5, where: Where | None = None, **options: Unpack[SearchKeywords]
    ) -> list[Answer]:
        """An answer for each of several things in the picture, with its `box`; for one thing, the one of `recommend`.

        The things are the products on a plain background. In a cluttered picture they are parts that are close and lie
        apart, which an index without `crops` cannot tell. The options are those of `recommend`.
        """
        return self.search_parts(load_picture(image), k, SearchOptions(where or {}, **options))

    @in_turn
    def search_parts(self, picture: Image.Image, k: int = 5, options: SearchOptions = NO_OPTIONS) -> list[Answer]:
        """`recommend_parts` of an open picture, with search options."""
        self._check(k, options)
        return [self._search_for(options).by_part(part, k, options) for part in self._chooser.parts(picture)]

    @in_turn
    def search(
        self, query: Image.Image | ChosenPart | Vectors | str | None, k: int = 5, options: SearchOptions = NO_OPTIONS
    ) -> Answer:
        """The k products most like the query, best first; fewer only where fewer pass the filter.

        `query` is a picture, the part of it from `choose_part`, an embedding [1, dim], or the id of an item, which is
        left out of the answer. Where it is None, the text or the liked items alone are the query. k runs from 1 to 100.
        Raises QueryError for what is unknown or out of range.
        """
        self._check(k, options)
        search = self._search_for(options)
        if query is None:
            return search.alone(k, options)
        if isinstance(query, str):
            return search.by_item(self.items.row(query), k, options)
        if isinstance(query, Image.Image):
            query = self.choose_part(query, refine=options.refine)
        part = query if isinstance(query, ChosenPart) else ChosenPart.from_embedding(query)
        return search.by_part(part, k, options)

    @in_turn
    def choose_part(self, image: PictureSource, *, refine: bool = True) -> ChosenPart:
        """The part of the picture to search with, and its embedding; the whole picture if `refine` is False."""
        return self._chooser.choose([load_picture(image)], refine)[0]

    def similar(
        self, item_id: str, k: int = 5, where: Where | None = None, **options: Unpack[SearchKeywords]
    ) -> Answer:
        """The k products most like this one, which is left out, with the options of `recommend`. Raises QueryError."""
        return self.search(item_id, k, SearchOptions(where or {}, **options))

    def for_you(
        self, liked: Sequence[str], k: int = 5, where: Where | None = None, **options: Unpack[KeywordsBesideLiked]
    ) -> Answer:
        """The k products that fit these likes alone, with the options of `recommend`. Raises QueryError."""
        return self.search(None, k, SearchOptions(where or {}, liked=liked, **options))

    def suggest(self, text: str) -> Suggestions:
        """How a text query may go on: values of the catalogue with their number of products, and products by name.

        Raises QueryError for a text that is too long.
        """
        check_text(text)
        return suggest(self.query_reader, text or "")

    def names_kind(self, text: str) -> bool:
        """Whether the text says what kind of product is meant."""
        terms, categories = self.query_reader.read(text).understood, self.items.roles.categories
        return any(term.attribute in categories and not term.is_negated for term in terms)

    def closest_for_less(
        self,
        image: PictureSource | None = None,
        item_id: str | None = None,
        k: int = 5,
        where: Where | None = None,
        *,
        min_similarity: float | None = None,
    ) -> Answer:
        """The closest products that cost less than an item; for a picture, the closest ones at falling prices.

        No other product is at least as close and cheaper than one of them, or closer at the same price. Products that
        are not close are left out; `min_similarity` says which cosine is enough instead. Raises QueryError unless
        exactly one of the two is given, for an unknown item, and for an item or a catalogue without a price.
        """
        options = SearchOptions(where or {}, min_similarity=min_similarity)
        self._check(k, options)
        if not self.items.has_prices:
            raise QueryError("This catalogue has no prices, so nothing in it is known to cost less.")
        if image is not None and item_id is None:
            return self._search.for_less(self.embed(image), None, k, options)
        if image is not None or item_id is None:
            raise QueryError("Find the closest products for less of a picture or of an item: give image or item_id.")
        row = self.items.row(str(item_id))
        if self.items.cost(row) is None:
            raise QueryError(f"Item {item_id!r:.100} has no price to compare with.")
        return self._search.for_less(self.searcher.vectors([row]), row, k, options)

    def describe(self, image: PictureSource) -> dict[str, Guess]:
        """What the picture seems to be, attribute by attribute.

        By the encoder's classification heads, and for other attributes by the votes of the 20 nearest products.
        """
        return self._search.describe(self.choose_part(image).embedding)

    def complete_the_look(
        self,
        image: PictureSource | None = None,
        item_id: str | None = None,
        *,
        locked: Mapping[str, str] | None = None,
        passed_over: Sequence[str] = (),
    ) -> Outfit:
        """A product for each slot of an outfit around a picture or an item, by rules; see `Stylist.outfit`.

        Raises QueryError for an unknown item, for a picture or item that has no place in an outfit, and unless exactly
        one of the two is given.
        """
        if (image is None) == (item_id is None):
            raise QueryError("Complete the look of a picture or of an item: give image or item_id, and not both.")
        around = self.choose_part(image).embedding if image is not None else str(item_id)
        return self.outfit(around, locked=locked or {}, passed_over=passed_over)

    def outfit(
        self, around: str | Vectors, *, locked: Mapping[str, str], passed_over: Sequence[str], is_strict: bool = True
    ) -> Outfit:
        """An outfit around an item's id, or an embedding [1, dim]; see `complete_the_look`."""
        anchor = (
            around if isinstance(around, str) else PictureAnchor.from_guesses(around, self._search.describe(around))
        )
        return self.stylist.outfit(anchor, locked=locked, passed_over=passed_over, is_strict=is_strict)

    def heat(self, image: PictureSource, item_id: str) -> npt.NDArray[np.float32] | None:
        """Which regions of the picture make it like this product: the share of each in the cosine, [rows, columns].

        None where the encoder has no feature map. Raises QueryError for an unknown id.
        """
        return self.encoder.heat(load_picture(image), self.searcher.vectors([self.items.row(item_id)])[0])

    def embed(self, image: PictureSource) -> Vectors:
        """The embedding of the picture, a unit vector float32 [1, dim]."""
        return self.encoder.encode([load_picture(image)])

    def embed_items(self, item_ids: Sequence[str]) -> Vectors:
        """The mean of these products' embeddings, a unit vector float32 [1, dim]. Raises QueryError for unknown ids."""
        rows = [self.items.row(item_id) for item_id in item_ids]
        return unit(self.searcher.vectors(rows).mean(0, keepdims=True))

    def compare(self, embedding: Vectors, item_id: str) -> Match:
        """One product as a match of an embedding [1, dim]. Raises QueryError for an unknown id."""
        return self._search.compare(embedding, self.items.row(item_id))

    def thumbnail(self, item_id: str, view: int = 0) -> bytes:
        """An encoded picture of this product, at most 320 px: its first one, or its further picture 1, 2, …

        Raises QueryError for an unknown id or picture.
        """
        row = self.items.row(item_id)
        if view == 0 or not isinstance(self.searcher, ViewSearcher):
            return self.assets.thumbnail(row)
        return self.searcher.views.thumbnail(self.searcher.views.place(row, view))

    def _check(self, k: int, options: SearchOptions) -> None:
        if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MAX_K:
            raise QueryError(f"k is the number of products to return, a whole number from 1 to {MAX_K}; got {k!r:.50}.")
        options.check(self.items)
