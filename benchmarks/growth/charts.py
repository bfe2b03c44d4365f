"""The plots of the growth study."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from benchmarks.growth.laws import Law
from recsys.evaluate.plots import ACCENT, INK, MUTED, SOFT, STYLE

COLOURS = (MUTED, SOFT, ACCENT, INK, "#6f7f52", "#496a81")


@dataclass(frozen=True)
class Panel:
    """Measured values by size, the law fitted to them, and limits by name."""

    title: str
    sizes: Sequence[float]
    values: Sequence[float]
    law: Law
    limits: Mapping[str, float]


def extrapolated(panels: Sequence[Panel], until: float, path: Path) -> None:
    """Measured values by the number of products, and their law with its interval; both scales logarithmic."""
    with figure(path, (9, 1.55 * len(panels)), ncols=2, nrows=len(panels) // 2) as grid:
        for axes, panel in zip(np.ravel(grid), panels, strict=True):
            sizes = np.geomspace(min(panel.sizes), until, 100)
            found = [panel.law.at(size) for size in sizes]
            axes.fill_between(sizes, [p.low for p in found], [p.high for p in found], color=SOFT, alpha=0.6, lw=0)
            axes.plot(sizes, [p.value for p in found], color=ACCENT, linewidth=1)
            axes.plot(panel.sizes, panel.values, "o", color=INK, markersize=3.5)
            for name, limit in panel.limits.items():
                axes.axhline(limit, color=MUTED, linestyle="--", linewidth=1)
                axes.annotate(name, (sizes[0], limit), (0, 3), textcoords="offset points", fontsize=7)
            _by_products(axes, panel.title)


def costs(lines: Mapping[str, Mapping[str, Sequence[float]]], sizes: Sequence[float], path: Path) -> None:
    """A plot for each title, with a line by the number of products for each name."""
    with figure(path, (9, 3.2), ncols=len(lines), squeeze=False) as grid:
        for axes, (title, found) in zip(grid[0], lines.items(), strict=True):
            for number, (name, values) in enumerate(found.items()):
                axes.plot(sizes, values, color=COLOURS[-1 - number], label=name)
            _by_products(axes, title)
            axes.legend(fontsize=7, frameon=False)


def _by_products(axes: Any, title: str) -> None:
    """Both scales logarithmic, and numbers as words: the style has no mathematics in its texts."""
    axes.set(title=title, xlabel="products", xscale="log", yscale="log")
    axes.xaxis.set_major_formatter(lambda value, _: _in_words(value))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter("")


def _in_words(count: float) -> str:
    """10k, 1M, 1B."""
    unit, name = next((unit, name) for unit, name in ((1e9, "B"), (1e6, "M"), (1e3, "k"), (1, "")) if count >= unit)
    return f"{count / unit:g}{name}"


@contextlib.contextmanager
def figure(path: Path, size: tuple[float, float], **parts: Any) -> Iterator[Any]:
    """The axes of a figure of this size in inches, which is written to the path at the end."""
    with mpl.rc_context(STYLE):
        drawn = Figure(figsize=size, layout="constrained")
        yield drawn.subplots(**parts)
        drawn.savefig(path)
