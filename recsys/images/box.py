"""A rectangular part of a picture."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from math import ceil, floor
from numbers import Real

from PIL import Image

from recsys.errors import QueryError

ROUNDING = 1e-6
"""In pixels: an edge that exceeds a pixel boundary by less than this does not touch the next pixel."""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture. Its edges are shares of the width and the height, measured from the left and the top.

    Raises QueryError for a box that is empty or extends beyond the picture.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        numbers = all(isinstance(edge, Real) and not isinstance(edge, bool) for edge in astuple(self))
        if not (numbers and 0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise QueryError(
                "A box is left, top, right and bottom as shares of the picture, 0 ≤ left < right ≤ 1 and"
                f" 0 ≤ top < bottom ≤ 1; got {astuple(self)!r:.200}."
            )

    @property
    def area(self) -> float:
        """As a share of the picture."""
        return (self.right - self.left) * (self.bottom - self.top)

    def contains(self, x: float, y: float) -> bool:
        """Whether the point lies in the box. `x` and `y` are shares of the picture's width and height."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def overlap(self, other: Box) -> float:
        """The area of the intersection with another box, as a share of the picture."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0) * max(height, 0)

    def union(self, other: Box) -> Box:
        """The smallest box that contains both."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        return Box(left, top, max(self.right, other.right), max(self.bottom, other.bottom))

    def grown(self, margin: float) -> Box:
        """The box with this margin on each side, as far as the picture has room for it."""
        left, top = max(self.left - margin, 0), max(self.top - margin, 0)
        return Box(left, top, min(self.right + margin, 1), min(self.bottom + margin, 1))

    def pixels(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in pixels of a picture of this width and height, rounded outwards."""
        width, height = size
        left, top = floor(self.left * width + ROUNDING), floor(self.top * height + ROUNDING)
        return left, top, ceil(self.right * width - ROUNDING), ceil(self.bottom * height - ROUNDING)

    def crop(self, picture: Image.Image) -> Image.Image:
        """Crop the picture to every pixel that the box touches."""
        return picture.crop(self.pixels(picture.size))
