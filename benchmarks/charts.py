"""The plots of a report."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from recsys.plots import ACCENT, INK, MUTED, SOFT, STYLE

COLOURS = (MUTED, SOFT, ACCENT, INK, "#6f7f52", "#496a81")


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


CHARTS = {chart.__name__: chart for chart in (encoders, query, startup, neighbours, load, growth)}


@contextlib.contextmanager
def _figure(path: Path, size: tuple[float, float], **parts: Any) -> Iterator[Any]:
    """The axes of a figure of this size in inches, which is then written to the path."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        yield figure.subplots(**parts)
        figure.savefig(path)
