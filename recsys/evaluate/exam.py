"""Which products are asked for, and among which: by the split, and by what the encoder never saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recsys.calibration import kind_of
from recsys.errors import CatalogError
from recsys.evaluate.pool import Pool
from recsys.evaluate.retrieval import attributes_of
from recsys.evaluate.trial import K, Trial
from recsys.splits import PRODUCT_SPLIT, TYPE_SPLIT, held_out, unseen, withheld
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
        return Exam(ordinary, ordinary, {}, _note(ordinary, "held out of every training"))
    queries = pool.take(unknown & besides)
    foreign = {f"products withheld by the split {split}": queries.vectors}
    if split != TYPE_SPLIT:
        retrieval = _trial(queries, gallery)
        return Exam(retrieval, ordinary, foreign, _note(retrieval, f"withheld by the split {split}"))
    shown = (~unknown & ~besides) | besides
    itself = (np.cumsum(shown) - 1)[unknown & besides]
    retrieval = _checked(Trial(queries, pool.take(shown), itself))
    return Exam(retrieval, ordinary, foreign, f"{_note(retrieval, 'of withheld types')} A query does not find itself.")


def exam_across(asked: Pool, gallery: Pool, seen_under: str) -> Exam:
    """The exam of one catalogue with the unseen products of another as queries.

    A query whose value the gallery does not have is not counted. Raises CatalogError for too few products.
    """
    is_unseen = unseen(seen_under)
    queries = asked.take(np.array([is_unseen(item) for item in asked.items]))
    retrieval = _trial(queries, gallery, answerable=True)
    kind = kind_of(attributes_of(gallery.items))
    if kind is None:
        return Exam(retrieval, retrieval, {}, _note(retrieval, "of another catalogue"))
    label = retrieval.label([kind])
    lacking = (label.asked >= 0) & (label.available == 0)
    ordinary = retrieval.take(np.flatnonzero(~lacking))
    note = (
        f"{_note(retrieval, 'of another catalogue')} Of the queries {lacking.sum():,} have another {kind} than any"
        " product of the gallery; a label counts the queries whose value the gallery has."
    )
    return Exam(retrieval, ordinary, {f"products whose {kind} the gallery lacks": queries.take(lacking).vectors}, note)


def _trial(queries: Pool, gallery: Pool, answerable: bool = False) -> Trial:
    return _checked(Trial.of(queries, gallery, answerable))


def _checked(trial: Trial) -> Trial:
    queries, gallery = len(trial.queries), len(trial.gallery)
    if not queries or gallery <= K:
        raise CatalogError(
            f"{queries + gallery} products are too few to judge by: {queries} queries in a gallery of {gallery}."
            " Take a larger dataset, or another split."
        )
    return trial


def _note(trial: Trial, which: str) -> str:
    return f"{len(trial.queries):,} queries, products {which}; {len(trial.gallery):,} products in the gallery."
