"""A law fitted to what was measured, and what it says of sizes that were not, with its uncertainty.

Ordinary least squares, of logarithms where a power of n is fitted. The interval is the classical prediction interval
of linear regression by Student's t (Draper & Smith 1998, "Applied Regression Analysis", section 3.1). Repeats of one
size are averaged first and count once: they tell how noisy a measurement is, but nothing of how the law goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Form = Literal["power", "n log n"]
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""The 97.5 % quantiles of Student's t for 1 to 10 degrees of freedom; at more, the last is used, which is wider."""
FROM, UNTIL = 1e3, 1e13


@dataclass(frozen=True)
class Predicted:
    """A value, and the 95 % interval in which one more measurement would lie if the law goes on as it was fitted."""

    value: float
    low: float
    high: float


class Law(Protocol):
    """What tells of any size what it takes."""

    def at(self, size: float) -> Predicted:
        """What a catalogue of this size takes."""
        ...


def reaches(law: Law, limit: float) -> Predicted:
    """The size at which a law comes to a limit, and those at which the ends of its interval do."""
    sizes = np.geomspace(FROM, UNTIL, 4000)
    found = [law.at(size) for size in sizes]

    def first(values: Sequence[float]) -> float:
        return float(sizes[min(int(np.searchsorted(values, limit)), len(sizes) - 1)])

    low, high = first([point.high for point in found]), first([point.low for point in found])
    return Predicted(first([point.value for point in found]), low, high)


@dataclass(frozen=True)
class Regression:
    """Least squares: `spread` is the residual standard deviation, `unscaled` the inverse of XᵀX."""

    coefficients: Array
    spread: float
    unscaled: Array
    freedom: int

    @classmethod
    def of(cls, design: Array, values: Array) -> Self:
        """Fit values [n] to a design [n, parameters]. Raises ValueError where too few leave no degree of freedom."""
        freedom = len(design) - design.shape[1]
        if freedom < 1:
            raise ValueError(f"{len(design)} sizes do not tell how sure a law of this form is; measure more.")
        coefficients, *_ = np.linalg.lstsq(design, values, rcond=None)
        residuals = values - design @ coefficients
        spread = float(np.sqrt(residuals @ residuals / freedom))
        return cls(coefficients, spread, np.linalg.inv(design.T @ design), freedom)

    @property
    def student(self) -> float:
        return STUDENT[min(self.freedom, len(STUDENT)) - 1]

    def wide(self, row: Array, noise: float = 1.0) -> float:
        """Half the prediction interval at a row of the design, where a measurement there has this much of the noise."""
        return self.student * self.spread * float(np.sqrt(noise**2 + row @ self.unscaled @ row))


@dataclass(frozen=True)
class PowerLaw:
    """y = c · n^b, or y = c · n · log n where theory gives the exponent."""

    form: Form
    regression: Regression

    @classmethod
    def fit(cls, sizes: Sequence[float], values: Sequence[float], form: Form = "power") -> Self:
        """Fit positive values to their sizes. Raises ValueError for too few sizes."""
        different, means = _by_size(sizes, np.log(values))
        return cls(form, Regression.of(cls._design(different, form), means - cls._known(different, form)))

    @property
    def exponent(self) -> Predicted:
        """The power b and its 95 % confidence interval, which is a point where theory gave it."""
        if self.form == "n log n":
            return Predicted(1.0, 1.0, 1.0)
        fitted = self.regression
        value, wide = float(fitted.coefficients[1]), fitted.wide(np.array([0.0, 1.0]), noise=0)
        return Predicted(value, value - wide, value + wide)

    def at(self, size: float) -> Predicted:
        sizes = np.array([size], dtype=np.float64)
        (row,), (known,) = self._design(sizes, self.form), self._known(sizes, self.form)
        middle, wide = float(row @ self.regression.coefficients + known), self.regression.wide(row)
        return Predicted(*np.exp([middle, middle - wide, middle + wide]).tolist())

    @staticmethod
    def _design(sizes: Array, form: Form) -> Array:
        ones = np.ones_like(sizes)
        return np.stack([ones, np.log(sizes)], axis=1) if form == "power" else ones[:, None]

    @staticmethod
    def _known(sizes: Array, form: Form) -> Array:
        return np.zeros_like(sizes) if form == "power" else np.log(sizes * np.log(sizes))


@dataclass(frozen=True)
class Line:
    """y = a + b · n, whose errors are a share of y: what a process takes anyhow, and what it takes for each product."""

    regression: Regression

    @classmethod
    def fit(cls, sizes: Sequence[float], values: Sequence[float]) -> Self:
        """Fit positive values to their sizes. Raises ValueError for too few sizes."""
        different, means = _by_size(sizes, np.asarray(values, dtype=np.float64))
        design = np.stack([np.ones_like(different), different], axis=1)
        return cls(Regression.of(design / means[:, None], np.ones_like(means)))

    @property
    def slope(self) -> float:
        return float(self.regression.coefficients[1])

    def at(self, size: float) -> Predicted:
        row = np.array([1.0, size])
        middle = float(row @ self.regression.coefficients)
        wide = self.regression.wide(row, noise=middle)
        return Predicted(middle, middle - wide, middle + wide)


@dataclass(frozen=True)
class Each:
    """y = b · n, of which nothing is left to be fitted."""

    value: float

    def at(self, size: float) -> Predicted:
        return Predicted(*(3 * [self.value * size]))


@dataclass(frozen=True)
class Sum:
    """The sum of other laws; so is its interval, as if their errors always came together."""

    laws: Sequence[Law]

    def at(self, size: float) -> Predicted:
        found = [law.at(size) for law in self.laws]
        return Predicted(sum(p.value for p in found), sum(p.low for p in found), sum(p.high for p in found))


def _by_size(sizes: Sequence[float], values: Array) -> tuple[Array, Array]:
    """The different sizes, and the mean of the values of each."""
    different = np.unique(np.asarray(sizes, dtype=np.float64))
    return different, np.array([values[np.asarray(sizes) == size].mean() for size in different])
