"""What the tasks have in common: the products, the encoders that take part, and the pictures of the queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys.core.holdout import held_out
from recsys.evaluate.corruptions import Corruption, seeded
from recsys.evaluate.pool import Encode, Pool, encode_in_batches, thumbnail_vectors
from recsys.evaluate.retrieval import roles_of
from recsys.evaluate.search_task import PRECISION_K, nearest
from recsys.types import Rows, Vectors

THUMBNAILS = "16×16 thumbnail"


@dataclass(frozen=True, eq=False)
class Contender:
    """An encoder or a baseline that takes part in the tasks, and its unit `vectors` of all products [n, dim]."""

    name: str
    encode: Encode
    vectors: Vectors

    @classmethod
    def thumbnails(cls, pool: Pool) -> Contender:
        """The baseline without an encoder."""
        return cls(THUMBNAILS, thumbnail_vectors, pool.thumbnails)

    def embed(self, pictures: Sequence[Image.Image]) -> Vectors:
        """The unit vectors of the pictures, [n, dim]."""
        return encode_in_batches(pictures, self.encode)


@dataclass(frozen=True, eq=False)
class TaskInputs:
    """The products, the encoders that take part, and a sample of held-out products with pictures to make queries of.

    `rows` [n] are the rows of these products in the pool, `pictures` their n pictures.
    """

    pool: Pool
    contenders: Sequence[Contender]
    rows: Rows
    pictures: Sequence[Image.Image]

    @cached_property
    def held(self) -> npt.NDArray[np.bool_]:
        """Whether each product of the pool is held out of every training."""
        return np.array([held_out(item.id) for item in self.pool.items], bool)

    @cached_property
    def kept(self) -> Rows:
        """The rows of the products that are not held out."""
        return np.flatnonzero(~self.held)

    @cached_property
    def kind(self) -> str | None:
        """The attribute that says what kind of product something is."""
        return roles_of(self.pool).kind

    @cached_property
    def kinds(self) -> Rows:
        """A number for the kind of each product, -1 where it is not known."""
        numbers: dict[str, int] = {}
        values = [item.value(self.kind) if self.kind else None for item in self.pool.items]
        return np.array([-1 if value is None else numbers.setdefault(value, len(numbers)) for value in values])

    def photos(self, purpose: str, change: Corruption) -> tuple[list[Image.Image], Rows]:
        """The changed pictures of the sampled products, and the rows of the products.

        A picture that cannot be changed is left out. The same product and purpose always give the same picture.
        """
        ids = [self.pool.items[row].id for row in self.rows]
        found = [
            change(picture, self.pictures, seeded(purpose, item_id))
            for picture, item_id in zip(self.pictures, ids, strict=True)
        ]
        usable = np.array([photo is not None for photo in found], bool)
        return [photo for photo in found if photo is not None], self.rows[usable]

    def kind_matches(self, contender: Contender, vectors: Vectors, rows: Rows) -> npt.NDArray[np.bool_]:
        """Whether each of the five nearest products that are not held out is of the query's kind: bool [n, 5].

        `vectors` are those of the n queries, `rows` [n] the rows of the products that they show.
        """
        nowhere = np.full(len(rows), -1)
        found = nearest(vectors, [contender.vectors[self.kept]], min(PRECISION_K, len(self.kept)), nowhere)[0]
        return np.asarray(self.kinds[self.kept[found]] == self.kinds[rows][:, None])
