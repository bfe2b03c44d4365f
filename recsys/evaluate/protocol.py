"""Evaluation protocols: which products are the queries, and which the gallery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recsys.core.holdout import PRODUCT_SPLIT, TYPE_SPLIT, held_out, unseen, withheld
from recsys.errors import CatalogError
from recsys.evaluate.pool import Pool
from recsys.evaluate.retrieval import roles_of
from recsys.evaluate.search_task import PRECISION_K, SearchTask
from recsys.types import Vectors


@dataclass(frozen=True, eq=False)
class EvaluationProtocol:
    """The tasks that an encoder is evaluated on.

    `retrieval` has the queries that the split selects. `calibration` has queries of kinds that the gallery has: the
    confidence is fitted and evaluated on them. `out_of_gallery` are the vectors of products of kinds that the gallery
    does not have, by a description of them. `note` describes the protocol in a sentence or two.
    """

    retrieval: SearchTask
    calibration: SearchTask
    out_of_gallery: Mapping[str, Vectors]
    note: str


def split_protocol(pool: Pool, split: str, trained_split: str) -> EvaluationProtocol:
    """The protocol of a split of one catalogue, for an encoder that was trained under `trained_split`.

    Queries are products that the encoder never saw and that the split selects: held-out products, or products of the
    withheld types or years. The gallery is all products that the encoder saw and that the split does not withhold. With
    the type split, the products of withheld types join the gallery of `retrieval`, because a query could find nothing
    otherwise; a query does not find itself. Raises CatalogError for an unknown split, or too few products.
    """
    is_unseen, is_withheld, was_withheld = unseen(trained_split), withheld(split), withheld(trained_split)
    unknown = np.array([is_unseen(item) for item in pool.items])
    selected = np.array([is_withheld(item) for item in pool.items])
    held = np.array([held_out(item.id) and not was_withheld(item) for item in pool.items])
    in_gallery = ~unknown & ~selected
    gallery = pool.take(in_gallery)
    calibration = _checked(SearchTask.disjoint(pool.take(held & ~selected), gallery))
    if split == PRODUCT_SPLIT:
        return EvaluationProtocol(calibration, calibration, {}, calibration.note("held out of every training"))
    queries = pool.take(unknown & selected)
    if split != TYPE_SPLIT:
        retrieval = _checked(SearchTask.disjoint(queries, gallery))
        return EvaluationProtocol(retrieval, calibration, {}, retrieval.note(f"withheld by the split {split}"))
    shown = in_gallery | selected
    own_rows = (np.cumsum(shown) - 1)[unknown & selected]
    retrieval = _checked(SearchTask(queries, pool.take(shown), own_rows))
    out_of_gallery = {f"products withheld by the split {split}": queries.vectors}
    note = f"{retrieval.note('of withheld types')} A query does not find itself."
    return EvaluationProtocol(retrieval, calibration, out_of_gallery, note)


def cross_catalogue_protocol(queries: Pool, gallery: Pool) -> EvaluationProtocol:
    """The protocol of one catalogue with the products of another as queries.

    A query whose value the gallery does not have is not scored. A query that is in the gallery, by its id, does not
    find itself. Raises CatalogError for too few products.
    """
    rows = {item.id: row for row, item in enumerate(gallery.items)}
    own_rows = np.array([rows.get(item.id, -1) for item in queries.items], np.int64)
    retrieval = _checked(SearchTask(queries, gallery, own_rows, skip_unanswerable=True))
    note = retrieval.note("of another catalogue")
    kind, queries_kind = (roles_of(pool).kind for pool in (gallery, queries))
    if kind is None:
        return EvaluationProtocol(retrieval, retrieval, {}, note)
    label = retrieval.label([kind])
    if not (label.queries >= 0).any():
        note += f" The gallery names kinds of products by {kind}, the queries by {queries_kind or 'no attribute'}."
    lacking = (label.queries >= 0) & (label.relevant == 0)
    note += (
        f" {lacking.sum():,} of the queries have a value of {kind} that no product of the gallery has."
        " Each label is scored on the queries whose value the gallery has."
    )
    out_of_gallery = {f"products whose {kind} the gallery lacks": queries.take(lacking).vectors}
    return EvaluationProtocol(retrieval, retrieval.take(retrieval.scored_queries(label)), out_of_gallery, note)


def _checked(task: SearchTask) -> SearchTask:
    queries, gallery = len(task.queries), len(task.gallery)
    if not queries or gallery <= PRECISION_K:
        raise CatalogError(
            f"{queries + gallery} products are too few to evaluate on: {queries} queries, {gallery} in the gallery."
            " Choose a larger dataset or another split."
        )
    return task
