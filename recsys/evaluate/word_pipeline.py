"""The whole query pipeline in the task "words": texts alone, and words beside a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recsys.core.items import Items
from recsys.core.ranking import Estimate
from recsys.evaluate.memory_shop import MemorySearcher, NoPictures
from recsys.evaluate.retrieval import attributes_of
from recsys.evaluate.task_report import TaskReport, TaskScore
from recsys.evaluate.word_queries import DEPTH
from recsys.recommend.options import SearchOptions
from recsys.recommend.recommender import Recommender
from recsys.runtime.hashing import sha256
from recsys.types import Answer, ImageEncoder, Item, Origin, Rows, TextEncoder, Vectors
from recsys.words.full_text import FullText

LOOKS = ("striped", "checked", "printed", "floral")
"""Words of names that are no values of most catalogues."""
MIN_NAMED = 20
"""A word is measured on kinds of which at least this many products of the gallery have it in their name."""
MAX_PHOTOS = 100


@dataclass(frozen=True, eq=False)
class WholePipeline:
    """The answers of the recommender to texts: values and names, and the text tower if there is one."""

    items: Sequence[Item]
    vectors: Vectors
    encoder: ImageEncoder
    tower: TextEncoder | None
    name: str = "whole pipeline"
    _shops: dict[int, Recommender] = field(default_factory=dict)

    def find(self, texts: Sequence[str], gallery: Rows, k: int) -> list[Rows]:
        if len(gallery) not in self._shops:
            self._shops[len(gallery)] = self.shop(gallery)
        shop = self._shops[len(gallery)]
        return [gallery[_rows(shop.search(None, k, SearchOptions(text=text)))] for text in texts]

    def shop(self, gallery: Rows, *, has_names: bool = True) -> Recommender:
        """A recommender over these rows, without their names if asked."""
        chosen = [self.items[row] for row in gallery.tolist()]
        table = Items.from_items(
            chosen if has_names else [replace(item, name=None) for item in chosen], attributes_of(chosen)
        )
        searcher, origin = MemorySearcher(self.vectors[gallery], table), Origin("memory", "memory")
        return Recommender(self.encoder, searcher, table, NoPictures(), origin, text_tower=self.tower)


def evaluate_looks(pipeline: WholePipeline, asked: Rows, gallery: Rows) -> TaskReport:
    """Ask with pictures of the products in the rows `asked`, and a word for a look beside them."""
    note = (
        f"Looks: pictures of held-out products with a word beside them, of kinds of which at least {MIN_NAMED} of"
        f" {len(gallery):,} products have the word in their name. The share of the first {DEPTH} whose name has it, and"
        " of those of the picture's kind."
    )
    shops = {"by names and look": pipeline.shop(gallery), "by look alone": pipeline.shop(gallery, has_names=False)}
    kind = next(iter(shops.values())).items.roles.kind
    if kind is None:
        return TaskReport("looks", note, ())
    scores, full_text = [], FullText.from_items(Items.from_items(pipeline.items, attributes_of(pipeline.items)))
    for word in LOOKS:
        named = np.zeros(len(pipeline.items), bool)
        named[full_text.rows(word)] = True
        photos = _photos(pipeline.items, asked, gallery, named, kind)
        cases = [("picture alone", None, "by names and look"), *((name, word, name) for name in shops)]
        for name, text, shop in cases if len(photos) else ():
            answers = [
                gallery[_rows(shops[shop].search(pipeline.vectors[[row]], DEPTH, SearchOptions(text=text)))]
                for row in photos
            ]
            scores.append(TaskScore(word, name, len(photos), _measures(pipeline.items, photos, answers, named, kind)))
    return TaskReport("looks", note, tuple(scores))


def _photos(items: Sequence[Item], asked: Rows, gallery: Rows, named: np.ndarray, kind: str) -> list[int]:
    """The products to ask with, whose own names lack the word, in a random order that depends on their ids alone."""
    counts = Counter(items[row].value(kind) for row in gallery[named[gallery]].tolist())
    order = sorted(asked[~named[asked]].tolist(), key=lambda row: sha256(f"looks {items[row].id}".encode()))
    return [row for row in order if counts[items[row].value(kind)] >= MIN_NAMED][:MAX_PHOTOS]


def _measures(
    items: Sequence[Item], photos: Sequence[int], answers: Sequence[Rows], named: np.ndarray, kind: str
) -> dict[str, Estimate]:
    names = [named[rows].sum() / DEPTH for rows in answers]
    kinds = [
        sum(items[row].value(kind) == items[photo].value(kind) for row in rows.tolist()) / DEPTH
        for photo, rows in zip(photos, answers, strict=True)
    ]
    return {"named so": Estimate.from_values(np.array(names)), "same kind": Estimate.from_values(np.array(kinds))}


def _rows(answer: Answer) -> Rows:
    return np.array([match.row for match in answer], np.int64)
