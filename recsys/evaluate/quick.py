"""The evaluation of an index while it is built. It uses the vectors and thumbnails at hand and embeds no picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.core.calibration import MIN_QUERIES, Calibration
from recsys.core.holdout import held_out
from recsys.core.items import Items
from recsys.core.reranking import Ranking
from recsys.core.roles import NO_OVERRIDES
from recsys.core.same_pictures import SamePictures
from recsys.evaluate import plots
from recsys.evaluate.confidence import calibrate
from recsys.evaluate.pool import THUMBNAIL, Pool, thumbnail_pixels
from recsys.evaluate.protocol import EvaluationProtocol, cross_catalogue_protocol
from recsys.evaluate.report import score_table
from recsys.evaluate.reranking import fit_ranking
from recsys.evaluate.retrieval import Score, main_scores, roles_of, score_attributes
from recsys.evaluate.search_task import PRECISION_K, SearchTask
from recsys.images.decode import decode
from recsys.types import ImageEncoder, Item, Vectors

MIN_HELD_OUT = 50
"""With fewer held-out products, the queries are sampled from the index itself."""
MAX_MAIN = 3
NO_SCORES = "No query has an attribute in common with these products, so no score can be given."
NO_BETTER = (
    "this encoder is not measurably better on this catalogue than comparing 16×16 thumbnails."
    " Choose another one with --encoder, or train one: docs/training.md."
)


@dataclass(frozen=True)
class QuickReport:
    """The retrieval scores, the calibration and the re-ranking of an index.

    A tiny catalogue, or one without attributes, has no scores. `note` describes queries and gallery. `main` are the
    scores of the kind, of the colour, and of the most attributes together, or the first three scores. `words` are lines
    about the search by words.
    """

    scores: tuple[Score, ...]
    calibration: Calibration | None
    note: str
    main: tuple[Score, ...] = ()
    ranking: Ranking | None = None
    words: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """What the scores say about the encoder, in a few lines of plain words."""
        if not self.scores:
            return [f"How well the encoder finds was not measured. {self.note}", *self.words]
        head = f"How well the encoder finds: the share of the first {PRECISION_K} results with the value of the query."
        useless = [score.label for score in self.main if score.gain.low <= 0]
        warnings = [f"warning: by {', '.join(useless)}, {NO_BETTER}"] if useless else []
        ranking = [f"  {_gain(self.ranking)}"] if self.ranking else []
        return [f"{head} {self.note}", *(_line(score) for score in self.main), *ranking, *warnings, *self.words]

    def to_markdown(self) -> str:
        """The scores as a table."""
        gain = f"\n\n{_gain(self.ranking)}" if self.ranking else ""
        return f"{self.note}\n\n{score_table(self.scores)}{gain}" if self.scores else self.note

    def draw(self, folder: Path) -> None:
        """Write confidence.png, the plot of confidence over cosine, where there is a confidence."""
        found = self.calibration
        if found and found.attribute:
            path = folder / "confidence.png"
            plots.confidence_curve(found.similarity, found.confidence, found.threshold, found.attribute, path)


def quick_report(
    items: Sequence[Item],
    vectors: Vectors,
    thumbnails: Iterable[bytes],
    *,
    queries: Pool | None = None,
    limit: int = 1000,
    role_overrides: Mapping[str, str | None] = NO_OVERRIDES,
    encoder: ImageEncoder | None = None,
) -> QuickReport:
    """Evaluate the unit `vectors` [n, dim] of these items; `thumbnails` are their encoded pictures, all readable.

    Up to `limit` queries are sampled: from `queries` if given, else from the held-out items, the other items being the
    gallery. With fewer than 50 held-out items they are sampled from all items, and no query finds itself. Items with
    the same picture count once, and those with a placeholder not at all; the note says how many. Where the products are
    too few, the report has no scores and its note says so. `role_overrides` are those of `Roles`. The re-ranking is
    fitted with the classification heads of `encoder`, or without them by the votes of the neighbours.
    """
    small = (thumbnail_pixels(decode(picture)) for picture in thumbnails)
    every = Pool(items, vectors, np.fromiter(small, THUMBNAIL, len(items)), role_overrides=role_overrides)
    attributes = list(dict.fromkeys(name for item in items for name in item.attributes))
    pictures = SamePictures.find(Items.from_items(items, attributes, role_overrides), vectors)
    pool = every.take(pictures.distinct)
    asked = pool if queries is None else queries
    if len(pool) <= PRECISION_K + 1 or not len(asked):
        few = f"{len(asked):,} queries, {len(pool):,} in the gallery"
        return QuickReport((), None, f"There are too few products to evaluate on: {few}.")
    protocol = (
        _protocol(pool, limit)
        if queries is None
        else cross_catalogue_protocol(asked.take(asked.sample(limit, "query")), pool)
    )
    calibration, note = calibrate(protocol.calibration, encoder), f"{protocol.note}{_repeated(pictures)}"
    if calibration is None:
        note += f" Fewer than {MIN_QUERIES} queries are of kinds that the gallery has: too few to fit a confidence."
    scores = score_attributes(protocol.retrieval)
    if not scores:
        note += f" {NO_SCORES}"
    main = main_scores(scores, roles_of(pool)) or scores[:MAX_MAIN]
    return QuickReport(scores, calibration, note, main, fit_ranking(protocol.retrieval, encoder))


def _repeated(pictures: SamePictures) -> str:
    """A sentence about the products that do not count, with a space before it; "" where there are none."""
    placeholders = int(pictures.is_placeholder.sum())
    repeated = len(pictures.first) - placeholders - len(pictures.distinct)
    parts = [f"{repeated:,} products whose picture another one has too"] if repeated else []
    parts += [f"{placeholders:,} with a picture that stands for a missing one"] if placeholders else []
    return f" Left out: {' and '.join(parts)}." if parts else ""


def _protocol(pool: Pool, limit: int) -> EvaluationProtocol:
    held = np.array([held_out(item.id) for item in pool.items])
    if held.sum() >= MIN_HELD_OUT:
        queries, which = pool.take(held), "kept out of training"
        task = SearchTask.disjoint(queries.take(queries.sample(limit, "query")), pool.take(~held))
    else:
        chosen, which = pool.sample(limit, "query"), "of the index itself, each of which searches the others"
        task = SearchTask(pool.take(chosen), pool, own_rows=chosen)
    return EvaluationProtocol(task, task, {}, task.note(which))


def _line(score: Score) -> str:
    """One score, with its 95 % interval and the baseline."""
    return f"  {score.label}: {score.precision}; by 16×16 thumbnails {score.thumbnail.precision:.3f}"


def _gain(ranking: Ranking) -> str:
    """What the re-ranking gives, in a sentence."""
    return (
        f"Re-ranked by what the encoder sees, the mean over {', '.join(ranking.scored)} and all together:"
        f" {ranking.after:.3f}; in the order of the cosines {ranking.before:.3f}. ({ranking.queries:,} queries; the"
        " weights were fitted on others.)"
    )
