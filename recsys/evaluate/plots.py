"""Plots as PNG files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

INK, ACCENT, SOFT, MUTED = "#1d1b18", "#8a4b2a", "#d8b9a4", "#b9b2a6"
STYLE = {
    "figure.dpi": 120,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.grid": True,
    "grid.color": "#eae6df",
    "axes.axisbelow": True,
    "text.parse_math": False,
}
MAX_CLASSES = 30


def learning_curves(epochs: Sequence[Mapping[str, float]], path: Path) -> None:
    """The loss, and the accuracy of each head on held-out products, by epoch."""
    names = [name for name in epochs[-1] if name not in ("epoch", "loss", "seconds")]
    numbers = [row["epoch"] for row in epochs]
    with _figure(path, (9, 3.6), ncols=2) as (left, right):
        left.plot(numbers, [row["loss"] for row in epochs], color=ACCENT, marker="o", markersize=3)
        left.set(title="loss", xlabel="epoch")
        for name in names:
            right.plot(numbers, [row.get(name, np.nan) for row in epochs], marker="o", markersize=3, label=name)
        right.set(title="accuracy on held-out products", xlabel="epoch")
        right.legend(fontsize=7, frameon=False)


def confusion_matrix(counts: npt.NDArray[np.int64], names: Sequence[str], title: str, path: Path) -> None:
    """The confusion matrix of the 30 most frequent classes, as shares of each row."""
    order = np.argsort(-counts.sum(1), kind="stable")[:MAX_CLASSES]
    shares = counts[np.ix_(order, order)] / np.maximum(1, counts[order].sum(1, keepdims=True))
    shown = [names[place] for place in order]
    side = 2.5 + 0.2 * len(shown)
    with _figure(path, (side, side)) as axes:
        axes.imshow(shares, cmap="YlOrBr", vmin=0, vmax=1)
        axes.set_xticks(range(len(shown)), shown, rotation=90, fontsize=7)
        axes.set_yticks(range(len(shown)), shown, fontsize=7)
        axes.grid(visible=False)
        axes.set(title=title, xlabel="predicted", ylabel="true")


def reliability(bins: Sequence[tuple[float, float, int]], title: str, path: Path) -> None:
    """The share of correct matches by confidence, and below it the number of matches.

    `bins` are mean confidence, share of correct matches, and number of matches.
    """
    confidence, right, counts = np.array(bins, dtype=float).reshape(-1, 3).T
    with _figure(path, (5, 5.4), nrows=2, height_ratios=(4, 1), sharex=True) as (above, below):
        above.plot((0, 1), (0, 1), color=MUTED, linestyle="--", linewidth=1, label="perfectly calibrated")
        above.plot(confidence, right, color=ACCENT, linewidth=0.8)
        above.scatter(confidence, right, 6 + 120 * counts / counts.sum(), color=ACCENT, zorder=3)
        above.set(title=title, ylabel="share of correct matches", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        above.legend(fontsize=8, frameon=False, loc="lower right")
        below.bar(confidence, counts, width=0.05, color=MUTED)
        below.set(xlabel="confidence", ylabel="matches")
        below.set_ylim(0, 1.25 * max(counts, default=1))
        for place, count in zip(confidence, counts, strict=True):
            below.annotate(_short(count), (place, count), (0, 2), textcoords="offset points", ha="center", fontsize=7)


def confidence_curve(
    similarity: Sequence[float], confidence: Sequence[float], threshold: float, attribute: str, path: Path
) -> None:
    """The confidence over the cosine, with the threshold under which nothing is close."""
    with _figure(path, (6, 3.4)) as axes:
        axes.plot(similarity, confidence, color=ACCENT)
        axes.axvline(threshold, color=MUTED, linestyle="--", linewidth=1)
        axes.annotate("nothing is close", (threshold, 1.0), (-5, 0), textcoords="offset points", ha="right", fontsize=8)
        axes.set(xlabel="similarity of a match", ylabel="confidence", ylim=(-0.03, 1.05))
        axes.set_title(f"probability that a match is of the query's {attribute}")


def class_bars(classes: Sequence[tuple[str, float, int]], title: str, path: Path) -> None:
    """A bar for each of the 30 most frequent classes, with its share and its count: (name, share, count)."""
    shown = sorted(classes, key=lambda row: -row[2])[:MAX_CLASSES]
    names, shares, counts = [row[0] for row in shown], [row[1] for row in shown], [row[2] for row in shown]
    with _figure(path, (7.5, 0.9 + 0.21 * len(shown))) as axes:
        axes.barh(names, shares, color=ACCENT, height=0.65)
        for place, (share, count) in enumerate(zip(shares, counts, strict=True)):
            axes.annotate(f"{count:,}", (share, place), (4, 0), textcoords="offset points", va="center", fontsize=7)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0, labelsize=8)
        axes.set(title=title, xlim=(0, 1.06), ylim=(len(shown) - 0.4, -0.6))


def recall_over_time(points: Sequence[tuple[float, float, str, bool]], path: Path) -> None:
    """Recall over milliseconds per query. Points are (ms, recall, label, whether it is the served setting)."""
    times, recalls = [point[0] for point in points], [point[1] for point in points]
    with _figure(path, (6.5, 3.8)) as axes:
        axes.plot(times, recalls, color=ACCENT, linewidth=1)
        for number, (time, recall, label, served) in enumerate(points):
            axes.plot(time, recall, "o", color=ACCENT, markersize=6, markerfacecolor=ACCENT if served else "white")
            text = f"{label}, as served" if served else label
            axes.annotate(text, (time, recall), (7, 5 if number % 2 else -10), textcoords="offset points", fontsize=7)
        axes.margins(x=0.2, y=0.15)
        axes.set(title="search: recall@10 against exact search", xlabel="ms per query (median)", ylabel="recall@10")


def slice_bars(slices: Sequence[tuple[str, float, float, float, float]], title: str, path: Path) -> None:
    """Draw a bar for each slice, with its interval and a mark at its baseline.

    A slice is (name, value, low end, high end, baseline).
    """
    names = [row[0] for row in slices]
    value, low, high, baseline = np.array([row[1:] for row in slices]).T
    with _figure(path, (7.5, 1.1 + 0.28 * len(names))) as axes:
        axes.barh(names, value, color=SOFT, height=0.6)
        errors = np.maximum(0, [value - low, high - value])
        axes.errorbar(value, range(len(names)), xerr=errors, fmt="none", ecolor=INK, elinewidth=1, capsize=2)
        axes.plot(
            baseline, range(len(names)), "|", color=ACCENT, markersize=11, markeredgewidth=2, label="16×16 thumbnail"
        )
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.set(title=title, xlim=(0, 1))
        axes.legend(fontsize=7, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.08))


def _short(count: float) -> str:
    return f"{count / 1000:.1f}k" if count >= 1000 else f"{count:.0f}"


@contextlib.contextmanager
def _figure(path: Path, size: tuple[float, float], **parts: Any) -> Iterator[Any]:
    """The axes of a figure of this size in inches; the figure is then written to the path.

    It does not use pyplot, which would change the backend and the state of a notebook.
    """
    with matplotlib.rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=size, layout="constrained")
        yield figure.subplots(**parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
