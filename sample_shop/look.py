"""How a product will look. This is decided before it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sample_shop.palette import RGB
from sample_shop.patterns import Paint


@dataclass(frozen=True, slots=True)
class Look:
    """The choices for the drawing of a product.

    `random` is the random generator of this product. Drawings use it for proportions and small differences.
    """

    gender: str
    cut: str
    colour: RGB
    paint: Paint
    random: Random

    @property
    def accent(self) -> RGB:
        """The colour of piping, soles and prints, which matches the main colour."""
        return self.paint.second

    @property
    def is_childs(self) -> bool:
        return self.gender in ("Boys", "Girls")

    @property
    def is_womens(self) -> bool:
        return self.gender in ("Women", "Girls")

    def jitter(self, value: float, share: float = 0.06) -> float:
        """A random value between `value` × (1 - share) and `value` × (1 + share)."""
        return value * self.random.uniform(1 - share, 1 + share)
