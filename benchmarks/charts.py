"""The plots of a report."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import matplotlib as mpl
import numpy as np
from laws import Law
from matplotlib.figure import Figure

from recsys.evaluate.plots import ACCENT, INK, MUTED, SOFT, STYLE

COLOURS = (MUTED, SOFT, ACCENT, INK, "#6f7f52", "#496a81")


@dataclass(frozen=True)
class Panel:
    """What was measured at some sizes, the law of it, and limits by name."""

    title: str
    sizes: Sequence[float]
    values: Sequence[float]
    law: Law
    limits: Mapping[str, float]


def draw(report: dict[str, Any], folder: Path) -> dict[str, str]:
    """Draw what the report has measured; returns section → name of its plot."""
    drawn = {}
    for section, chart in CHARTS.items():
        if found := _measured(report.get(section, {})):
            chart(found, folder / f"{section}.png")
            drawn[section] = f"{section}.png"
    return drawn


def _measured(found: dict[str, Any]) -> dict[str, Any]:
    """A section without what failed."""
    parts = {} if "error" in found else found
    return {name: part for name, part in parts.items() if not (isinstance(part, dict) and "error" in part)}


def encoders(networks: dict[str, Any], path: Path) -> None:
    """Pictures a second by batch and runtime, for each network."""
    with _figure(path, (4.5 * len(networks), 3.4), ncols=len(networks), squeeze=False) as axes:
        for place, (name, network) in zip(axes[0], networks.items(), strict=True):
            runtimes = network["runtimes"]
            batches = list(next(iter(runtimes.values()))["by_batch"])
            width = 0.8 / len(runtimes)
            for number, (runtime, row) in enumerate(runtimes.items()):
                rates = [row["by_batch"][batch]["pictures_a_second"] for batch in batches]
                at = np.arange(len(batches)) + (number - (len(runtimes) - 1) / 2) * width
                place.bar(at, rates, width, label=runtime.replace("_", ", "), color=COLOURS[number])
            place.set_xticks(range(len(batches)), batches)
            place.set(title=f"{name}: {network['architecture']}", xlabel="pictures at once", ylabel="pictures a second")
        axes[0][0].legend(fontsize=7, frameon=False)


def query(found: dict[str, Any], path: Path) -> None:
    """The stages of a query, and what the API makes of it."""
    stages = {name: row["median_ms"] for name, row in found["stages"].items()}
    trips = {name: row["median_ms"] for name, row in found["api"]["times"].items()}
    with _figure(path, (9, 2.8), ncols=2) as (left, right):
        for axes, rows, title in ((left, stages, "stages in process"), (right, trips, "round trips by HTTP")):
            axes.barh(list(rows), list(rows.values()), color=ACCENT, height=0.6)
            axes.invert_yaxis()
            axes.grid(visible=False, axis="y")
            axes.set(title=title, xlabel="ms (median)")


def startup(found: dict[str, Any], path: Path) -> None:
    """The steps from the start to the first answer."""
    steps = sorted(found["steps_s"].items(), key=lambda step: step[1])
    with _figure(path, (6.5, 2.4)) as axes:
        axes.barh([name for name, _ in steps], [seconds for _, seconds in steps], color=ACCENT, height=0.6)
        axes.axvline(float(np.median(found["import_gradio_s"])), color=INK, linestyle="--", label="import gradio alone")
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set(title="start-up", xlabel="seconds from the start")
        axes.legend(fontsize=7, frameon=False)


def neighbours(found: dict[str, Any], path: Path) -> None:
    """Recall over time for each engine."""
    engines = dict.fromkeys(row["engine"] for row in found["rows"])
    with _figure(path, (6.5, 3.8)) as axes:
        for number, engine in enumerate(engines):
            rows = sorted((row["ms"], row["recall"]) for row in found["rows"] if row["engine"] == engine)
            size, order = (6, 2) if len(rows) > 1 else (9, 3)
            axes.plot(*zip(*rows, strict=True), "o", color=COLOURS[-1 - number], ms=size, zorder=order, label=engine)
        axes.axhline(found["recall"], color=MUTED, linestyle="--", linewidth=1)
        lowest = min(found["recall"], *(row["recall"] for row in found["rows"]))
        axes.set(title=f"{found['products']:,} products", xlabel="ms a query (median)", ylabel="recall@10")
        axes.set(xscale="log", ylim=(lowest - 0.005, 1.003))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
        axes.legend(fontsize=7, frameon=False, loc="lower right")


def load(found: dict[str, Any], path: Path) -> None:
    """Throughput and round trips by the number of clients."""
    clients = [int(count) for count in found["by_clients"]]
    rows = list(found["by_clients"].values())
    with _figure(path, (8, 3), ncols=2) as (left, right):
        rates = [row["throughput"] for row in rows]
        left.plot(clients, rates, color=ACCENT, marker="o")
        left.set(title="throughput", xlabel="clients", ylabel="answers a second", ylim=(0, 1.1 * max(rates)))
        for name, colour in (("p50", ACCENT), ("p95", MUTED)):
            right.plot(clients, [row[name] for row in rows], color=colour, marker="o", label=name)
        right.set(title="round trip", xlabel="clients", ylabel="ms", ylim=(0, 1.1 * max(row["p95"] for row in rows)))
        right.legend(fontsize=7, frameon=False)


def growth(found: dict[str, Any], path: Path) -> None:
    """Build, query, size and memory by the number of products."""
    rows = found["rows"]
    products = [row["products"] / 1000 for row in rows]
    panels: dict[str, Callable[[dict[str, Any]], float]] = {
        "build, s": lambda row: row["build_s"],
        "query, ms": lambda row: row["search"]["median_ms"],
        "index, MB": lambda row: row["index_mb"],
        "memory, MB": lambda row: row["memory_mb"],
    }
    with _figure(path, (10, 2.6), ncols=len(panels)) as places:
        for axes, (title, value) in zip(places, panels.items(), strict=True):
            values = [value(row) for row in rows]
            axes.plot(products, values, color=ACCENT, marker="o")
            axes.set(title=title, xlabel="thousand products", ylim=(0, 1.1 * max(values)))


def extrapolated(panels: Sequence[Panel], until: float, path: Path) -> None:
    """What was measured by the number of products, and the law of it with its interval; both scales logarithmic."""
    with _figure(path, (9, 1.55 * len(panels)), ncols=2, nrows=len(panels) // 2) as grid:
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
    with _figure(path, (9, 3.2), ncols=len(lines), squeeze=False) as grid:
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


CHARTS = {chart.__name__: chart for chart in (encoders, query, startup, neighbours, load, growth)}


@contextlib.contextmanager
def _figure(path: Path, size: tuple[float, float], **parts: Any) -> Iterator[Any]:
    """The axes of a figure of this size in inches, which is then written to the path."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        yield figure.subplots(**parts)
        figure.savefig(path)
