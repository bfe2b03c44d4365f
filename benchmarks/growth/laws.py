"""Laws of growth fitted to measurements, and their predictions for larger sizes with 95 % prediction intervals.

Ordinary least squares, in logarithms for a power of n. The interval is the classical prediction interval of linear
regression by Student's t (Draper & Smith 1998, "Applied Regression Analysis", section 3.1). Repeats of one size are
averaged first and count once: they show how noisy a measurement is, but not how the law continues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

import numpy as np
import numpy.typing as npt
from scipy import stats

Array = npt.NDArray[np.float64]
Form = Literal["power", "n log n"]
MIN_SIZE, MAX_SIZE = 1e3, 1e13


@dataclass(frozen=True)
class Predicted:
    """A value with its 95 % prediction interval, which is valid if the law continues as it was fitted."""

    value: float
    low: float
    high: float


class Law(Protocol):
    """Predicts a value for any size of the catalogue."""

    def at(self, size: float) -> Predicted:
        """The prediction for a catalogue of this size."""
        ...


def reaches(law: Law, limit: float) -> Predicted:
    """The size at which a law reaches a limit, and the sizes at which the ends of its interval do."""
    sizes = np.geomspace(MIN_SIZE, MAX_SIZE, 4000)
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
    def fit(cls, design: Array, values: Array) -> Self:
        """Fit values [n] to a design [n, parameters]. Raises ValueError if that leaves no degree of freedom."""
        freedom = len(design) - design.shape[1]
        if freedom < 1:
            raise ValueError(f"{len(design)} sizes are too few to fit this law with an interval; measure more sizes.")
        coefficients, *_ = np.linalg.lstsq(design, values, rcond=None)
        residuals = values - design @ coefficients
        spread = float(np.sqrt(residuals @ residuals / freedom))
        return cls(coefficients, spread, np.linalg.inv(design.T @ design), freedom)

    def wide(self, row: Array, noise: float = 1.0) -> float:
        """Half the prediction interval at a row of the design; `noise` scales the spread of a measurement."""
        return stats.t.ppf(0.975, self.freedom) * self.spread * float(np.sqrt(noise**2 + row @ self.unscaled @ row))


@dataclass(frozen=True)
class PowerLaw:
    """y = c · n^b, or y = c · n · log n."""

    form: Form
    regression: Regression

    @classmethod
    def fit(cls, sizes: Sequence[float], values: Sequence[float], form: Form = "power") -> Self:
        """Fit positive values to their sizes. Raises ValueError for too few sizes."""
        distinct, means = _by_size(sizes, np.log(values))
        return cls(form, Regression.fit(cls._design(distinct, form), means - cls._known(distinct, form)))

    @property
    def exponent(self) -> Predicted:
        """The exponent b with its 95 % confidence interval; for n log n it is 1 exactly."""
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
    """y = a + b · n, with errors proportional to y: a constant cost and a cost for each product."""

    regression: Regression

    @classmethod
    def fit(cls, sizes: Sequence[float], values: Sequence[float]) -> Self:
        """Fit positive values to their sizes. Raises ValueError for too few sizes."""
        distinct, means = _by_size(sizes, np.asarray(values, dtype=np.float64))
        design = np.stack([np.ones_like(distinct), distinct], axis=1)
        return cls(Regression.fit(design / means[:, None], np.ones_like(means)))

    @property
    def slope(self) -> float:
        return float(self.regression.coefficients[1])

    def at(self, size: float) -> Predicted:
        row = np.array([1.0, size])
        middle = float(row @ self.regression.coefficients)
        wide = self.regression.wide(row, noise=middle)
        return Predicted(middle, middle - wide, middle + wide)


@dataclass(frozen=True)
class Proportional:
    """y = b · n with a known b."""

    value: float

    def at(self, size: float) -> Predicted:
        return Predicted(*(3 * [self.value * size]))


@dataclass(frozen=True)
class Sum:
    """The sum of other laws. Its interval is the sum of theirs, as if their errors were fully correlated."""

    laws: Sequence[Law]

    def at(self, size: float) -> Predicted:
        found = [law.at(size) for law in self.laws]
        return Predicted(sum(p.value for p in found), sum(p.low for p in found), sum(p.high for p in found))


def _by_size(sizes: Sequence[float], values: Array) -> tuple[Array, Array]:
    """The distinct sizes, and the mean value of each."""
    distinct = np.unique(np.asarray(sizes, dtype=np.float64))
    return distinct, np.array([values[np.asarray(sizes) == size].mean() for size in distinct])
