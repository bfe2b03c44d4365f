"""The task "words": texts should find the products that they describe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.core.items import Items
from recsys.core.ranking import Estimate
from recsys.evaluate.messy_queries import messy_queries, plain_queries
from recsys.evaluate.retrieval import attributes_of
from recsys.evaluate.task_report import TaskReport, TaskScore
from recsys.evaluate.word_contenders import FullTextAlone, RandomProducts, TowerAlone, WordContender
from recsys.evaluate.word_pipeline import WholePipeline, evaluate_looks
from recsys.evaluate.word_queries import DEPTH, MAX_QUERIES, WordQueries, label_queries, name_queries
from recsys.types import ImageEncoder, Item, Rows, Vectors
from recsys.words.tower import TextTower

NAME_DEPTHS = (1, 10, 100)
CONTENDERS = 3
PLAIN_QUERIES, MESSY_QUERIES = 200, 500


def evaluate_words(
    items: Sequence[Item],
    vectors: Vectors,
    held: npt.NDArray[np.bool_],
    tower: TextTower | None,
    encoder: ImageEncoder | None = None,
) -> list[TaskReport]:
    """Ask for values that products have together, and for the names of held-out products.

    `vectors` [n, dim] are those of the items' pictures, and `held` [n] says which of them are held out. With the
    `encoder` that made them, the whole query pipeline takes part, and words beside pictures are asked too.
    """
    everything, unseen = np.arange(len(items)), np.flatnonzero(held)
    contenders: list[WordContender] = [FullTextAlone(items), RandomProducts()]
    if tower:
        contenders.insert(0, TowerAlone(tower, vectors))
    if encoder:
        contenders.insert(0, WholePipeline(items, vectors, encoder, tower))
    task = _Task(items, held, contenders)
    reports = [
        task.labels(everything, f"all {len(items):,} products", every=False),
        task.labels(everything, f"all {len(items):,} products", every=True),
        task.labels(unseen, f"the {len(unseen):,} held-out products", every=False),
        task.names(),
        task.typed(),
    ]
    if encoder:
        reports.append(evaluate_looks(WholePipeline(items, vectors, encoder, tower), unseen, np.flatnonzero(~held)))
    return reports


def figures(reports: Sequence[TaskReport]) -> dict[str, float]:
    """The values of the tower's measures in all products, by case, such as "articleType: P@10"."""
    found: dict[str, float] = {}
    for score in (score for report in reports for score in report.scores if score.encoder == TowerAlone.name):
        for name, estimate in score.measures.items():
            found.setdefault(f"{score.case}: {name}", round(estimate.value, 4))
    return found


def is_useful(reports: Sequence[TaskReport]) -> bool:
    """Whether the tower finds measurably better than chance what it is first asked for."""
    first = next((report.scores for report in reports if report.scores), ())
    by_name = {score.encoder: next(iter(score.measures.values())) for score in reversed(first)}
    tower, random = by_name.get(TowerAlone.name), by_name.get(RandomProducts.name)
    return tower is not None and random is not None and tower.low > random.high


def summary(reports: Sequence[TaskReport]) -> list[str]:
    """A line for each case in all products: the first measure of the tower, of full text and by chance."""
    lines: dict[str, list[str]] = {}
    for report in (report for report in reports if report.scores):
        for score in report.scores:
            name, estimate = list(score.measures.items())[-2]
            lines.setdefault(f"{score.case}: {name}", []).append(f"{score.encoder} {estimate.value:.3f}")
    return [f"  {case} of {'; '.join(values[:CONTENDERS])}" for case, values in lines.items()]


@dataclass(frozen=True, eq=False)
class _Task:
    items: Sequence[Item]
    held: npt.NDArray[np.bool_]
    contenders: Sequence[WordContender]

    def labels(self, gallery: Rows, which: str, *, every: bool) -> TaskReport:
        asked = "all products, so that rare ones count as much as common ones"
        asked = asked if every else f"at most {MAX_QUERIES} held-out products, chosen by a hash of their ids"
        note = (
            f"Words: texts of values that products have together, such as colour and kind, in {which}. The values are"
            f" those of {asked}; at least {DEPTH} products of the gallery have them. P@{DEPTH} is the share of the"
            f" first {DEPTH} that have all of them. The text tower reads no name and no label of the gallery; full text"
            " reads both."
        )
        cases = label_queries(self.items, self.held, gallery, every)
        scores = [_precision(queries, contender, gallery) for queries in cases for contender in self.contenders]
        return TaskReport("words", note, tuple(scores))

    def names(self) -> TaskReport:
        gallery = np.arange(len(self.items))
        note = (
            f"Names: the name of a held-out product, in all {len(gallery):,} products. R@k is the share of the names"
            " whose own product is among the first k. Full text has the name itself in its index, so it solves this by"
            " construction."
        )
        queries = name_queries(self.items, self.held, gallery)
        scores = [_recall(queries, contender, gallery) for contender in self.contenders if queries.texts]
        return TaskReport("names", note, tuple(scores))

    def typed(self) -> TaskReport:
        """Texts for a kind in a colour, as the catalogue writes them and as visitors type them."""
        gallery = np.arange(len(self.items))
        note = (
            f"Typed: texts for a kind in a colour in all {len(gallery):,} products, as the catalogue writes them"
            " (plain), and with mistakes, synonyms and fillers, in other orders and numbers (messy), by a seeded"
            " generator."
        )
        table = Items.from_items(self.items, attributes_of(self.items))
        try:
            cases = [plain_queries(table, PLAIN_QUERIES), messy_queries(table, MESSY_QUERIES)]
        except ValueError:  # too few products have a kind and a colour together
            cases = []
        scores = [_precision(queries, contender, gallery) for queries in cases for contender in self.contenders]
        return TaskReport("typed", note, tuple(scores))


def _precision(queries: WordQueries, contender: WordContender, gallery: Rows) -> TaskScore:
    found = contender.find(queries.texts, gallery, DEPTH)
    shares = [np.isin(rows, right).sum() / DEPTH for rows, right in zip(found, queries.right, strict=True)]
    measures = {f"P@{DEPTH}": Estimate.from_values(np.array(shares)), "no answer": _unanswered(found)}
    return TaskScore(queries.case, contender.name, len(queries.texts), measures)


def _recall(queries: WordQueries, contender: WordContender, gallery: Rows) -> TaskScore:
    found = contender.find(queries.texts, gallery, max(NAME_DEPTHS))
    pairs = list(zip(found, queries.right, strict=True))
    measures = {
        f"R@{k}": Estimate.from_values(np.array([np.isin(right, rows[:k]).any() for rows, right in pairs]))
        for k in NAME_DEPTHS
    }
    return TaskScore(queries.case, contender.name, len(queries.texts), measures | {"no answer": _unanswered(found)})


def _unanswered(found: Sequence[Rows]) -> Estimate:
    return Estimate.from_values(np.array([not len(rows) for rows in found]))
