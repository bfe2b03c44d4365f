"""Chooses the part of a picture to search with: in a cluttered picture, the one whose nearest products are closest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from recsys.core.calibration import AVERAGED_MATCHES, Calibration
from recsys.core.crops import CropCalibration, part_score
from recsys.images.box import Box
from recsys.images.crop import automatic_box, closer_boxes, product_boxes, relative_size, scan_boxes
from recsys.images.decode import THUMBNAIL_SIDE_PX, decode
from recsys.images.segment import Segmentation
from recsys.runtime.turns import out_of_turn
from recsys.types import ImageEncoder, Searcher, Vectors

MIN_SCANNED_SIDE_PX = 160
"""A picture whose longer side is shorter is searched with as a whole."""
SCANNED_SIDE_PX = 640
"""A scan takes its parts from a copy of the picture whose longer side is at most this."""
WHOLE = Box(0, 0, 1, 1)
MAX_THINGS = 6
"""The things in a picture that have an answer each."""
MAX_THINGS_OVERLAP = 0.2
"""Parts of a cluttered picture that overlap by more, as a share of the smaller one, are one thing."""


@dataclass(frozen=True, eq=False)
class ChosenPart:
    """The part of a picture that is searched with: `embedding` [1, dim] is that of the part in `box`.

    `whole` [1, dim] is the embedding of the whole picture, the same one where `box` is None. `by_crops` says that the
    calibration of crops decides whether products are close to it, and `size` is its size for that, see `relative_size`.
    `things` are the boxes of separate things in the picture, the largest or closest first: the products on a plain
    background, or the close parts of a scan.
    """

    embedding: Vectors
    whole: Vectors
    box: Box | None = None
    by_crops: bool = False
    size: float = 1.0
    things: tuple[Box, ...] = ()

    @classmethod
    def from_embedding(cls, embedding: Vectors) -> ChosenPart:
        """A whole picture of which only the embedding [1, dim] is known."""
        return cls(embedding, embedding)


class Part(NamedTuple):
    """A part of a picture: its box, None for the whole, its embedding [1, dim], and its size as in `ChosenPart`.

    `closeness` is the mean cosine of its nearest products, which is measured in cluttered pictures only.
    """

    box: Box | None
    embedding: Vectors
    size: float
    closeness: float

    @property
    def score(self) -> float:
        """What the parts of a cluttered picture are compared by."""
        return part_score(self.closeness, self.size)


@dataclass(eq=False)
class _Picture:
    """A picture, and the parts of it that were embedded so far, the whole first.

    `cached_property` would hold one lock for all pictures on Python 3.11, and segment those of other requests later.
    """

    image: Image.Image
    refine: bool = True
    parts: list[Part] = field(default_factory=list)
    _segmentation: Segmentation | None = None
    _copy: Image.Image | None = None

    @property
    def segmentation(self) -> Segmentation:
        if self._segmentation is None:
            self._segmentation = Segmentation.from_picture(self.image)
        return self._segmentation

    @property
    def is_cluttered(self) -> bool:
        """Whether to scan it: nothing stands out from a plain background, and it is large enough to have parts."""
        return self.refine and max(self.image.size) >= MIN_SCANNED_SIDE_PX and not self.segmentation.regions

    @property
    def copy(self) -> Image.Image:
        """A small RGB copy, which the parts of a scan are taken from."""
        if self._copy is None:
            self._copy = decode(self.image).copy()
            self._copy.thumbnail((SCANNED_SIDE_PX, SCANNED_SIDE_PX), Image.Resampling.BICUBIC, reducing_gap=2)
        return self._copy

    @property
    def chosen(self) -> Part:
        """The part to search with, of those embedded so far."""
        return max(self.parts, key=lambda part: part.score) if self.is_cluttered else self.parts[-1]

    def first_boxes(self) -> list[Box | None]:
        """The whole, and the box around a small product on a plain background, except in a thumbnail."""
        can_have_box = self.refine and max(self.image.size) > THUMBNAIL_SIDE_PX
        box = automatic_box(self.segmentation) if can_have_box else None
        return [None, box] if box else [None]

    def overlapping_boxes(self) -> list[Box]:
        """Boxes that cover the picture."""
        return scan_boxes(self.image.size)

    def closer_boxes(self) -> list[Box]:
        """Boxes within the best part so far."""
        return closer_boxes(self.chosen.box or WHOLE)

    def product_boxes(self) -> list[Box]:
        """The boxes of the products on a plain background."""
        return product_boxes(self.segmentation)[:MAX_THINGS] if self.refine else []

    def close_parts(self, crops: CropCalibration | None) -> list[Part]:
        """The close parts of a cluttered picture that lie apart, the closest first."""
        apart: list[Part] = []
        for part in sorted(self.parts, key=lambda part: -part.score):
            if part.box and crops and crops.is_close(part.closeness, part.size) and _lies_apart(part.box, apart):
                apart.append(part)
        return apart[:MAX_THINGS]

    def crop(self, box: Box | None) -> Image.Image:
        if box is None:
            return self.image
        return box.crop(self.copy if self.is_cluttered else self.image)


@dataclass(frozen=True, eq=False)
class PartChooser:
    """Chooses the part of each picture to search with, for the library, the API and the page.

    On a plain background that is the box around a small product, or the whole picture. In a cluttered picture that is
    not close as a whole, a scan compares overlapping parts, and then closer parts within the best of them. The encoder
    embeds the parts of several pictures together.
    """

    encoder: ImageEncoder
    searcher: Searcher
    calibration: Calibration | None = None
    crops: CropCalibration | None = None

    def choose(self, images: Sequence[Image.Image], refine: bool = True) -> list[ChosenPart]:
        """The part of each picture to search with. Without `refine`, that is the whole picture."""
        return [self._chosen(one, one.chosen) for one in self._pictures(images, refine)]

    def parts(self, image: Image.Image) -> list[ChosenPart]:
        """Each of several things in the picture, or else the one part to search with."""
        (one,) = self._pictures([image])
        chosen, known = one.chosen, len(one.parts)
        if not one.is_cluttered:
            self._embed([one], _Picture.product_boxes)
        parts = one.close_parts(self.crops) if one.is_cluttered else one.parts[known:]
        return [self._chosen(one, part) for part in (parts if len(parts) > 1 else [chosen])]

    def scan(self, images: Sequence[Image.Image]) -> list[Part]:
        """The best part of each of these pictures that is cluttered, whether or not it is close as a whole."""
        pictures = [one for one in map(_Picture, images) if one.is_cluttered]
        self._embed(pictures, _Picture.first_boxes)
        self._scan(pictures)
        return [one.chosen for one in pictures]

    def _pictures(self, images: Sequence[Image.Image], refine: bool = True) -> list[_Picture]:
        """The pictures with the parts that the choice needs."""
        pictures = [_Picture(image, refine) for image in images]
        self._embed(pictures, _Picture.first_boxes)
        self._scan([one for one in pictures if one.is_cluttered and not self._is_close(one.chosen)])
        return pictures

    def _scan(self, pictures: Sequence[_Picture]) -> None:
        self._embed(pictures, _Picture.overlapping_boxes)
        self._embed(pictures, _Picture.closer_boxes)

    def _embed(self, pictures: Sequence[_Picture], boxes: Callable[[_Picture], Sequence[Box | None]]) -> None:
        """Add the parts of each picture in these boxes."""
        asked = [(one, box) for one in pictures for box in boxes(one)]
        if not asked:
            return
        with out_of_turn():
            embeddings = self.encoder.encode([one.crop(box) for one, box in asked])
        closeness = self._closeness(embeddings, np.array([one.is_cluttered for one, _ in asked]))
        for (one, box), embedding, close in zip(asked, embeddings, closeness.tolist(), strict=True):
            size = relative_size(box, one.image.size) if box else 1.0
            one.parts.append(Part(box, embedding[None], size, close))

    def _closeness(self, embeddings: Vectors, wanted: npt.NDArray[np.bool_]) -> Vectors:
        """The mean cosine of the nearest products of each wanted embedding; 0 for the others."""
        closeness = np.zeros(len(embeddings), dtype=np.float32)
        if wanted.any():
            nearest = self.calibration.nearest if self.calibration else AVERAGED_MATCHES
            closeness[wanted] = self.searcher.search(embeddings[wanted], nearest)[1].mean(1)
        return closeness

    def _is_close(self, part: Part) -> bool:
        """Whether the whole of a cluttered picture is close. An older index has one threshold for all pictures."""
        if self.crops:
            return self.crops.is_close(part.closeness, part.size)
        return self.calibration is not None and part.closeness >= self.calibration.threshold

    def _chosen(self, one: _Picture, part: Part) -> ChosenPart:
        by_crops = one.is_cluttered and (self.crops is not None or part.box is not None)
        if one.is_cluttered:
            things = [close.box for close in one.close_parts(self.crops) if close.box]
        else:
            things = one.product_boxes()
        return ChosenPart(part.embedding, one.parts[0].embedding, part.box, by_crops, part.size, tuple(things))


def _lies_apart(box: Box, others: Sequence[Part]) -> bool:
    """Whether the box hardly overlaps the boxes of other parts."""
    boxes = [other.box for other in others if other.box]
    return all(box.overlap(other) <= MAX_THINGS_OVERLAP * min(box.area, other.area) for other in boxes)
