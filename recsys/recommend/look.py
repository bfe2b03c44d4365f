"""Chooses the part of a picture to search with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from recsys.images.box import Box
from recsys.images.crop import automatic_box
from recsys.images.decode import THUMBNAIL_SIDE_PX
from recsys.images.segment import Segmentation
from recsys.types import ImageEncoder, Vectors


@dataclass(frozen=True, eq=False)
class Look:
    """The part of a picture that is searched with: `embedding` [1, dim] is that of the part in `box`.

    `whole` [1, dim] is the embedding of the whole picture, the same one where `box` is None.
    """

    embedding: Vectors
    whole: Vectors
    box: Box | None = None

    @classmethod
    def from_embedding(cls, embedding: Vectors) -> Look:
        """A whole picture of which only the embedding [1, dim] is known."""
        return cls(embedding, embedding)


@dataclass(frozen=True, eq=False)
class PictureLooks:
    """Chooses the part of each picture to search with, for the library, the API and the page."""

    encoder: ImageEncoder

    def look(self, pictures: Sequence[Image.Image], refine: bool = True) -> list[Look]:
        """The part of each picture to search with. Without `refine`, that is the whole picture.

        The encoder embeds the pictures together.
        """
        boxes = [_automatic_box(picture) if refine else None for picture in pictures]
        crops = [box.crop(picture) for box, picture in zip(boxes, pictures, strict=True) if box]
        embeddings = self.encoder.encode([*pictures, *crops])
        whole, parts = embeddings[: len(pictures)], iter(embeddings[len(pictures) :])
        return [
            Look(np.asarray(next(parts))[None] if box else one[None], one[None], box)
            for one, box in zip(whole, boxes, strict=True)
        ]


def _automatic_box(picture: Image.Image) -> Box | None:
    """The box around a small product on a plain background. A picture as small as a thumbnail is not cropped."""
    return automatic_box(Segmentation.from_picture(picture)) if max(picture.size) > THUMBNAIL_SIDE_PX else None
