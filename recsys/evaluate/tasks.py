"""The tasks by name, and what they need: pictures of held-out products, and a shop for the query pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from recsys.catalog import Catalog
from recsys.core.holdout import held_out
from recsys.encoder import Encoder
from recsys.errors import CatalogError, PictureError
from recsys.evaluate.clutter import evaluate_clutter, evaluate_empty_clutter
from recsys.evaluate.confidence import calibrate
from recsys.evaluate.drawn_shop import evaluate_drawn_shop
from recsys.evaluate.grounds import known_grounds
from recsys.evaluate.memory_shop import memory_shop
from recsys.evaluate.pool import Pool
from recsys.evaluate.reranking import fit_ranking
from recsys.evaluate.same_name import evaluate_same_name
from recsys.evaluate.search_task import SearchTask
from recsys.evaluate.task_inputs import Contender, TaskInputs
from recsys.evaluate.task_report import TaskReport
from recsys.evaluate.very_product import evaluate_very_product
from recsys.evaluate.words import evaluate_words
from recsys.format.layout import SAMPLE
from recsys.images.decode import THUMBNAIL_SIDE_PX, decode
from recsys.words.tower import TextTower

DEFAULT_QUERIES = 500


@dataclass(frozen=True, eq=False)
class TaskRun:
    """The inputs of the tasks, the evaluated encoder with its text tower, and the `shop` of the task "drawn"."""

    inputs: TaskInputs
    encoder: Encoder
    shop: str = SAMPLE
    tower: TextTower | None = None

    def products(self) -> list[TaskReport]:
        """The task "very product"."""
        return [evaluate_very_product(self.inputs)]

    def names(self) -> list[TaskReport]:
        """The task "same name"."""
        return [evaluate_same_name(self.inputs)]

    def clutter(self) -> list[TaskReport]:
        """The task "clutter", and how often grounds without a product are said to be close."""
        pool, kept = self.inputs.pool, self.inputs.pool.take(self.inputs.kept)
        task = SearchTask.disjoint(pool.take(self.inputs.held), kept)
        shop = memory_shop(kept, self.encoder, calibrate(task, self.encoder), fit_ranking(task, self.encoder))
        grounds = known_grounds()
        return [evaluate_clutter(self.inputs, grounds, shop), evaluate_empty_clutter(self.inputs, grounds, shop)]

    def drawn(self) -> list[TaskReport]:
        """The task "drawn shop"."""
        return [evaluate_drawn_shop(self.inputs, list(Catalog.open(self.shop)))]

    def words(self) -> list[TaskReport]:
        """The task "words"."""
        pool = self.inputs.pool
        return evaluate_words(pool.items, pool.vectors, self.inputs.held, self.tower, self.encoder)


TASKS: Mapping[str, Callable[[TaskRun], list[TaskReport]]] = {
    "products": TaskRun.products,
    "names": TaskRun.names,
    "clutter": TaskRun.clutter,
    "drawn": TaskRun.drawn,
    "words": TaskRun.words,
}
DEFAULT_TASKS = ("products", "names")
"""These embed few pictures more than the rest of the report."""


def task_names(text: str) -> tuple[str, ...]:
    """The tasks of a list such as "products,names"; "all" and "none" are lists too. Raises CatalogError."""
    names = {"all": tuple(TASKS), "none": ()}.get(text, tuple(name.strip() for name in text.split(",")))
    unknown = [name for name in names if name not in TASKS]
    if unknown:
        raise CatalogError(f"There is no task {unknown[0]!r}. The tasks are: {', '.join(TASKS)}; or all, or none.")
    return names


def run_tasks(names: Sequence[str], run: TaskRun) -> tuple[TaskReport, ...]:
    """The reports of these tasks. Without held-out products there are none."""
    if not run.inputs.held.any() or not len(run.inputs.kept):
        return ()
    return tuple(report for name in names for report in TASKS[name](run))


def sample_inputs(
    pool: Pool, contenders: Sequence[Contender], catalog: Catalog, larger: Catalog | None, queries: int
) -> TaskInputs:
    """The inputs of the tasks, with at most `queries` of the held-out products, sampled by their ids.

    The pictures are those of `larger` where it has the product, by its id, else those of the catalogue. With `larger`,
    only products that it has are sampled.
    """
    larger_ids = {product.item.id for product in larger} if larger else None
    known = [held_out(item.id) and (larger_ids is None or item.id in larger_ids) for item in pool.items]
    rows = np.flatnonzero(known)
    rows = rows[pool.take(rows).sample(queries, "task")]
    ids = [pool.items[row].id for row in rows]
    pictures = _pictures(catalog, set(ids))
    if larger:
        bigger = _pictures(larger, set(ids))
        pictures = {item_id: _with_ratio(bigger.get(item_id), picture) for item_id, picture in pictures.items()}
    return TaskInputs(pool, contenders, rows, [pictures[item_id] for item_id in ids])


def _pictures(catalog: Catalog, ids: set[str]) -> dict[str, Image.Image]:
    """The pictures of these products by id, at most 320 px. One that cannot be read is left out."""
    found = {}
    for product in catalog:
        if product.item.id in ids:
            try:
                picture = decode(product.picture or b"")
            except PictureError:
                continue
            picture.thumbnail((THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX))
            found[product.item.id] = picture
    return found


def _with_ratio(larger: Image.Image | None, picture: Image.Image) -> Image.Image:
    """The larger picture with the ratio of width and height of the other one, since it may be squashed to a square."""
    if larger is None:
        return picture
    size = larger.width, round(larger.width * picture.height / picture.width)
    return larger if size == larger.size else larger.resize(size, Image.Resampling.BICUBIC)
