"""The search behind a recommender: from an embedding, a product or likes to an answer, under search options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace

import numpy as np

from recsys.core.calibration import Calibration
from recsys.core.crops import CropCalibration
from recsys.core.items import Items
from recsys.core.reranking import RERANKED, Ranking, ranked
from recsys.core.same_pictures import SamePictures
from recsys.images.box import Box
from recsys.index.annoy.searcher import MAX_APPROXIMATE
from recsys.index.views import ViewSearcher
from recsys.recommend.closeness import is_close
from recsys.recommend.closest_for_less import closest_for_less
from recsys.recommend.describe import guesses, shared
from recsys.recommend.diversity import maximal_marginal_relevance, pool_size
from recsys.recommend.found import Found, Query, nearest_of
from recsys.recommend.likes import RERANKED as RERANKED_BY_LIKES
from recsys.recommend.likes import Likes
from recsys.recommend.look import LOOK_NEAREST, Look
from recsys.recommend.options import CLOSENESS, SearchOptions, sorted_places
from recsys.recommend.picture_part import ChosenPart
from recsys.recommend.reranker import Reranker
from recsys.recommend.steering import Steering
from recsys.types import (
    Answer,
    Attribute,
    Guess,
    ImageEncoder,
    IndexAssets,
    Match,
    Rows,
    Searcher,
    Vectors,
    Where,
    Words,
)

NEIGHBOURS_THAT_DESCRIBE = 20
"""How many of the nearest products vote on the attributes of a picture that the encoder has no head for."""
PICTURES_THAT_DESCRIBE = 10
"""The least number of different pictures that these products show. Each picture has one vote."""
EXACT = MAX_APPROXIMATE + 1
"""A search with an offset requests at least this many products, so that all pages of an answer have one order."""
GROWTH = 4
"""Where the nearest products show too few different pictures, this many times as many are searched for."""


@dataclass(frozen=True, eq=False)
class Search:
    """Searches one catalogue. A query without a filter or an override takes one nearest-neighbour search."""

    encoder: ImageEncoder
    searcher: Searcher
    items: Items
    assets: IndexAssets
    calibration: Calibration | None
    steering: Steering
    pictures: SamePictures
    crops: CropCalibration | None = None
    ranking: Ranking | None = None
    words: Words | None = None
    """How the text of the query was understood; None without a text."""
    among: Rows | None = None
    """The rows to search among, where the filter does not say it."""
    look: Look | None = None
    """The words that move a query towards a look."""

    def by_part(self, part: ChosenPart, k: int, options: SearchOptions) -> Answer:
        """The k products nearest to a picture, or to the part of it in a box."""
        embedding = part.embedding
        count = self.candidates(k, options)
        is_narrowed = bool(options.filter) or self.among is not None
        described = max(NEIGHBOURS_THAT_DESCRIBE, 0 if is_narrowed else count)
        nearest = self._nearest(embedding, described, pictures=PICTURES_THAT_DESCRIBE)
        seen = self._describe(embedding, nearest)
        if is_narrowed:
            nearest = self.nearest(embedding, count, options)
        query = Query(embedding, {name: guess.value for name, guess in seen.items()}, part=part)
        return self._answer_to(query, nearest, seen, k, options)

    def by_item(self, row: int, k: int, options: SearchOptions) -> Answer:
        """The k products most like the product in this row, which is left out."""
        query = Query(self.searcher.vectors([row]), self.items[row].attributes, row)
        nearest = self.nearest(query.embedding, self.candidates(k, options) + 1, options)
        nearest = nearest.without(self.items.group_rows(row).tolist())
        return self._answer_to(query, nearest, {}, k, options)

    def alone(self, k: int, options: SearchOptions) -> Answer:
        """The k products that fit the likes alone. Raises QueryError if nothing is liked."""
        likes = Likes.from_ids(self.items, self.searcher, options.liked, options.disliked)
        found = Found(*likes.for_you(pool(k, options), options.filter))
        values = {reason.attribute: reason.value for reason in likes.shared_values()}
        return self.answer(self.select(self.each_once(found), k, options), values, {}, close=None)

    def for_less(self, query: Vectors, row: int | None, k: int, options: SearchOptions) -> Answer:
        """The closest products that cost less than the product in this row, or than the closest one.

        Those that are not close are left out, unless the options say what similarity is enough.
        """
        least = self.calibration.threshold if self.calibration else -1.0
        least = least if options.min_similarity is None else options.min_similarity
        below = None if row is None else self.items.cost(row)
        found = closest_for_less(self.items, self.searcher, query, k, options.where, below=below, least_cosine=least)
        values = {} if row is None else self.items[row].attributes
        return self.answer(Found(*found), values, {}, close=True if len(found[0]) else None)

    def compare(self, embedding: Vectors, row: int) -> Match:
        """The product in this row as a match of an embedding [1, dim]."""
        needed = self.calibration.nearest if self.calibration else 0
        nearest = self._nearest(embedding, max(NEIGHBOURS_THAT_DESCRIBE, needed), pictures=PICTURES_THAT_DESCRIBE)
        values = {name: guess.value for name, guess in self._describe(embedding, nearest).items()}
        found, query = Found(np.array([row]), self._cosines(embedding[0], np.array([row]))), Query(embedding, values)
        answer = self.answer(found, values, {}, self._is_close(nearest, query), reranker=self._reranker(query))
        return self.with_views(answer, embedding)[0]

    def describe(self, embedding: Vectors) -> dict[str, Guess]:
        """The attributes that an embedding [1, dim] seems to have: by the encoder's heads, else by the 20 nearest."""
        nearest = self._nearest(embedding, NEIGHBOURS_THAT_DESCRIBE, pictures=PICTURES_THAT_DESCRIBE)
        return self._describe(embedding, nearest)

    def nearest(self, vector: Vectors, count: int, options: SearchOptions) -> Found:
        """The nearest `count` products to a vector [1, dim] that the filter and the words of the query leave."""
        return self._nearest(vector, count, options.filter, among=self.among)

    def _answer_to(
        self, query: Query, nearest: Found, seen: Mapping[str, Guess], k: int, options: SearchOptions
    ) -> Answer:
        """The answer, given the nearest products that pass the filter."""
        likes = Likes.from_ids(self.items, self.searcher, options.liked, options.disliked)
        target, found = query.embedding, nearest
        if options.but:
            target = self.steering.steer_all(query.embedding, options.but, query.values)
            rows = self._overridden(target, query, self.candidates(k, options) + 1, options)
            found = Found(rows, self._cosines(query.embedding[0], rows))
        if self.look:
            near = self.nearest(target, LOOK_NEAREST, options).rows
            target, found = self.look.first(near, self.searcher, target, query.values)
        own = [] if query.row is None else self.items.group_rows(query.row).tolist()
        left_out = (*own, *(likes.disliked if options.keep_liked else likes.judged))
        found = found.without(left_out) if left_out else found
        reranker = self._reranker(query, is_overridden=bool(options.but))
        found = self._rerank(query, target, found, likes, reranker if options.refine and not self.look else None)
        selected = self.select(self.each_once(found).at(slice(pool(k, options))), k, options)
        box, close = query.part.box if query.part else None, self._is_close(nearest, query)
        answer = self.with_views(self.answer(selected, query.values, seen, close, box, reranker), query.embedding)
        return self._with_product_chance(answer, nearest) if query.part and close else answer

    def _with_product_chance(self, answer: Answer, nearest: Found) -> Answer:
        """The answer, in which the nearest match has the chance that it is the very product in the picture."""
        chance = self.calibration.product_chance_at(float(nearest.cosines[0])) if self.calibration else None
        if chance is None:
            return answer
        matches = [
            replace(match, chances={**match.chances, "product": chance}) if match.row == nearest.rows[0] else match
            for match in answer
        ]
        return replace(answer, matches=tuple(matches), assets=self.assets)

    def with_views(self, answer: Answer, embedding: Vectors) -> Answer:
        """The answer, in which each match names the picture of the product that is nearest to an embedding [1, dim]."""
        if not isinstance(self.searcher, ViewSearcher):
            return answer
        rows = [match.row for match in answer if match.row is not None]
        _, views = self.searcher.best_pictures(embedding[0], rows)
        matches = (replace(match, view=view) for match, view in zip(answer, views.tolist(), strict=True))
        return replace(answer, matches=tuple(matches), assets=self.assets)

    def each_once(self, found: Found) -> Found:
        """The best view of each product: the first row of each group. Rows that show a placeholder come last."""
        if self.pictures.is_placeholder.any():
            found = found.at(np.argsort(self.pictures.is_placeholder[found.rows], kind="stable"))
        if self.items.groups is None:
            return found
        return found.at(np.sort(np.unique(self.items.product_of[found.rows], return_index=True)[1]))

    def _overridden(self, target: Vectors, query: Query, count: int, options: SearchOptions) -> Rows:
        """The nearest products with the values of `but`. Of the first, half are of the query's kind, if there are."""
        rows = self.nearest(target, count, options).rows
        kind, where = self.items.roles.kind or "", options.filter or {}
        own = query.values.get(kind)
        if not isinstance(own, str) or kind in where or own not in self.items.values(kind):
            return rows
        where = {**where, kind: own}
        among = None if self.among is None else np.intersect1d(self.among, self.items.passing(where))
        of_kind = self._search(target, RERANKED // 2, where, among).rows
        first = np.union1d(of_kind, rows[: RERANKED // 2])
        best = Found(first, self._cosines(query.embedding[0], first)).best(len(first)).rows
        return np.concatenate([best, rows[~np.isin(rows, first)]])

    def _reranker(self, query: Query, is_overridden: bool = False) -> Reranker | None:
        if self.ranking is None:
            return None
        ranking = self.ranking.beside_overrides(self.items.roles.kind) if is_overridden else self.ranking
        return Reranker(self.encoder, self.items, ranking, query.embedding, query.row, self.calibration)

    def _rerank(self, query: Query, target: Vectors, found: Found, likes: Likes, reranker: Reranker | None) -> Found:
        """The nearest products in their final order: by the attributes of the query, then by the likes."""
        gains = np.zeros(len(found.rows), dtype=np.float32)
        if reranker:
            gains = reranker.gains(*found)
            keep_from = reranker.ranking.keep_from if query.part else np.inf
            (first,) = ranked(found.cosines[None, :RERANKED], gains[None, :RERANKED], keep_from)
            order = np.concatenate([first, np.arange(len(first), len(gains))])
            found, gains = found.at(order), gains[order]
        return found.at(likes.rerank(target, found.rows, gains)) if likes.judged else found

    def select(self, found: Found, k: int, options: SearchOptions) -> Found:
        """The k of these candidates to show, by diversity and minimum similarity. Their order is their relevance."""
        if options.diversity:
            found = found.at(self._of_nearest_kinds(found.rows, k))
            relevance, vectors = np.sort(found.cosines)[::-1], self.searcher.vectors(found.rows)
            found = found.at(maximal_marginal_relevance(relevance, vectors, k, options.diversity))
        if options.min_similarity is not None:
            found = found.at(np.flatnonzero(found.cosines >= options.min_similarity))
        found = found.at(slice(options.offset, options.offset + k))
        return found if options.sort == CLOSENESS else found.at(sorted_places(self.items, found.rows, options.sort))

    def _of_nearest_kinds(self, rows: Rows, k: int) -> Rows:
        """The places of those rows that are of a kind of the first k: variety shows no watches among shirts."""
        if not self.items.roles.kind:
            return np.arange(len(rows))
        kinds = self.items.columns[self.items.roles.kind].codes[rows]
        return np.flatnonzero(np.isin(kinds, kinds[:k]))

    def answer(
        self,
        found: Found,
        values: Mapping[str, Attribute],
        seen: Mapping[str, Guess],
        close: bool | None,
        box: Box | None = None,
        reranker: Reranker | None = None,
    ) -> Answer:
        matches = []
        roles, unknown = self.items.roles, [None] * len(found.rows)
        known = (reranker.chances(name, found.rows) if reranker else unknown for name in (roles.kind, roles.colour))
        for row, cosine, kind, colour in zip(found.rows.tolist(), found.cosines.tolist(), *known, strict=True):
            item = self.items[row]
            is_trusted = close and not self.pictures.is_placeholder[row]
            confidence = self.calibration.confidence_at(cosine) if self.calibration and is_trusted else None
            variants = tuple(self.items[other] for other in self.items.group_rows(row).tolist() if other != row)
            kind = confidence if kind is None or confidence is None else kind
            shares = {name: share for name, share in (("kind", kind), ("colour", colour)) if share is not None}
            matches.append(Match(item, cosine, confidence, shared(values, item), row, variants, shares))
        return Answer(tuple(matches), close, seen, astuple(box) if box else None, self.assets, self.words)

    def _nearest(
        self, vector: Vectors, count: int, where: Where | None = None, pictures: int = 0, among: Rows | None = None
    ) -> Found:
        """The nearest `count` products, and more rows where these show fewer than `pictures` different pictures.

        There are as many different pictures as the closeness of an answer needs, at least.
        """
        wanted, pictures = count, max(pictures, self.calibration.nearest if self.calibration else 0)
        while True:
            rows, cosines = self._search(vector, wanted, where, among)
            products = len(np.unique(self.items.product_of[rows])) if self.items.groups else count
            if len(rows) < wanted or (len(self.pictures.places(rows)) >= pictures and products >= count):
                return Found(rows, cosines)
            wanted *= GROWTH

    def _search(self, vector: Vectors, count: int, where: Where | None, among: Rows | None) -> Found:
        """The nearest `count` rows to a vector [1, dim], of those that pass the filter, or of the rows in `among`."""
        if among is None:
            (rows,), (cosines,) = self.searcher.search(vector, count, where)
            return Found(rows, cosines)
        return nearest_of(self.searcher, vector, count, among, self._cosines)

    def _cosines(self, vector: Vectors, rows: Rows) -> Vectors:
        """The cosines of products to a vector [dim], each by its nearest picture."""
        if isinstance(self.searcher, ViewSearcher):
            return self.searcher.best_pictures(vector, rows)[0]
        return (self.searcher.vectors(rows) @ vector).clip(-1, 1)

    def candidates(self, k: int, options: SearchOptions) -> int:
        """How many of the nearest products to search for, with those that are left out of the answer."""
        judged, wanted = len(options.liked) + len(options.disliked), pool(k, options)
        by_likes = RERANKED_BY_LIKES if judged else 0
        by_attributes = RERANKED if self.ranking and options.refine else 0
        wanted = max(wanted, EXACT) if options.offset else wanted
        return max(max(wanted, by_likes, by_attributes) + judged, self.calibration.nearest if self.calibration else 0)

    def _describe(self, embedding: Vectors, nearest: Found) -> dict[str, Guess]:
        rows = nearest.rows[self.pictures.places(nearest.rows)[:NEIGHBOURS_THAT_DESCRIBE]]
        return guesses(self.encoder.logits(embedding), self.encoder.values, self.items.columns, rows.tolist())

    def _is_close(self, nearest: Found, query: Query) -> bool | None:
        return is_close(nearest, query, self.encoder, self.items, self.pictures, self.calibration, self.crops)


def pool(k: int, options: SearchOptions) -> int:
    """How many candidates to choose k from, with those that are skipped."""
    return options.offset + (pool_size(k) if options.diversity else k)
