"""Which products are asked for, and among which: by the split, and by what the encoder never saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recsys.core.holdout import PRODUCT_SPLIT, TYPE_SPLIT, held_out, unseen, withheld
from recsys.errors import CatalogError
from recsys.evaluate.pool import Pool
from recsys.evaluate.retrieval import roles_of
from recsys.evaluate.search_task import K, Trial
from recsys.types import Vectors


@dataclass(frozen=True, eq=False)
class Exam:
    """What an encoder is judged by; `note` says it for people.

    `retrieval` asks for what the split selects. `ordinary` asks for other products of what the gallery has: confidence
    is fitted and judged on those, and `foreign` are the vectors of products that are not in the gallery by their kind.
    """

    retrieval: Trial
    ordinary: Trial
    foreign: Mapping[str, Vectors]
    note: str


def exam_of(pool: Pool, split: str, seen_under: str) -> Exam:
    """The exam of a catalogue under a split, of an encoder that was trained under the split `seen_under`.

    Queries are products that the encoder never saw and that the split selects: those held out, or of the withheld types
    or years. The gallery is what is neither. To be found, products of withheld types stand in the gallery of
    `retrieval`, where a query does not find itself. Raises CatalogError for an unknown split, or too few products.
    """
    is_unseen, is_withheld, was_withheld = unseen(seen_under), withheld(split), withheld(seen_under)
    unknown = np.array([is_unseen(item) for item in pool.items])
    besides = np.array([is_withheld(item) for item in pool.items])
    held = np.array([held_out(item.id) and not was_withheld(item) for item in pool.items])
    gallery = pool.take(~unknown & ~besides)
    ordinary = _trial(pool.take(held & ~besides), gallery)
    if split == PRODUCT_SPLIT:
        return Exam(ordinary, ordinary, {}, ordinary.note("held out of every training"))
    queries = pool.take(unknown & besides)
    if split != TYPE_SPLIT:
        retrieval = _trial(queries, gallery)
        return Exam(retrieval, ordinary, {}, retrieval.note(f"withheld by the split {split}"))
    shown = (~unknown & ~besides) | besides
    itself = (np.cumsum(shown) - 1)[unknown & besides]
    retrieval = _checked(Trial(queries, pool.take(shown), itself))
    foreign = {f"products withheld by the split {split}": queries.vectors}
    return Exam(retrieval, ordinary, foreign, f"{retrieval.note('of withheld types')} A query does not find itself.")


def exam_across(asked: Pool, gallery: Pool) -> Exam:
    """The exam of one catalogue with products of another as queries, which the encoder never saw.

    A query whose value the gallery does not have is not counted, and one that is in the gallery, by its id, does not
    find itself. Raises CatalogError for too few products.
    """
    place = {item.id: row for row, item in enumerate(gallery.items)}
    itself = np.array([place.get(item.id, -1) for item in asked.items], np.int64)
    retrieval = _checked(Trial(asked, gallery, itself, answerable=True))
    note = retrieval.note("of another catalogue")
    kind, theirs = (roles_of(pool.items).kind for pool in (gallery, asked))
    if kind is None:
        return Exam(retrieval, retrieval, {}, note)
    label = retrieval.label([kind])
    if not (label.asked >= 0).any():
        note += f" They do not say what they are by {kind}, as the gallery does, but by {theirs or 'nothing'}."
    lacking = (label.asked >= 0) & (label.available == 0)
    note += (
        f" Of the queries {lacking.sum():,} have another {kind} than any product of the gallery; a label counts the"
        " queries whose value the gallery has."
    )
    foreign = {f"products whose {kind} the gallery lacks": asked.take(lacking).vectors}
    return Exam(retrieval, retrieval.take(retrieval.counted(label)), foreign, note)


def _trial(queries: Pool, gallery: Pool) -> Trial:
    return _checked(Trial.of(queries, gallery))


def _checked(trial: Trial) -> Trial:
    queries, gallery = len(trial.queries), len(trial.gallery)
    if not queries or gallery <= K:
        raise CatalogError(
            f"{queries + gallery} products are too few to judge by: {queries} queries in a gallery of {gallery}."
            " Take a larger dataset, or another split."
        )
    return trial
