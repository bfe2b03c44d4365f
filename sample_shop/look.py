"""What a product is to look like, decided before it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sample_shop.palette import RGB
from sample_shop.patterns import Paint


@dataclass(frozen=True, slots=True)
class Look:
    """The choices a drawing follows. `random` is the product's own source of proportions and small differences."""

    gender: str
    cut: str
    colour: RGB
    paint: Paint
    random: Random

    @property
    def accent(self) -> RGB:
        """The colour that goes with the main one: piping, soles, prints."""
        return self.paint.second

    @property
    def childs(self) -> bool:
        return self.gender in ("Boys", "Girls")

    @property
    def womens(self) -> bool:
        return self.gender in ("Women", "Girls")

    def jitter(self, value: float, share: float = 0.06) -> float:
        """`value` up to a share larger or smaller."""
        return value * self.random.uniform(1 - share, 1 + share)
